/**
 * Goal: figure 4 of RFC 8156 §7.5.4 for any times, at any moment of the 136 years that 32 bits hold. The oracle is typed
 * off the figure and its footnotes and reckons with plain numbers; what §7.5.3 calls consistent is left out, as updates
 * about which the partner has acknowledged nothing and which are about somebody else, or which no rule of times decides.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/failover/conflict.ts';
import type { BindingStatus } from '../../src/failover/state.ts';
import { address, client, holder } from './samples.ts';
import { clearlyLater, gap, present, wired } from './times.ts';

const OUTDATED = 19;
const IN_USE = 16;

interface Case {
  readonly now: number;
  readonly here: BindingStatus;
  readonly received: BindingStatus;
  readonly sameClient: boolean;
  readonly role: 'primary' | 'secondary';
  /** Moments; `undefined`: not there. */
  readonly ownContact: number | undefined;
  readonly ownStart: number;
  readonly ownEnd: number | undefined;
  readonly theirContact: number | undefined;
  readonly theirStart: number;
  readonly theirEnd: number | undefined;
}

const statuses = fc.constantFrom<BindingStatus[]>(
  'ACTIVE',
  'EXPIRED',
  'RELEASED',
  'FREE',
  'FREE-BACKUP',
  'RESET',
  'ABANDONED',
);
const cases: fc.Arbitrary<Case> = fc
  .record({
    now: present,
    here: statuses,
    received: statuses,
    sameClient: fc.boolean(),
    role: fc.constantFrom('primary', 'secondary'),
    ownContact: fc.option(gap, { nil: undefined }),
    ownStart: gap,
    ownEnd: fc.option(gap, { nil: undefined }),
    theirContact: fc.option(gap, { nil: undefined }),
    theirStart: gap,
    theirEnd: fc.option(gap, { nil: undefined }),
  })
  .map(({ now, ownContact, ownStart, ownEnd, theirContact, theirStart, theirEnd, ...rest }) => ({
    ...rest,
    now,
    ownContact: ownContact === undefined ? undefined : now + ownContact,
    ownStart: now + ownStart,
    ownEnd: ownEnd === undefined ? undefined : now + ownEnd,
    theirContact: theirContact === undefined ? undefined : now + theirContact,
    theirStart: now + theirStart,
    theirEnd: theirEnd === undefined ? undefined : now + theirEnd,
  }));

/** The cell of figure 4, worked out. */
function oracle(one: Case): number | undefined {
  const { here, received, theirContact, theirStart, ownContact, ownStart } = one;
  const time2 = theirContact !== undefined && clearlyLater(theirContact, ownStart);
  if (here === 'ACTIVE' && received === 'ACTIVE') {
    // Beyond the figure: a lease that is over takes nothing from whom was dealt with since.
    const isOver = one.theirEnd !== undefined && clearlyLater(one.now, one.theirEnd);
    const isOlder = clearlyLater(ownContact ?? ownStart, theirContact ?? theirStart);
    if (!one.sameClient && isOver && isOlder) return OUTDATED;
    return one.sameClient || time2 || one.role === 'secondary' ? undefined : IN_USE;
  }
  if (here === 'RESET' && received === 'ACTIVE') return time2 ? undefined : OUTDATED;
  if (here === 'ACTIVE' && ['EXPIRED', 'FREE', 'FREE-BACKUP'].includes(received)) {
    return one.ownEnd !== undefined && clearlyLater(one.now, one.ownEnd) ? undefined : OUTDATED;
  }
  const ofClient = ['ACTIVE', 'EXPIRED', 'RELEASED'].includes(received);
  const claimed = ofClient ? (theirContact ?? theirStart) : Math.max(theirStart, theirContact ?? theirStart);
  return clearlyLater(claimed, ownContact ?? ownStart) ? undefined : OUTDATED;
}

function verdict(one: Case): number | undefined {
  const { ownContact, ownEnd, theirContact } = one;
  return judge(
    {
      ...address('2001:db8::1'),
      status: one.here,
      holder: holder(client(1), 3600),
      startTimeOfState: wired(one.ownStart),
      clientLastTransactionTime: ownContact === undefined ? undefined : wired(ownContact),
      stateExpirationTime: ownEnd === undefined ? undefined : wired(ownEnd),
      updateNeeded: true,
      updateSent: false,
    },
    {
      status: one.received,
      client: client(one.sameClient ? 1 : 2),
      cltTime: theirContact === undefined ? undefined : wired(theirContact),
      startTimeOfState: wired(one.theirStart),
      stateExpirationTime: one.theirEnd === undefined ? undefined : wired(one.theirEnd),
    },
    one.role,
    wired(one.now),
  );
}

/** Cells that go by times or role whoever the client is; elsewhere the same client's update may be consistent. */
function decidesForSameClient({ here, received }: Case): boolean {
  if (here === 'ACTIVE')
    return received === 'ACTIVE' || ['EXPIRED', 'FREE', 'FREE-BACKUP'].includes(received);
  return here === 'RESET' && received === 'ACTIVE';
}

describe('figure 4, for any times', () => {
  it('is what judge decides', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(cases, (one) => {
        fc.pre(!one.sameClient || decidesForSameClient(one));
        const expected = oracle(one);
        expect(verdict(one)).toBe(expected);
        const cell = `${one.here} ${one.received} ${expected}`;
        seen.set(cell, (seen.get(cell) ?? 0) + 1);
      }),
      { numRuns: 6000 },
    );
    // Both ways out of each of the 49 cells, where RESET and ABANDONED, FREE and FREE-BACKUP stand apart; ACTIVE on ACTIVE has three.
    expect(seen.size).toBe(2 * 49 + 1);
  });

  it('looks the same from any moment', () => {
    const moved = (one: Case, by: number): Case => ({
      ...one,
      now: one.now + by,
      ownContact: one.ownContact === undefined ? undefined : one.ownContact + by,
      ownStart: one.ownStart + by,
      ownEnd: one.ownEnd === undefined ? undefined : one.ownEnd + by,
      theirContact: one.theirContact === undefined ? undefined : one.theirContact + by,
      theirStart: one.theirStart + by,
      theirEnd: one.theirEnd === undefined ? undefined : one.theirEnd + by,
    });
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 2 ** 33 }), (one, by) => {
        expect(verdict(moved(one, by))).toBe(verdict(one));
      }),
      { numRuns: 1000 },
    );
  });
});
