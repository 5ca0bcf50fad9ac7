import { describe, expect, it } from 'vitest';
import type { Direction } from '../../../src/base/flow.ts';
import { timestampOfMillis } from '../../../src/base/timestamp.ts';
import { dissect } from '../../../src/dissect/dissect.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import type { Message } from '../../../src/dissect/message.ts';
import { frameRange } from '../../../src/proxy/link.ts';
import { Replay, type ReplayOutput } from '../../../src/proxy/replay/replay.ts';
import { failoverConnection, option } from '../../support/messages.ts';
import { unit } from '../../support/unit.ts';

const dissectors = loadDissectors();
const PREFIX = option(
  26,
  '00000000',
  '00000000',
  '40',
  '20010db8000000000000000000000000',
  option(114, '06'),
);
const REJECTED = option(
  26,
  '00000000',
  '00000000',
  '40',
  '20010db8000000000000000000000000',
  option(13, '0013'),
);
/** 2024-03-05T09:00:00Z is 762944400 s after 2000. */
const NOW = Date.UTC(2024, 2, 5, 9);

function read(octets: Uint8Array, direction: Direction, index: number, atMillis: number): Message {
  const seen = { time: timestampOfMillis(atMillis), packet: index + 1 };
  const frame = {
    connection: failoverConnection(),
    direction,
    ...frameRange(octets),
    seen,
    streamOffset: 0,
    resync: false,
  };
  return dissect(dissectors, frame, index);
}

/** A captured connection: the primary connects, updates; the secondary asks for everything. */
const SCRIPT: readonly (readonly [Direction, Uint8Array])[] = [
  [0, unit(31, 1)],
  [1, unit(32, 1)],
  [1, unit(28, 50)],
  [0, unit(24, 2, PREFIX)],
  [1, unit(25, 2, PREFIX)],
  [0, unit(30, 50)],
];
const script = SCRIPT.map(([direction, octets], index) => read(octets, direction, index, index * 1000));
const live = (octets: Uint8Array): Message => read(octets, 1, 0, NOW);
const settings = { side: 0, speed: Number.POSITIVE_INFINITY, patienceMillis: 5000, strict: false } as const;

/** `CONNECT 1`, …: type and transaction-id of what was sent; other outputs as they are. */
function told(outputs: readonly ReplayOutput[]): unknown[] {
  return outputs.map((output) => {
    if (output.kind !== 'send')
      return output.kind === 'difference' || output.kind === 'apart' ? output.text : output;
    const message = read(output.octets, 0, 0, NOW);
    return `${message.msgName} ${message.transactionId} ${message.sentTime}`;
  });
}

describe('a replay as the primary', () => {
  it('waits for what the server said before, and takes transaction-ids and times from today', () => {
    const replay = new Replay(script, settings);
    expect(told(replay.start(NOW))).toEqual(['CONNECT 1 762944400']);
    expect(told(replay.receive(live(unit(32, 1)), NOW))).toEqual([]);
    expect(told(replay.receive(live(unit(28, 77)), NOW + 2000))).toEqual(['BNDUPD 2 762944402']);
    expect(told(replay.receive(live(unit(35, 78)), NOW))).toEqual([]);
    expect(told(replay.receive(live(unit(25, 2, PREFIX)), NOW))).toEqual([
      'UPDDONE 77 762944400',
      { kind: 'finished', sent: 3, answered: 3, differences: 0, apart: 0, absent: 0 },
    ]);
  });

  it('tells where the server means something else', () => {
    const replay = new Replay(script, settings);
    replay.start(NOW);
    replay.receive(live(unit(32, 1)), NOW);
    replay.receive(live(unit(28, 77)), NOW);
    expect(told(replay.receive(live(unit(25, 2, REJECTED)), NOW))).toEqual([
      '#4 BNDREPLY captured: accept; now: OutdatedBindingInformation',
      '#4 BNDREPLY 2001:db8::/64 captured: FREE-BACKUP; now: no binding-status, OutdatedBindingInformation',
      'UPDDONE 77 762944400',
      { kind: 'finished', sent: 3, answered: 3, differences: 2, apart: 0, absent: 0 },
    ]);
  });

  it('goes on without what does not come, and tells what was not in the capture', () => {
    const replay = new Replay(script, settings);
    replay.start(NOW);
    expect(replay.deadline()).toBe(NOW + 5000);
    expect(told(replay.receive(live(unit(26, 9)), NOW))).toEqual(['POOLREQ was not in the capture']);
    expect(told(replay.tick(NOW + 5000))).toEqual(['#1 CONNECTREPLY did not come in time']);
    expect(told(replay.tick(NOW + 10_000))).toEqual(['#2 UPDREQ did not come in time', 'BNDUPD 2 762944410']);
    expect(told(replay.closed())).toEqual([
      'the server closed the connection before #4 BNDREPLY',
      { kind: 'finished', sent: 2, answered: 0, differences: 4, apart: 0, absent: 0 },
    ]);
  });

  it('keeps the pace of the capture if asked to', () => {
    const replay = new Replay(script, { ...settings, speed: 1 });
    replay.start(NOW);
    replay.receive(live(unit(32, 1)), NOW);
    expect(told(replay.receive(live(unit(28, 77)), NOW))).toEqual([]);
    expect(replay.deadline()).toBe(NOW + 3000);
    expect(told(replay.tick(NOW + 3000))).toEqual(['BNDUPD 2 762944403']);
  });
});

/** RFC 8156 §5.5.16, §5.5.12: server-state NORMAL is 2, RECOVER 6; a keepalive-time of 12 seconds. */
describe('a live server that says more than it said', () => {
  const NORMAL = option(132, '02');
  const announce = (state: string): Uint8Array => unit(34, 60, state);

  it('may announce its state again', () => {
    const states: readonly (readonly [Direction, Uint8Array])[] = [
      [0, unit(31, 1)],
      [1, announce(NORMAL)],
      [1, announce(NORMAL)],
      [0, unit(30, 50)],
    ];
    const captured = states.map(([direction, octets], index) => read(octets, direction, index, index));
    const replay = new Replay(captured, settings);
    replay.start(NOW);
    expect(told(replay.receive(live(announce(NORMAL)), NOW))).toEqual([
      'UPDDONE 50 762944400',
      { kind: 'finished', sent: 2, answered: 1, differences: 0, apart: 0, absent: 0 },
    ]);
    const again = new Replay(script, settings);
    again.start(NOW);
    expect(told(again.receive(live(announce(NORMAL)), NOW))).toEqual(['STATE was not in the capture']);
    expect(told(again.receive(live(announce(NORMAL)), NOW))).toEqual([]);
  });

  it('hears of us while it lets us wait', () => {
    const replay = new Replay(script, { ...settings, patienceMillis: 60_000 });
    replay.start(NOW);
    expect(replay.deadline()).toBe(NOW + 60_000);
    replay.receive(live(unit(32, 1, option(128, '0000000c'))), NOW);
    expect(replay.deadline()).toBe(NOW + 4000);
    expect(told(replay.tick(NOW + 3999))).toEqual([]);
    expect(told(replay.tick(NOW + 4000))).toEqual(['CONTACT 1 762944404']);
    expect(replay.deadline()).toBe(NOW + 8000);
  });
});

describe('a replay as the secondary', () => {
  it('says nothing before its CONNECTREPLY, however long that took', () => {
    const replay = new Replay(script, { ...settings, side: 1, speed: 1 });
    replay.start(NOW);
    replay.receive(read(unit(31, 900, option(128, '0000000c')), 0, 0, NOW), NOW + 10);
    expect(replay.deadline()).toBe(NOW + 1000);
    expect(told(replay.tick(NOW + 999))).toEqual([]);
    expect(told(replay.tick(NOW + 1000))).toEqual(['CONNECTREPLY 900 762944401']);
  });

  it('answers with the transaction-ids of the live primary', () => {
    const replay = new Replay(script, { ...settings, side: 1 });
    expect(told(replay.start(NOW))).toEqual([]);
    expect(told(replay.receive(read(unit(31, 900), 0, 0, NOW), NOW))).toEqual([
      'CONNECTREPLY 900 762944400',
      'UPDREQ 50 762944400',
    ]);
    expect(told(replay.receive(read(unit(24, 901, PREFIX), 0, 0, NOW), NOW))).toEqual([
      'BNDREPLY 901 762944400',
    ]);
  });
});

/** RFC 8156 §6.2, §7: updates that were asked for are an answer; any other was caused by a client of the server. */
describe('updates that clients of the live server cause', () => {
  const lease = (address: string, status: string): string =>
    option(
      45,
      option(1, '0003000102005e200001'),
      option(3, '000000010000000000000000', option(5, address, '0000000100000002', option(114, status))),
    );
  const [FIRST, SECOND, THIRD] = ['1', '2', '3'].map((last) => `20010db800000000000000000000000${last}`) as [
    string,
    string,
    string,
  ];
  const ACTIVE = '01';
  const RELEASED = '03';
  const captured = (
    [
      [0, unit(31, 1)],
      [1, unit(32, 1)],
      [1, unit(28, 50)],
      [0, unit(24, 2, lease(FIRST, ACTIVE))],
      [1, unit(25, 2, lease(FIRST, ACTIVE))],
      [0, unit(30, 50)],
      [0, unit(24, 3, lease(SECOND, ACTIVE))],
      [1, unit(25, 3, lease(SECOND, ACTIVE))],
      [0, unit(24, 4, PREFIX)],
      [1, unit(25, 4, PREFIX)],
    ] as const
  ).map(([direction, octets], index) => read(octets, direction, index, index * 1000));
  const says = (octets: Uint8Array): Message => read(octets, 0, 0, NOW);
  const now = (strict: boolean): Replay => new Replay(captured, { ...settings, side: 1, strict });
  const ANSWERED = ['CONNECTREPLY 1 762944400', 'UPDREQ 50 762944400'];

  it('are told apart, and nobody waits for those of the capture', () => {
    const replay = now(false);
    replay.start(NOW);
    expect(told(replay.receive(says(unit(31, 1)), NOW))).toEqual(ANSWERED);
    // Asked for: another lease than captured is a difference.
    expect(told(replay.receive(says(unit(24, 8, lease(THIRD, ACTIVE))), NOW))).toEqual([
      'BNDUPD 2001:db8::3 was not in the capture',
    ]);
    expect(told(replay.receive(says(unit(24, 9, lease(FIRST, ACTIVE))), NOW))).toEqual([
      'BNDREPLY 9 762944400',
    ]);
    expect(told(replay.receive(says(unit(30, 50)), NOW))).toEqual([]);
    expect(replay.receive(says(unit(24, 10, lease(THIRD, RELEASED))), NOW)).toEqual([
      { kind: 'apart', text: 'BNDUPD 2001:db8::3 was not in the capture' },
    ]);
    // What is given to the secondary to allocate from needs no client.
    expect(told(replay.receive(says(unit(24, 11, PREFIX)), NOW))).toEqual([
      'BNDREPLY 11 762944400',
      { kind: 'finished', sent: 4, answered: 4, differences: 1, apart: 1, absent: 1 },
    ]);
  });

  it('are answered whenever they come', () => {
    const replay = now(false);
    replay.start(NOW);
    replay.receive(says(unit(31, 1)), NOW);
    replay.receive(says(unit(24, 9, lease(FIRST, ACTIVE))), NOW);
    expect(told(replay.receive(says(unit(30, 50)), NOW))).toEqual([]);
    expect(told(replay.receive(says(unit(24, 10, lease(SECOND, RELEASED))), NOW))).toEqual([
      '#6 BNDUPD 2001:db8::2 captured: ACTIVE; now: RELEASED',
      'BNDREPLY 10 762944400',
    ]);
    expect(told(replay.receive(says(unit(24, 11, PREFIX)), NOW))).toEqual([
      'BNDREPLY 11 762944400',
      { kind: 'finished', sent: 5, answered: 5, differences: 0, apart: 1, absent: 0 },
    ]);
  });

  it('are expected as everything else by who is strict', () => {
    const replay = now(true);
    replay.start(NOW);
    replay.receive(says(unit(31, 1)), NOW);
    replay.receive(says(unit(24, 9, lease(FIRST, ACTIVE))), NOW);
    replay.receive(says(unit(30, 50)), NOW);
    expect(told(replay.receive(says(unit(24, 10, lease(THIRD, ACTIVE))), NOW))).toEqual([
      'BNDUPD 2001:db8::3 was not in the capture',
    ]);
    expect(replay.deadline()).toBe(NOW + 5000);
    expect(told(replay.tick(NOW + 5000))).toEqual(['#6 BNDUPD 2001:db8::2 did not come in time']);
    expect(told(replay.closed())).toEqual([
      'the server closed the connection before #8 BNDUPD',
      { kind: 'finished', sent: 3, answered: 3, differences: 3, apart: 0, absent: 0 },
    ]);
  });
});
