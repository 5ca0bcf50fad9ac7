/** What the judge has to know beside messages that only pass: plain values, but for the octets of a message. */

import { NO_BYTES } from '../../base/bytes.ts';
import type { Direction } from '../../base/flow.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import type { ProxyEvent, Verdict } from '../events.ts';

/** A message, whose octets go beside it. */
export interface SaidNote {
  readonly kind: 'said';
  readonly verdict: Verdict;
  /** The first fault that had to do with it, e.g. `F1 drop`. */
  readonly fault?: string;
  readonly index: number;
  readonly packet: number;
  readonly direction: Direction;
  readonly streamOffset: number;
  /** When it came, Unix milliseconds. */
  readonly seenMillis: number;
}

export type Note =
  | SaidNote
  /** A fault did something that was not done to a message. */
  | { readonly kind: 'interfered'; readonly fault: string }
  /** What came late was held up by the proxy. */
  | { readonly kind: 'standstill' }
  /** From here on octets of the connection cannot be read. */
  | { readonly kind: 'unread' };

export interface Noted {
  readonly note: Note;
  /** The flow that it is about; absent: all that there are. */
  readonly flow?: number;
  /** The message with its length prefix. */
  readonly octets: Uint8Array;
}

/** What an event is for the judge; `undefined` if it is nothing. */
export function noteOf(event: ProxyEvent): Noted | undefined {
  if (event.kind === 'unreadable')
    return { note: { kind: 'unread' }, flow: event.connection.flow.id, octets: NO_BYTES };
  if (event.kind === 'standstill') return { note: { kind: 'standstill' }, octets: NO_BYTES };
  if (event.kind === 'fault-hit' && event.message === null) {
    const { fault, action } = event.hit;
    return { note: { kind: 'interfered', fault: `${fault} ${action}` }, octets: NO_BYTES };
  }
  return event.kind === 'message' ? noteOfMessage(event) : undefined;
}

function noteOfMessage({ message, verdict, hits }: ProxyEvent & { kind: 'message' }): Noted | undefined {
  const { index, frame } = message;
  const { connection, direction, streamOffset, seen, bytes, start, end } = frame;
  if (connection.protocol !== 'dhcpv6-failover') return undefined;
  const fault = faultIn(hits);
  const note = {
    kind: 'said',
    verdict,
    ...(fault === undefined ? {} : { fault }),
    index,
    packet: seen.packet,
    direction,
    streamOffset,
    seenMillis: timestampMillis(seen.time),
  } as const;
  return { note, flow: connection.flow.id, octets: bytes.subarray(start - PREFIX_OCTETS, end) };
}

/** The first fault that had to do with a message, e.g. `F1 drop`. */
export function faultIn(hits: (ProxyEvent & { kind: 'message' })['hits']): string | undefined {
  const [hit] = hits;
  return hit === undefined ? undefined : `${hit.fault} ${hit.action}`;
}
