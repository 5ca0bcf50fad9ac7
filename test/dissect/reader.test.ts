/**
 * Streams that are not as they should be: cut anywhere, with holes, lies and nonsense, on any port, of any protocol.
 * Streams are put together by hand from RFC 8156 §5.2 and draft-ietf-dhc-failover-12 §6.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import type { Direction, Flow } from '../../src/base/flow.ts';
import { encodeMessage } from '../../src/dissect/encode.ts';
import { FLOW_NOTICES_MAX, FLOWS_MAX } from '../../src/dissect/limits.ts';
import type { Message } from '../../src/dissect/message.ts';
import type { Notice } from '../../src/dissect/notice.ts';
import { MessageReader, type ReaderOptions } from '../../src/dissect/reader.ts';
import { DISSECTORS } from './captured.ts';
import { SEEN } from './made.ts';

/** 2024-03-05T09:00:00Z, when all of this is seen. */
const NOW_2000 = 762_944_400;
const NOW_1970 = 1_709_629_200;

function prefixed(message: Uint8Array, size = message.length): Uint8Array {
  return concatBytes([Uint8Array.of(size >> 8, size & 0xff), message]);
}

function failover(
  type: string,
  transactionId: number,
  options: unknown[] = [],
  sentTime = NOW_2000,
): Uint8Array {
  const input = { type, 'transaction-id': transactionId, 'sent-time': sentTime, options };
  return encodeMessage(DISSECTORS, 'dhcpv6-failover', input);
}

const state = (id: number): Uint8Array =>
  failover('STATE', id, [
    { F_SERVER_STATE: { 'server-state': 2 } },
    { F_SERVER_FLAGS: { 'server-flags': 1 } },
  ]);
const contact = (id: number): Uint8Array => failover('CONTACT', id);

function update(id: number, address = '2001:db8::1'): Uint8Array {
  const lease = {
    'IPv6-address': address,
    'preferred-lifetime': 60,
    'valid-lifetime': 90,
    options: [{ F_BINDING_STATUS: { 'binding-status': 1 } }],
  };
  const client = {
    options: [
      { CLIENTID: { DUID: '0003000102005e005301' } },
      { IA_NA: { IAID: 1, T1: 0, T2: 0, options: [{ IAADDR: lease }] } },
    ],
  };
  return failover('BNDUPD', id, [{ CLIENT_DATA: client }]);
}

function flowOn(port: number, from = 40_000): Flow {
  return {
    id: 0,
    transport: 'tcp',
    ends: [
      { address: '2001:db8::10', port: from },
      { address: '2001:db8::20', port },
    ],
  };
}

class Session {
  readonly messages: Message[] = [];
  readonly notices: Notice[] = [];
  readonly flow: Flow;
  readonly reader: MessageReader;
  private packet = 0;

  constructor(flow = flowOn(647), midStream = false, options: ReaderOptions = {}) {
    this.flow = flow;
    const events = {
      onMessage: (message: Message) => this.messages.push(message),
      onNotice: (notice: Notice) => this.notices.push(notice),
    };
    this.reader = new MessageReader(DISSECTORS, events, options);
    this.reader.open(flow, SEEN, midStream);
  }

  push(...parts: readonly Uint8Array[]): this {
    return this.send(0, ...parts);
  }

  send(direction: Direction, ...parts: readonly Uint8Array[]): this {
    for (const bytes of parts) {
      this.packet++;
      this.reader.data(this.flow, direction, bytes, 0, bytes.length, { ...SEEN, packet: this.packet });
    }
    return this;
  }

  gap(missing: number): this {
    this.reader.gap(this.flow, 0, missing, SEEN);
    return this;
  }

  close(): this {
    this.reader.close(this.flow, 0, 'reset', SEEN);
    return this;
  }

  /** What was found, short: type and transaction-id, `~` behind a hole, `!` with problems. */
  get found(): string[] {
    return this.messages.map((message) => {
      const marks = (message.frame.resync ? '~' : '') + (message.problems().length > 0 ? '!' : '');
      return `${message.msgName ?? message.msgType} ${message.transactionId}${marks}`;
    });
  }

  get kinds(): string[] {
    return this.notices.map((notice) => notice.kind);
  }
}

describe('segmentation', () => {
  it('makes no difference, not even octet by octet', () => {
    const stream = concatBytes(
      [state(1), update(2), contact(3), update(4), state(5)].map((message) => prefixed(message)),
    );
    const whole = new Session().push(stream);
    expect(whole.found).toEqual(['STATE 1', 'BNDUPD 2', 'CONTACT 3', 'BNDUPD 4', 'STATE 5']);
    const cuts = fc.uniqueArray(fc.nat(stream.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        const edges = [0, ...places.sort((a, b) => a - b), stream.length];
        const parts = edges.slice(1).map((end, index) => stream.slice(edges[index], end));
        const session = new Session().push(...parts);
        expect(session.messages.map((message) => ({ ...JSON.parse(message.json()), frame: 1 }))).toEqual(
          whole.messages.map((message) => JSON.parse(message.json())),
        );
        expect(session.messages.map(({ frame }) => frame.streamOffset)).toEqual(
          whole.messages.map(({ frame }) => frame.streamOffset),
        );
      }),
    );
    expect(new Session().push(...[...stream].map((octet) => Uint8Array.of(octet))).found).toEqual(
      whole.found,
    );
  });

  it('a message belongs to the packet with its last octet', () => {
    const bytes = prefixed(state(1));
    const { messages } = new Session().push(bytes.slice(0, 5), bytes.slice(5, 9), bytes.slice(9));
    expect(messages.map(({ frame }) => frame.seen.packet)).toEqual([3]);
  });
});

describe('lengths that are wrong', () => {
  it.each([0, 1, 3, 4, 7])('a message of %i octets is listed, and the next one is found', (size) => {
    const session = new Session().push(
      prefixed(state(1)),
      prefixed(state(2).slice(0, size)),
      prefixed(state(3)),
    );
    expect(session.found).toHaveLength(3);
    expect(session.found[1]).toMatch(/!$/);
    expect(session.found[2]).toBe('STATE 3');
    const wrong = JSON.parse(session.messages[1]?.json() ?? '');
    expect(wrong).toMatchObject({
      message_size: size,
      malformed: `message-size ${size} is less than the 8-octet header`,
    });
    expect(wrong.msg_type).toBe(size === 0 ? null : 34);
    expect(wrong.transaction_id).toBe(size < 4 ? null : 2);
    expect(wrong.sent_time).toBe(null);
  });

  it.each([1, 3, 5, 7])('a length that is too large by %i does not lose the next message', (excess) => {
    const session = new Session().push(
      prefixed(state(1)),
      concatBytes([prefixed(update(2), update(2).length + excess), prefixed(state(3)), prefixed(state(4))]),
    );
    expect(session.found).toEqual(['STATE 1', 'BNDUPD 2!', 'STATE 3', 'STATE 4']);
    expect(session.kinds).toContain('undissectable');
  });

  it('a length that is far too large is found out with the next segment', () => {
    const session = new Session().push(
      prefixed(state(1)),
      prefixed(update(2), 9000),
      prefixed(state(3)),
      prefixed(update(4)),
    );
    expect(session.found).toEqual(['STATE 1', 'BNDUPD 2!', 'STATE 3', 'BNDUPD 4']);
    expect(JSON.parse(session.messages[1]?.json() ?? '')).toMatchObject({
      message_size: 9000,
      malformed: expect.stringMatching(/^message-size 9000, but/),
    });
  });

  it('a length that is too small does not lose the next message', () => {
    const session = new Session().push(
      prefixed(state(1)),
      concatBytes([prefixed(update(2), 20), prefixed(state(3))]),
    );
    expect(session.found).toEqual(['STATE 1', 'BNDUPD 2!', 'STATE 3']);
  });

  it.each([1, 2])('a length that is too small by %i does not lose the next segment', (missing) => {
    const session = new Session().push(
      prefixed(state(1)),
      prefixed(update(2), update(2).length - missing),
      prefixed(state(3)),
    );
    expect(session.found).toEqual(['STATE 1', 'BNDUPD 2!', 'STATE 3']);
  });

  it('messages inside one that never became whole are found at the end', () => {
    const session = new Session().push(
      prefixed(state(1)),
      concatBytes([prefixed(update(2).slice(0, 30), 60_000), prefixed(state(3)), prefixed(state(4))]),
    );
    expect(session.found).toEqual(['STATE 1']);
    expect(session.close().found).toEqual(['STATE 1', 'STATE 3', 'STATE 4']);
  });

  it('a message that is not complete at the end is told', () => {
    const session = new Session().push(prefixed(state(1)), prefixed(update(2)).slice(0, 40)).close();
    expect(session.found).toEqual(['STATE 1']);
    expect(session.notices.at(-1)).toMatchObject({ kind: 'cut', octets: 40 });
  });
});

describe('unknown messages', () => {
  it('are listed with their octets if what follows is a message', () => {
    const strange = state(2);
    strange[0] = 200;
    const session = new Session().push(
      concatBytes([prefixed(state(1)), prefixed(strange), prefixed(state(3))]),
    );
    expect(session.found).toEqual(['STATE 1', '200 2', 'STATE 3']);
    expect(JSON.parse(session.messages[1]?.json() ?? '')).toMatchObject({
      msg_type: 200,
      msg_name: null,
      sent_time: NOW_2000,
    });
  });
});

describe('nonsense between messages', () => {
  it('is passed over and told', () => {
    const nonsense = Uint8Array.from({ length: 300 }, (_, index) => (index * 7919) & 0xff);
    const session = new Session().push(
      prefixed(state(1)),
      nonsense,
      concatBytes([prefixed(update(2)), prefixed(state(3))]),
    );
    expect(session.found).toEqual(['STATE 1', 'BNDUPD 2', 'STATE 3']);
    expect(session.notices.find(({ kind }) => kind === 'resync')).toMatchObject({ octets: 300 });
  });

  it('in front of messages of one segment hides none of them, however long a message it claims to begin', () => {
    // 0x4412 octets of a type that nobody knows.
    const nonsense = Uint8Array.of(0x44, 0x12, 0x99, 1, 2, 3, 4);
    const session = new Session().push(
      prefixed(state(1)),
      concatBytes([nonsense, prefixed(update(2)), prefixed(state(3))]),
      prefixed(update(4)),
    );
    expect(session.found).toEqual(['STATE 1', 'BNDUPD 2', 'STATE 3', 'BNDUPD 4']);
    expect(session.notices.find(({ kind }) => kind === 'resync')).toMatchObject({ octets: 7 });
  });

  it.each([1, 2])(
    'of %i octets, less than a length and a type, does not swallow the next segments',
    (octets) => {
      const session = new Session().push(
        prefixed(state(1)),
        new Uint8Array(octets).fill(0x44),
        prefixed(update(2)),
        prefixed(state(3)),
      );
      expect(session.found).toEqual(['STATE 1', 'BNDUPD 2', 'STATE 3']);
      expect(session.notices.find(({ kind }) => kind === 'resync')).toMatchObject({ octets });
    },
  );

  it('without end costs a bounded window, and the stream is still picked up', () => {
    const session = new Session().push(prefixed(state(1)));
    const chunk = new Uint8Array(60_000).fill(0xfe);
    for (let count = 0; count < 50; count++) session.push(chunk);
    session.push(prefixed(state(2)));
    expect(session.found).toEqual(['STATE 1', 'STATE 2']);
    expect(session.kinds).toContain('undissectable');
  });
});

describe('holes', () => {
  const stream = [update(1), update(2), update(3), state(4), update(5)].map((message) => prefixed(message));

  it('between messages', () => {
    const session = new Session()
      .push(stream[0] as Uint8Array)
      .gap((stream[1] as Uint8Array).length)
      .push(concatBytes(stream.slice(2)));
    expect(session.found).toEqual(['BNDUPD 1', 'BNDUPD 3~', 'STATE 4~', 'BNDUPD 5~']);
    expect(session.kinds).toEqual(['connection', 'gap', 'resync']);
  });

  it('of any length, anywhere, lose nothing but what they touch', () => {
    const whole = concatBytes(stream);
    const edges = [0];
    for (const part of stream) edges.push((edges.at(-1) ?? 0) + part.length);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: whole.length - 2 }),
        fc.integer({ min: 1, max: 300 }),
        (start, length) => {
          const end = Math.min(start + length, whole.length);
          const session = new Session()
            .push(whole.slice(0, start))
            .gap(end - start)
            .push(whole.slice(end))
            .close();
          const untouched = ['BNDUPD 1', 'BNDUPD 2', 'BNDUPD 3', 'STATE 4', 'BNDUPD 5'].filter((_, index) => {
            const [from, to] = [edges[index] as number, edges[index + 1] as number];
            return to <= start || from >= end;
          });
          expect(session.found.map((text) => text.replace('~', ''))).toEqual(untouched);
        },
      ),
    );
  });
});

describe('the middle of a stream', () => {
  const stream = concatBytes([update(1), update(2), state(3)].map((message) => prefixed(message)));

  it('on a boundary needs no searching', () => {
    const session = new Session(flowOn(647), true).push(stream);
    expect(session.found).toEqual(['BNDUPD 1', 'BNDUPD 2', 'STATE 3']);
    expect(session.notices[0]?.message).toMatch(/beginning was not seen$/);
  });

  it.each([647, 9999])('off a boundary is searched, on port %i', (port) => {
    for (let cut = 1; cut < prefixed(update(1)).length; cut++) {
      const session = new Session(flowOn(port), true).push(stream.slice(cut));
      expect([cut, ...session.found]).toEqual([cut, 'BNDUPD 2~', 'STATE 3~']);
    }
  });

  it('is searched although the octets there look like the beginning of a long message', () => {
    // From octet 16 of a DHCPv4 STATE on: a message-size of 512 and STARTTLS, if it were of RFC 8156.
    const rest = Uint8Array.of(2, 0, 23, 0, 1, 0, 0, 25, 0, 4, ...u32(NOW_1970));
    const v4Contact = (xid: number) => Uint8Array.of(0, 12, 11, 12, ...u32(NOW_1970), ...u32(xid));
    const session = new Session(flowOn(647), true).push(rest, v4Contact(1), v4Contact(2));
    expect(session.found).toEqual(['CONTACT 1~', 'CONTACT 2~']);
  });

  it('each direction by itself', () => {
    const session = new Session(flowOn(647), true).push(stream.slice(11)).send(1, stream.slice(30));
    expect(session.found).toEqual(['BNDUPD 2~', 'STATE 3~', 'BNDUPD 2~', 'STATE 3~']);
  });
});

describe('what speaks on a flow', () => {
  const v4State = Uint8Array.of(
    0,
    30,
    10,
    12,
    ...u32(NOW_1970),
    0,
    0,
    0,
    1,
    0,
    24,
    0,
    1,
    2,
    0,
    23,
    0,
    1,
    0,
    0,
    25,
    0,
    4,
    ...u32(NOW_1970),
  );

  it('is told by the octets, on any port', () => {
    for (const port of [647, 12_345]) {
      expect(new Session(flowOn(port)).push(prefixed(update(1))).found).toEqual(['BNDUPD 1']);
      const four = new Session(flowOn(port)).push(v4State);
      expect(four.messages.map(({ protocol, msgName, sentTime }) => [protocol, msgName, sentTime])).toEqual([
        ['dhcpv4-failover', 'STATE', NOW_2000],
      ]);
    }
  });

  it('is nothing of ours: a web server, random octets, on our port and elsewhere', () => {
    const text = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    expect(new Session(flowOn(80)).push(text).close().notices).toEqual([]);
    const onOurs = new Session().push(text, text).close();
    expect([onOurs.messages, onOurs.kinds]).toEqual([[], ['undissectable']]);
    const random = fc.uint8Array({ minLength: 1, maxLength: 2000 });
    fc.assert(
      fc.property(
        random,
        (bytes) => void expect(new Session(flowOn(8080)).push(bytes).close().found).toEqual([]),
      ),
    );
  });

  it('is what one was told, whatever the octets', () => {
    const forced = new Session(flowOn(9999), false, {
      decodeAs: [{ port: 9999, protocol: 'dhcpv6-failover' }],
    });
    expect(forced.push(prefixed(failover('CONTACT', 1, [], 1))).found).toEqual(['CONTACT 1']);
    const port = new Session(flowOn(9999), false, { ports: [9999] }).push(
      prefixed(failover('CONTACT', 1, [], 1)),
    );
    expect(port.found).toEqual(['CONTACT 1']);
    expect(new Session(flowOn(9999)).push(prefixed(failover('CONTACT', 1, [], 1))).found).toEqual([]);
  });

  it('is Microsoft DHCPv4 failover if the payload offset is 8', () => {
    const microsoft = v4State.slice();
    microsoft[3] = 8;
    const session = new Session().push(microsoft);
    expect(session.kinds).toEqual(['connection', 'dialect']);
    expect(session.messages[0]?.frame.connection.dialect).toBe('microsoft');
    expect(session.messages[0]?.tree().children.map(({ name }) => name)).toEqual([
      'server-state',
      'server-flags',
      'start-time-of-state',
    ]);
  });

  it('is RFC 8156 with the Unix epoch: named, and its times are read right', () => {
    const session = new Session().push(
      prefixed(
        failover('STATE', 1, [{ F_START_TIME_OF_STATE: { 'start-time-of-state': NOW_1970 } }], NOW_1970),
      ),
    );
    expect(session.notices[1]?.message).toMatch(/dialect unix-epoch: sent-time counts from 1970/);
    expect(session.messages[0]?.sentTime).toBe(NOW_2000);
    const [option] = session.messages[0]?.tree().children ?? [];
    expect(option?.fields[0]).toMatchObject({ value: NOW_1970, display: '2024-03-05T09:00:00Z' });
  });

  it('is RFC 8156 framing with the numbers of the draft: named, and read with them', () => {
    const message = failover('STATE', 0x123456, [{ F_SERVER_STATE: { 'server-state': 9 } }]);
    message[0] = 10;
    const session = new Session().push(prefixed(message), prefixed(message));
    expect(session.notices[1]?.message).toMatch(
      /dialect draft-numbers: message type 10 is that of the DHCPv4 draft/,
    );
    expect(session.found).toEqual(['STATE 1193046', 'STATE 1193046']);
    expect(session.messages[0]?.json()).toContain('"server-state-name":"RECOVER-DONE"');
  });

  it('is TLS after STARTTLS was accepted, and not after it was refused', () => {
    const startTls = prefixed(Uint8Array.of(23, 0, 0, 1));
    const accepted = new Session()
      .push(startTls)
      .send(1, prefixed(Uint8Array.of(7, 0, 0, 1)))
      .push(Uint8Array.of(0x16, 3, 1, 0, 0));
    expect(accepted.found).toEqual(['STARTTLS 1', 'REPLY 1']);
    expect(accepted.kinds).toEqual(['connection', 'encrypted']);
    const refused = new Session()
      .push(startTls)
      .send(1, prefixed(Uint8Array.of(7, 0, 0, 1, 0, 13, 0, 2, 0, 15)))
      .push(prefixed(state(2)));
    expect(refused.found).toEqual(['STARTTLS 1', 'REPLY 1', 'STATE 2']);
    expect(refused.messages[1]?.sentTime).toBe(null);
    expect(new Session().push(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1)).kinds).toEqual(['encrypted']);
  });
});

describe('leasequery over TCP', () => {
  it('is read on its port, and elsewhere if a message says enough', () => {
    const options = [
      {
        CLIENT_DATA: {
          options: [
            { CLIENTID: { DUID: '0003000102005e005301' } },
            { CLT_TIME: { 'client-last-transaction-time': 9 } },
          ],
        },
      },
    ];
    const data = prefixed(
      encodeMessage(DISSECTORS, 'dhcpv6-leasequery', {
        type: 'LEASEQUERY-DATA',
        'transaction-id': 5,
        options,
      }),
    );
    const done = prefixed(Uint8Array.of(16, 0, 0, 5));
    for (const port of [547, 9000]) {
      const session = new Session(flowOn(port)).send(1, data, done);
      expect(session.found).toEqual(['LEASEQUERY-DATA 5', 'LEASEQUERY-DONE 5']);
      expect(session.messages[0]?.protocol).toBe('dhcpv6-leasequery');
      expect(session.messages[0]?.json()).toContain('"client-last-transaction-time":9');
    }
  });
});

describe('datagrams', () => {
  it('are DHCPv6 on its ports, counted apart', () => {
    const flow: Flow = {
      id: 1,
      transport: 'udp',
      ends: [
        { address: 'fe80::1', port: 546 },
        { address: 'ff02::1:2', port: 547 },
      ],
    };
    const session = new Session(flow).push(Uint8Array.of(1, 0, 0, 5, 0, 8, 0, 2, 0, 100));
    expect(session.found).toEqual(['SOLICIT 5']);
    expect(JSON.parse(session.messages[0]?.json() ?? '')).toMatchObject({
      index: 0,
      connection: 0,
      protocol: 'dhcpv6',
      options: [{ value: { 'elapsed-time': 100 } }],
    });
    expect(
      new Session({
        ...flow,
        ends: [
          { address: '::1', port: 9000 },
          { address: '::1', port: 53 },
        ],
      }).push(Uint8Array.of(1, 0)).found,
    ).toEqual([]);
    const relay = encodeMessage(DISSECTORS, 'dhcpv6', {
      type: 'RELAY-FORW',
      'hop-count': 1,
      'link-address': '2001:db8::1',
      'peer-address': 'fe80::2',
    });
    expect(JSON.parse(new Session(flow).push(relay).messages[0]?.json() ?? '')).toMatchObject({
      'hop-count': 1,
      'link-address': '2001:db8::1',
      transaction_id: null,
    });
  });
});

describe('datagrams of a relay agent that asks for leases, too', () => {
  // RFC 5007 §4.1.1 has other messages than RFC 8415 §9, and both go from port 547 to port 547.
  const flow: Flow = {
    id: 1,
    transport: 'udp',
    ends: [
      { address: '2001:db8::a', port: 547 },
      { address: '2001:db8::b', port: 547 },
    ],
  };
  const query = Uint8Array.of(14, 0, 0, 77);
  // hop-count 3, link-address 2001:db8::1, peer-address fe80::2 (RFC 8415 §9.1)
  const forward = fromHex(
    '0c03 20010db8000000000000000000000001 fe800000000000000000000000000002',
  ) as Uint8Array;

  it.each([
    ['leasequery first', [query, forward, query]],
    ['leasequery later', [forward, query, forward]],
  ])('are each read as what they are: %s', (_, datagrams) => {
    const session = new Session(flow);
    for (const datagram of datagrams) session.push(datagram);
    const read = session.messages.map((message) => JSON.parse(message.json()) as Record<string, unknown>);
    expect(read.map(({ index, connection }) => [index, connection])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    datagrams.forEach((datagram, at) => {
      expect(read[at]).toMatchObject(
        datagram === query
          ? { protocol: 'dhcpv6-leasequery', msg_name: 'LEASEQUERY', transaction_id: 77 }
          : { protocol: 'dhcpv6', msg_name: 'RELAY-FORW', 'hop-count': 3, 'peer-address': 'fe80::2' },
      );
    });
  });
});

describe('connections', () => {
  it('that stay silent after their opening take no number', () => {
    const session = new Session();
    const later = { ...SEEN, time: { ...SEEN.time, unixSeconds: SEEN.time.unixSeconds + 30 } };
    const second = flowOn(647, 40_001);
    session.reader.open(second, later, false);
    const bytes = prefixed(state(1));
    session.reader.data(second, 0, bytes, 0, bytes.length, later);
    expect(session.messages[0]?.frame.connection.index).toBe(0);
  });

  it('are numbered by their first packets, not by their first messages', () => {
    const session = new Session();
    const second = flowOn(647, 40_001);
    session.reader.open(second, SEEN, false);
    const bytes = prefixed(state(1));
    session.reader.data(second, 0, bytes, 0, bytes.length, SEEN);
    session.push(bytes);
    expect(
      session.messages.map(({ frame }) => [frame.connection.flow.ends[0].port, frame.connection.index]),
    ).toEqual([
      [40_001, 1],
      [40_000, 0],
    ]);
  });
});

describe('anything at all', () => {
  const real = concatBytes([update(1), state(2), contact(3), update(4)].map((message) => prefixed(message)));
  const piece = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.nat(real.length), fc.nat(real.length))
        .map(([a, b]) => real.slice(Math.min(a, b), Math.max(a, b))),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
    { weight: 2, arbitrary: fc.constant(real) },
  );
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ bytes: piece, direction: fc.constantFrom<Direction>(0, 1) }) },
    { weight: 1, arbitrary: fc.record({ missing: fc.integer({ min: 1, max: 70_000 }) }) },
  );

  it('is read without a throw', () => {
    const ports = fc.constantFrom(647, 547, 9000);
    fc.assert(
      fc.property(ports, fc.boolean(), fc.array(step, { maxLength: 20 }), (port, midStream, steps) => {
        const session = new Session(flowOn(port), midStream);
        for (const each of steps) {
          if ('missing' in each) session.gap(each.missing);
          else session.send(each.direction, each.bytes);
        }
        session.close();
        for (const message of session.messages) {
          JSON.parse(message.json());
          expect(message.frame.streamOffset).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('in front of a real stream does not hide it for long', () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(noise, (bytes) => {
        const session = new Session().push(prefixed(state(1)), bytes, real, real, real).close();
        const found = session.found.filter((text) => !text.endsWith('!'));
        // Noise may look like the beginning of a message and take one real message with it, not more.
        expect(found.filter((text) => text === 'BNDUPD 4').length).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits', () => {
  const bytes = prefixed(state(1));

  it('connections that have ended leave nothing behind', () => {
    const session = new Session();
    for (let count = 0; count < FLOWS_MAX + 10; count++) {
      const flow = flowOn(647, count % 60_000);
      session.reader.open(flow, SEEN, false);
      if (count % 1000 === 0) session.reader.data(flow, 0, bytes, 0, bytes.length, SEEN);
      session.reader.close(flow, 0, 'fin', SEEN);
      session.reader.close(flow, 1, 'fin', SEEN);
    }
    expect(session.messages.length).toBe(66);
    expect(session.kinds).not.toContain('limit');
  });

  it('of too many flows at once the oldest is forgotten, and met again in the middle', () => {
    const session = new Session();
    for (let count = 0; count < FLOWS_MAX + 10; count++) {
      session.reader.open({ ...flowOn(53), transport: 'udp' }, SEEN, false);
    }
    expect(session.kinds).toEqual(['limit']);
    expect(session.push(bytes, bytes).found).toEqual(['STATE 1', 'STATE 1']);
  });

  it('a flow that is remarked on without end is told of no further', () => {
    const session = new Session().push(bytes);
    for (let count = 0; count < 2 * FLOW_NOTICES_MAX; count++) session.gap(1).push(bytes);
    expect(session.notices.length).toBe(FLOW_NOTICES_MAX + 1);
    expect(session.kinds.at(-1)).toBe('limit');
    expect(session.messages.length).toBe(2 * FLOW_NOTICES_MAX + 1);
  });
});

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
