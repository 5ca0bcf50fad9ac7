/** Goal: a message that was put into the index comes out of it as it was, although only its place was kept. */
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/base/frame.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import type { OctetKeeper } from '../../src/tui/kept-connections.ts';
import { MessageIndex } from '../../src/tui/message-index.ts';
import { bindingStatus, clientLease, Dialogue } from '../support/dialogue.ts';

const dissectors = loadDissectors();
const read = (frame: Frame, index: number): Message => dissect(dissectors, frame, index);

/** Octets in memory. */
class Keeper implements OctetKeeper {
  readonly kept: Uint8Array[] = [];

  put(bytes: Uint8Array, start: number, end: number): number {
    return this.kept.push(bytes.slice(start, end)) - 1;
  }

  get(place: number, length: number): Uint8Array {
    return (this.kept[place] as Uint8Array).slice(0, length);
  }
}

const row = (message: Message, replyTo?: number) => ({
  message,
  verdict: 'forwarded' as const,
  hits: [],
  replyTo,
  replyIn: undefined,
  rttMillis: undefined,
});

function said(count: number): Message[] {
  const dialogue = new Dialogue();
  return Array.from({ length: count }, (_, at) => {
    const side = at % 3 === 0 ? 's' : 'p';
    const { frame } = dialogue.say(side, 24, at, at, clientLease(`2001:db8::${at + 1}`, bindingStatus(1)));
    return read(frame, at);
  });
}

/** What may differ: where in the stream it stood is not kept. */
const seenOf = ({ frame, index }: Message): unknown => {
  const { bytes, start, end, streamOffset: _, ...rest } = frame;
  return { index, ...rest, octets: [...bytes.slice(start, end)] };
};

describe('an index of messages', () => {
  it('gives back every message, over more than one page', () => {
    const index = new MessageIndex(new Keeper(), read);
    const messages = said(300);
    for (let round = 0; round < 60; round++)
      for (const message of messages) index.add(row({ ...message, index: round * 300 + message.index }));
    expect(index.total).toBe(18_000);
    for (const number of [0, 1, 299, 300, 16_383, 16_384, 17_999]) {
      const found = index.at(number)?.message;
      const was = messages[number % 300] as Message;
      expect(found && seenOf(found)).toEqual(seenOf({ ...was, index: number }));
      expect(found?.json()).toBe(read(was.frame, number).json());
    }
    expect(index.at(18_000)).toBeUndefined();
    expect(index.at(-1)).toBeUndefined();
  });

  it('keeps what is rare: other families, resync, TLS, lengths that lied, odd times', () => {
    const index = new MessageIndex(new Keeper(), read);
    const [message] = said(1) as [Message];
    const { frame } = message;
    const clients = { ...frame.connection, protocol: 'dhcpv6' as const, index: 4 };
    const udp = { ...clients, flow: { ...clients.flow, transport: 'udp' as const } };
    const picosecond = { ticksPerSecond: 1e12, digits: 12 };
    const times = [
      { unixSeconds: -5, ticks: 3, resolution: frame.seen.time.resolution },
      { unixSeconds: 2 ** 33, ticks: 3, resolution: frame.seen.time.resolution },
      { unixSeconds: 7, ticks: 999_999_999_999, resolution: picosecond },
      { unixSeconds: 7, ticks: 5, resolution: { ...picosecond } },
    ];
    const frames: Frame[] = [
      { ...frame, resync: true },
      { ...frame, connection: udp },
      { ...frame, tls: 'TLSv1.3', claimed: 12 },
      ...times.map((time) => ({ ...frame, seen: { packet: 9, time } })),
    ];
    // Messages are numbered by family: the second one is the first of its own.
    const numbers = [0, 0, 1, 2, 3, 4, 5];
    const all = frames.map((each, at) => read(each, numbers[at] as number));
    for (const each of all) index.add(row(each));
    expect(all.map((_, at) => index.at(at)?.message).map((found) => found && seenOf(found))).toEqual(
      all.map(seenOf),
    );
    expect(index.numberOf('dhcpv6', 0)).toBe(1);
    expect(index.numberOf('dhcpv6-failover', 1)).toBe(2);
  });

  it('knows replies of both sides, also of rows that were looked at before', () => {
    const index = new MessageIndex(new Keeper(), read);
    const [request, other, reply] = said(3) as [Message, Message, Message];
    index.add(row(request));
    const looked = index.at(0);
    index.add(row(other));
    index.answer('dhcpv6-failover', 0, 2);
    index.add(row(reply, 0));
    expect(looked).toMatchObject({ replyIn: 2, replyTo: undefined, rttMillis: undefined });
    expect(index.at(1)).toMatchObject({ replyIn: undefined, replyTo: undefined });
    expect(index.at(2)).toMatchObject({ replyIn: undefined, replyTo: 0, rttMillis: 2 });
    expect(index.at(0)).toBe(looked);
  });

  it('shows what was learnt later about a connection', () => {
    const index = new MessageIndex(new Keeper(), read);
    const [message] = said(1) as [Message];
    const connection: { -readonly [K in keyof Frame['connection']]: Frame['connection'][K] } = {
      ...message.frame.connection,
    };
    index.add(row(read({ ...message.frame, connection }, 0)));
    connection.primaryEnd = 1;
    expect(index.at(0)?.message.frame.connection.primaryEnd).toBe(1);
  });
});
