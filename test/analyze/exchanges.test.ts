/** Which message of clients, servers and relay agents answers which. The octets are those of RFC 8415 §8 and §9. */
import { describe, expect, it } from 'vitest';
import { Exchanges } from '../../src/analyze/exchanges.ts';
import { isUnanswered } from '../../src/analyze/request-findings.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { BEGIN_MILLIS, handMessage, option } from '../support/messages.ts';

const DISSECTORS = loadDissectors();

const CLIENT = '[fe80::1]:546';
const OTHER_CLIENT = '[fe80::2]:546';
const EVERYBODY = '[ff02::1:2]:547';
const SERVER = '[fe80::b]:547';
const RELAY = '[2001:db8::a]:547';
const FAR_SERVER = '[2001:db8::b]:547';

const SOLICIT = '01 000005';
const ADVERTISE = '02 000005';
const REQUEST = '03 000006';
const REPLY = '07 000006';

function relayed(type: '0c' | '0d', inner: string): string {
  return `${type}00 20010db8000000000000000000000001 fe800000000000000000000000000002 ${option(9, inner)}`;
}

/** What is said on the wire, message by message; every pair of ends is a flow. */
class Wire {
  readonly exchanges = new Exchanges();
  readonly messages: Message[] = [];
  private readonly flows: { readonly id: number; readonly ends: readonly [string, string] }[] = [];

  /** Index of the message that this one answers. */
  say(from: string, to: string, hex: string): number | undefined {
    const known = this.flows.find(({ ends }) => ends.includes(from) && ends.includes(to));
    const { id, ends } = known ?? { id: this.flows.length, ends: [from, to] as const };
    if (known === undefined) this.flows.push({ id, ends });
    const bytes = fromHex(hex) as Uint8Array;
    const flow = { id, transport: 'udp', ends: [endOf(ends[0]), endOf(ends[1])] } as const;
    const index = this.messages.length;
    const frame = {
      ...handMessage({ hex: '00' }).frame,
      connection: { index: id, protocol: 'dhcpv6', flow } as const,
      direction: ends[0] === from ? (0 as const) : (1 as const),
      bytes,
      end: bytes.length,
      seen: { time: timestampOfMillis(BEGIN_MILLIS + 10 * index), packet: index + 1 },
    };
    const message = dissect(DISSECTORS, frame, index);
    this.messages.push(message);
    return this.exchanges.completes(message) ? this.exchanges.requestIndex : undefined;
  }
}

function endOf(text: string): { address: string; port: number } {
  const [, address = '', port = ''] = /^\[(.*)\]:(\d+)$/.exec(text) ?? [];
  return { address, port: Number(port) };
}

describe('a client that asks all servers at once', () => {
  it('is answered by one of them from its own address', () => {
    const wire = new Wire();
    expect(wire.say(CLIENT, EVERYBODY, SOLICIT)).toBe(undefined);
    expect(wire.say(SERVER, CLIENT, ADVERTISE)).toBe(0);
    expect(wire.exchanges.rttMillis).toBe(10);
    expect(wire.say(CLIENT, EVERYBODY, REQUEST)).toBe(undefined);
    expect(wire.say(SERVER, CLIENT, REPLY)).toBe(2);
    expect(wire.say(SERVER, CLIENT, REPLY)).toBe(undefined);
  });

  it('is not taken for another that has chosen the same transaction-id', () => {
    const wire = new Wire();
    wire.say(CLIENT, EVERYBODY, SOLICIT);
    wire.say(OTHER_CLIENT, EVERYBODY, SOLICIT);
    expect(wire.exchanges.repeats).toBe(false);
    expect(wire.say(SERVER, CLIENT, ADVERTISE)).toBe(0);
    expect(wire.say(SERVER, OTHER_CLIENT, ADVERTISE)).toBe(1);
  });

  it('asks again, and asks in vain', () => {
    const wire = new Wire();
    wire.say(CLIENT, EVERYBODY, SOLICIT);
    wire.say(CLIENT, EVERYBODY, SOLICIT);
    expect(wire.exchanges.repeats).toBe(true);
    const [solicit] = wire.messages as [Message];
    expect(isUnanswered(solicit, undefined, BEGIN_MILLIS + 5001)).toBe(true);
    expect(isUnanswered(solicit, undefined, BEGIN_MILLIS + 4999)).toBe(false);
  });
});

describe('what relay agents forward', () => {
  it('is answered by what they bring back, however many there are', () => {
    const wire = new Wire();
    wire.say(RELAY, FAR_SERVER, relayed('0c', SOLICIT));
    expect(wire.say(FAR_SERVER, RELAY, relayed('0d', ADVERTISE))).toBe(0);
    wire.say(RELAY, FAR_SERVER, relayed('0c', relayed('0c', REQUEST)));
    expect(wire.say(FAR_SERVER, RELAY, relayed('0d', relayed('0d', REPLY)))).toBe(2);
  });

  it('is answered by nothing else', () => {
    const wire = new Wire();
    wire.say(RELAY, FAR_SERVER, relayed('0c', SOLICIT));
    expect(wire.say(FAR_SERVER, RELAY, relayed('0d', REPLY))).toBe(undefined);
    expect(wire.say(RELAY, FAR_SERVER, relayed('0c', ADVERTISE))).toBe(undefined);
    expect(wire.say(FAR_SERVER, RELAY, relayed('0d', ''))).toBe(undefined);
    const unanswered = wire.messages.map((message) => isUnanswered(message, undefined, BEGIN_MILLIS + 9000));
    expect(unanswered).toEqual([true, false, false, false]);
  });
});
