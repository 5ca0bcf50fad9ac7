/**
 * Events of a proxy as JSON, for the control's stream, and back: a message travels as its octets and is dissected again
 * by whoever reads it, so that a view far away sees what a view in the same process sees.
 */
import { fromHex, toHex } from '../base/bytes.ts';
import type { Direction } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import { timestampMillis, timestampOfMillis } from '../base/timestamp.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { dissect } from '../dissect/dissect.ts';
import type { Message } from '../dissect/message.ts';
import { PREFIX_OCTETS } from './dialect.ts';
import type { ProxyEvent } from './events.ts';
import { fromJsonKeys, toJsonKeys } from './json-keys.ts';
import type { Known } from './known.ts';
import { frameRange } from './link.ts';

/** A message as its octets; everything else is found again by dissecting. */
interface WireMessage {
  readonly index: number;
  readonly connection: Connection;
  readonly direction: Direction;
  /** Hex, with length prefix. */
  readonly octets: string;
  readonly seenMillis: number;
  readonly packet: number;
  readonly streamOffset: number;
}

type Plain = Readonly<Record<string, unknown>>;

const MESSAGE_KEYS: readonly string[] = ['message', 'onward'];

/** A value for JSON.stringify. */
export function eventToJson(event: ProxyEvent): Plain {
  const plain = mapMessages(event as unknown as Plain, (value) => wireMessage(value as Message));
  return toJsonKeys(plain) as Plain;
}

/** The event that `eventToJson` was given, or what was known before. `undefined` if the value cannot be one. */
export function eventFromJson(value: unknown, dissectors: Dissectors): ProxyEvent | Known | undefined {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return undefined;
  try {
    const plain = fromJsonKeys(value) as Plain;
    const event = mapMessages(plain, (message) => readMessage(message as WireMessage, dissectors));
    return event as unknown as ProxyEvent;
  } catch {
    return undefined;
  }
}

function mapMessages(value: Plain, map: (message: unknown) => unknown): Plain {
  const entries = Object.entries(value).map(([key, item]) => {
    const isMessage = MESSAGE_KEYS.includes(key) && item !== null && item !== undefined;
    return [key, isMessage ? map(item) : item];
  });
  return Object.fromEntries(entries);
}

function wireMessage({ index, frame }: Message): WireMessage {
  const { connection, direction, bytes, start, end, seen, streamOffset } = frame;
  return {
    index,
    connection,
    direction,
    octets: toHex(bytes, start - PREFIX_OCTETS, end),
    seenMillis: timestampMillis(seen.time),
    packet: seen.packet,
    streamOffset,
  };
}

function readMessage(wire: WireMessage, dissectors: Dissectors): Message {
  const octets = fromHex(wire.octets);
  if (octets === undefined) throw new TypeError('octets are hex');
  const frame = {
    connection: wire.connection,
    direction: wire.direction,
    ...frameRange(octets),
    seen: { time: timestampOfMillis(wire.seenMillis), packet: wire.packet },
    streamOffset: wire.streamOffset,
    resync: false,
  };
  return dissect(dissectors, frame, wire.index);
}
