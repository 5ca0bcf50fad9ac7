/**
 * Goal: a capture that begins in the middle of other people's connections costs neither much time nor much memory, and a
 * message that comes late in one of them is still found where it stands.
 */
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import type { Flow } from '../../src/base/flow.ts';
import { Beginning } from '../../src/dissect/beginning.ts';
import { type FrameTests, failoverTest, v4FailoverTest } from '../../src/dissect/frame-tests.ts';
import { WAITING_OCTETS_MAX } from '../../src/dissect/limits.ts';
import type { Message } from '../../src/dissect/message.ts';
import type { Notice } from '../../src/dissect/notice.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { WaitingFlows } from '../../src/dissect/waiting-flows.ts';
import { EMPTY_SPACE } from '../../src/dissect/walk.ts';
import { DISSECTORS } from './captured.ts';
import { SEEN } from './made.ts';

/** RFC 8156 §5.2: a CONTACT, sent when it was seen, with its length in front. */
const CONTACT = fromHex('0008 23000001 2d79aa90'.replaceAll(' ', '')) as Uint8Array;
/** No message type of either protocol in it. */
const NOISE = new Uint8Array(200).fill(0x60);

const flowOn = (id: number): Flow => ({
  id,
  transport: 'tcp',
  ends: [
    { address: '2001:db8::10', port: 1024 + id },
    { address: '2001:db8::20', port: 9999 },
  ],
});

class Session {
  readonly messages: Message[] = [];
  readonly notices: Notice[] = [];
  readonly reader = new MessageReader(DISSECTORS, {
    onMessage: (message) => this.messages.push(message),
    onNotice: (notice) => this.notices.push(notice),
  });
  private readonly flow = flowOn(0);
  private packet = 0;

  constructor() {
    this.reader.open(this.flow, SEEN, true);
  }

  /** One packet for every `size` octets. */
  push(octets: Uint8Array, size = octets.length, direction: 0 | 1 = 0): this {
    for (let at = 0; at < octets.length; at += size) {
      const end = Math.min(at + size, octets.length);
      this.reader.data(this.flow, direction, octets, at, end, { ...SEEN, packet: ++this.packet });
    }
    return this;
  }

  gap(missing: number): this {
    this.reader.gap(this.flow, 0, missing, SEEN);
    return this;
  }

  get found(): readonly (readonly (number | string | null | boolean)[])[] {
    return this.messages.map(({ frame, msgName }) => [
      msgName,
      frame.direction,
      frame.seen.packet,
      frame.streamOffset,
      frame.resync,
    ]);
  }
}

describe('a message that comes late on a port of nobody', () => {
  it.each([1, 7, 200])('behind noise in packets of %i octets', (size) => {
    const session = new Session().push(NOISE, size);
    const packets = Math.ceil(NOISE.length / size);
    session.push(CONTACT).push(CONTACT, 1);
    expect(session.found).toEqual([
      ['CONTACT', 0, packets + 1, 200, true],
      ['CONTACT', 0, packets + 11, 210, true],
    ]);
    expect(session.notices.at(-1)).toMatchObject({ kind: 'resync', octets: 200, streamOffset: 200 });
  });

  it('that ends in a later packet than it begins, with the beginning of one in the other direction', () => {
    const session = new Session();
    session.push(concatBytes([NOISE, CONTACT.subarray(0, 4)])).push(NOISE, 20, 1);
    session.push(concatBytes([NOISE, CONTACT.subarray(0, 9)]), 50, 1);
    session.push(CONTACT.subarray(4)).push(CONTACT.subarray(9), 1, 1);
    expect(session.found).toEqual([
      ['CONTACT', 0, 17, 200, true],
      ['CONTACT', 1, 18, 400, true],
    ]);
  });

  it('behind holes', () => {
    const session = new Session().push(NOISE).gap(30).push(NOISE).gap(12).push(CONTACT);
    expect(session.found).toEqual([['CONTACT', 0, 3, 442, true]]);
  });

  it('after a beginning that could have been a long message', () => {
    // 300 octets of BNDUPD with OPTION_CLIENT_DATA, if it were one.
    const doubtful = fromHex('012c180000012d79aa90002d0120') as Uint8Array;
    const session = new Session().push(doubtful).push(NOISE).push(CONTACT).push(CONTACT);
    expect(session.found).toEqual([
      ['CONTACT', 0, 3, 214, true],
      ['CONTACT', 0, 4, 224, true],
    ]);
  });
});

describe('what is looked at', () => {
  it('each octet once, and nothing of it is kept', () => {
    let looked = 0;
    const counting = <T extends FrameTests[keyof FrameTests]>(test: T): T => ({
      ...test,
      types: new Uint8Array(256).fill(1),
      isHeader: (bytes, at) => {
        looked++;
        return test.isHeader(bytes, at);
      },
    });
    const six = counting(failoverTest(EMPTY_SPACE));
    const four = counting(v4FailoverTest());
    const tests: FrameTests = {
      'dhcpv6-failover': six,
      'dhcpv4-failover': four,
      'dhcpv6-leasequery': six,
      'draft-numbers': six,
    };
    const beginning = new Beginning();
    let most = 0;
    for (let octet = 0; octet < 20_000; octet++) {
      beginning.add(NOISE.subarray(0, 1));
      beginning.verdict(tests, [], SEEN);
      beginning.find(['dhcpv6-failover', 'dhcpv4-failover'], tests, SEEN);
      most = Math.max(most, beginning.kept);
    }
    expect(looked).toBeLessThan(2 * 20_000 + 100);
    expect(most).toBeLessThan(200);
  });

  it('is bounded for all flows together: who has kept something for longest gives way, and it is told once', () => {
    const told: number[] = [];
    const gone: number[] = [];
    const flows = new WaitingFlows(({ id }) => told.push(id));
    const quarter = WAITING_OCTETS_MAX / 4;
    const all = [0, 1, 2, 3, 4, 5].map((id) => ({ flow: flowOn(id), giveUp: () => gone.push(id) }));
    for (const flow of all.slice(0, 4)) flows.keep(flow, quarter, SEEN);
    flows.forget(all[1] as (typeof all)[0]);
    flows.keep(all[4] as (typeof all)[0], quarter, SEEN);
    expect(gone).toEqual([]);
    flows.keep(all[2] as (typeof all)[0], quarter + 1, SEEN);
    flows.keep(all[5] as (typeof all)[0], quarter, SEEN);
    expect([gone, told]).toEqual([[0, 2], [0]]);
  });

  it('ends for all flows on which nothing is found, with a notice', () => {
    const notices: Notice[] = [];
    const reader = new MessageReader(DISSECTORS, {
      onMessage: () => undefined,
      onNotice: (notice) => notices.push(notice),
    });
    // The header of a BNDUPD of 60,000 octets, of which most comes.
    const long = new Uint8Array(50_000);
    long.set(fromHex('ea60180000012d79aa90002dea54') as Uint8Array);
    const flows = Array.from({ length: 300 }, (_, id) => flowOn(id));
    for (const flow of flows) reader.open(flow, SEEN, false);
    const push = (some: readonly Flow[]): void =>
      some.forEach((flow) => void reader.data(flow, 0, long, 0, long.length, SEEN));
    push(flows.slice(0, 100));
    expect(notices).toEqual([]);
    push(flows.slice(100));
    expect(notices.map(({ kind }) => kind)).toEqual(['limit']);
  });

  // Each connection speaks, and then begins a message of which most comes but never the end.
  it('is bounded for connections whose messages do not become whole, and they are read on behind those', () => {
    const notices: Notice[] = [];
    const messages: Message[] = [];
    const reader = new MessageReader(DISSECTORS, {
      onMessage: (message) => messages.push(message),
      onNotice: (notice) => notices.push(notice),
    });
    const head = fromHex('ea60180000012d79aa90') as Uint8Array;
    const begun = concatBytes([CONTACT, head, new Uint8Array(50_000)]);
    const flows = Array.from({ length: 400 }, (_, id) => flowOn(id));
    for (const flow of flows) {
      reader.open(flow, SEEN, false);
      reader.data(flow, 0, begun, 0, CONTACT.length + 1, SEEN);
      reader.data(flow, 0, begun, CONTACT.length + 1, begun.length, SEEN);
    }
    const told = notices.filter(({ kind }) => kind !== 'connection');
    expect(told[0]).toMatchObject({ kind: 'limit', flow: flows[0] });
    expect(told[1]).toMatchObject({ kind: 'undissectable', flow: flows[0], octets: 50_010 });
    expect(told.filter(({ kind }) => kind === 'limit')).toHaveLength(1);
    const kept = flows.length - told.slice(1).length;
    expect(kept * 50_010).toBeLessThanOrEqual(WAITING_OCTETS_MAX);
    expect(kept * 2 * 60_002).toBeGreaterThan(WAITING_OCTETS_MAX);

    const rest = concatBytes([new Uint8Array(60_002 - 50_010), CONTACT]);
    reader.data(flows[0] as Flow, 0, rest, 0, rest.length, SEEN);
    expect(messages.slice(400).map(({ msgName, frame }) => [msgName, frame.streamOffset])).toEqual([
      ['CONTACT', 10 + 60_002],
    ]);
  });

  it('is no more than what has come, whatever lengths say', () => {
    const reader = new MessageReader(DISSECTORS, { onMessage: () => undefined });
    const before = process.memoryUsage().arrayBuffers;
    const begun = concatBytes([CONTACT, fromHex('fde8180000012d79aa90') as Uint8Array]);
    const flows = Array.from({ length: 2000 }, (_, id) => flowOn(id));
    for (const flow of flows) {
      reader.open(flow, SEEN, false);
      reader.data(flow, 0, begun, 0, begun.length, SEEN);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2000 * 1000);
  });
});
