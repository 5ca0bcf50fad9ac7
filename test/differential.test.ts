/**
 * The two readings of the standard against each other: src/wire (typed, strict, for our servers) and src/dissect with
 * dissectors/*.yaml (tolerant, for the analyzer) share no code, so that neither can hide a mistake of the other. What
 * wire writes, the dissectors read with the same meaning; every message of the sample captures is read by both as its
 * expectation says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../src/base/bytes.ts';
import type { Direction, Flow } from '../src/base/flow.ts';
import type { Frame, ProtocolName } from '../src/base/frame.ts';
import { timestampOfMillis } from '../src/base/timestamp.ts';
import { fileSource } from '../src/capture/files.ts';
import { readCapture } from '../src/capture/read.ts';
import { dissect } from '../src/dissect/dissect.ts';
import { loadDissectors } from '../src/dissect/load.ts';
import { MessageType } from '../src/wire/codes.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message, openRelayMessage } from '../src/wire/dhcpv6.ts';
import { decodeFailoverMessage, encodeFailoverMessage } from '../src/wire/failover.ts';
import { FrameSplitter } from '../src/wire/framing.ts';
import { copyOf } from '../src/wire/reader.ts';
import { clientServerMessages, failoverMessages, relayMessages } from './support/generated.ts';
import {
  type JsonOption,
  meaningOfDhcpv6,
  meaningOfFailover,
  meaningOfJson,
  meaningOfRelay,
  placeOf,
} from './support/meaning.ts';
import { failoverConnection } from './support/messages.ts';

const dissectors = loadDissectors();
const folder = fileURLToPath(new URL('../fixtures/captures/dhcpv6/', import.meta.url));
const FAILOVER_PORT = 647;

/** What comes twice is for the checks to judge, and a type that nobody knows is no damage. */
const NOT_FOR_DISSECTORS = ['duplicate-option', 'unknown-message-type'];

interface JsonMessage {
  readonly msg_type: number;
  readonly transaction_id: number;
  readonly sent_time?: number | null;
  readonly options: readonly JsonOption[];
}

function dissected(bytes: Uint8Array, protocol: ProtocolName): { json: JsonMessage; problems: number } {
  const frame: Frame = {
    connection: { ...failoverConnection(), protocol },
    direction: 0,
    bytes,
    start: 0,
    end: bytes.length,
    seen: { time: timestampOfMillis(0), packet: 1 },
    streamOffset: 0,
    resync: false,
  };
  const message = dissect(dissectors, frame, 0);
  return { json: JSON.parse(message.json()) as JsonMessage, problems: message.problems().length };
}

/** Messages of a capture in order of completion, cut by the framing of our servers. */
async function messagesOf(path: string): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  const splitters = new Map<string, FrameSplitter>();
  const key = (flow: Flow, direction: Direction): string => `${flow.id} ${direction}`;
  await readCapture([fileSource(path)], {
    open: () => undefined,
    data(flow, direction, bytes, start, end) {
      if (flow.transport !== 'tcp' || !flow.ends.some(({ port }) => port === FAILOVER_PORT)) return;
      const splitter = splitters.get(key(flow, direction)) ?? new FrameSplitter();
      splitters.set(key(flow, direction), splitter);
      splitter.push(bytes.subarray(start, end), (chunk, from, to) => messages.push(copyOf(chunk, from, to)));
    },
    gap: (flow, direction) => splitters.delete(key(flow, direction)),
    close: () => undefined,
  });
  return messages;
}

describe('sample captures', () => {
  const captures = readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));

  it.each(captures)('%s: both read what is expected', async (name) => {
    const messages = await messagesOf(join(folder, name));
    const expected = readFileSync(join(folder, name.replace(/\.pcap(ng)?$/, '.expect.jsonl')), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JsonMessage & { readonly malformed?: unknown });
    expect(messages).toHaveLength(expected.length);
    for (const [index, bytes] of messages.entries()) {
      const want = expected[index] as (typeof expected)[number];
      const { message, problems } = decodeFailoverMessage(bytes);
      const seen = dissected(bytes, 'dhcpv6-failover');
      expect(problems.length > 0).toBe(seen.problems > 0);
      if (want.malformed !== undefined) {
        expect(problems).not.toEqual([]);
        continue;
      }
      if (message.type === 'unknown' || !('sentTime' in message)) throw new Error(`message ${index}`);
      expect(problems).toEqual([]);
      expect([MessageType[message.type], message.transactionId, message.sentTime]).toEqual([
        want.msg_type,
        want.transaction_id,
        want.sent_time,
      ]);
      const place = placeOf(want.msg_type, true);
      expect(meaningOfFailover(message)).toEqual(meaningOfJson(want.options, place));
      expect(meaningOfFailover(message)).toEqual(meaningOfJson(seen.json.options, place));
      // Writing it again loses nothing.
      expect(decodeFailoverMessage(encodeFailoverMessage(message)).message).toEqual(message);
    }
  });
});

describe('generated messages', () => {
  it('failover: what wire writes, the dissectors read', () => {
    fc.assert(
      fc.property(failoverMessages, (message) => {
        const bytes = encodeFailoverMessage(message);
        const { json, problems } = dissected(copyOf(bytes, 0, bytes.length), 'dhcpv6-failover');
        expect(problems).toBe(0);
        expect(json).toMatchObject({
          msg_type: MessageType[message.type],
          transaction_id: message.transactionId,
          ...('sentTime' in message ? { sent_time: message.sentTime } : {}),
        });
        expect(meaningOfJson(json.options, placeOf(json.msg_type, true))).toEqual(meaningOfFailover(message));
        expect(decodeFailoverMessage(bytes)).toEqual({ message, problems: [] });
      }),
      { numRuns: 150 },
    );
  });

  it('DHCPv6: what wire writes, the dissectors read', () => {
    fc.assert(
      fc.property(clientServerMessages, (message) => {
        const bytes = encodeDhcpv6Message(message);
        const { json, problems } = dissected(copyOf(bytes, 0, bytes.length), 'dhcpv6');
        expect(problems).toBe(0);
        expect([json.msg_type, json.transaction_id]).toEqual([
          MessageType[message.type],
          message.transactionId,
        ]);
        expect(meaningOfJson(json.options, placeOf(json.msg_type, false))).toEqual(meaningOfDhcpv6(message));
        expect(decodeDhcpv6Message(bytes)).toEqual({ message, problems: [] });
      }),
      { numRuns: 150 },
    );
  });

  it('relay messages: what wire writes, the dissectors read', () => {
    fc.assert(
      fc.property(relayMessages, (message) => {
        const bytes = encodeDhcpv6Message(message);
        const { json, problems } = dissected(copyOf(bytes, 0, bytes.length), 'dhcpv6');
        expect(problems).toBe(0);
        const relayed = openRelayMessage(bytes)?.relayed;
        expect(meaningOfJson(json.options, placeOf(json.msg_type, false))).toEqual(
          meaningOfRelay(message, relayed),
        );
        expect(decodeDhcpv6Message(bytes)).toEqual({ message, problems: [] });
      }),
    );
  });

  it('damaged octets: neither throws, wire loses nothing, and what wire finds damaged the dissectors do too', () => {
    const damaged = fc.tuple(
      failoverMessages,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(),
    );
    fc.assert(
      fc.property(damaged, ([message, changes, cut]) => {
        const bytes = Uint8Array.from(encodeFailoverMessage(message));
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
        const part = bytes.slice(0, cut % (bytes.length + 1));
        const wire = decodeFailoverMessage(part);
        const { problems } = dissected(part, 'dhcpv6-failover');
        if (wire.problems.some(({ code }) => !NOT_FOR_DISSECTORS.includes(code)))
          expect(problems).toBeGreaterThan(0);
        if (wire.message.type === 'unknown') expect(toHex(wire.message.bytes)).toBe(toHex(part));
        else {
          const again = decodeFailoverMessage(encodeFailoverMessage(wire.message)).message;
          expect(again).toEqual(wire.message);
        }
      }),
      { numRuns: 150 },
    );
  });
});
