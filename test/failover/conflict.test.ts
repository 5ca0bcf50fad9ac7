/**
 * Goal: figure 4 of RFC 8156 §7.5.4, every cell, with its footnotes. The table below is typed off the figure; what each
 * word of it means is worked out here, not taken from the code.
 */
import { describe, expect, it } from 'vitest';
import { type Claim, judge } from '../../src/failover/conflict.ts';
import type { Lease } from '../../src/failover/lease.ts';
import type { BindingStatus } from '../../src/failover/state.ts';
import { address, client, holder } from './samples.ts';

const OUTDATED = 19;
const IN_USE = 16;
const NOW = 820_540_800;
const MINE = NOW - 1000;

const COLUMNS: readonly BindingStatus[] = [
  'ACTIVE',
  'EXPIRED',
  'RELEASED',
  'FREE',
  'FREE-BACKUP',
  'RESET',
  'ABANDONED',
];
/** Columns FREE/FREE-BACKUP and RESET/ABANDONED stand twice, the row FREE/FREE-BACKUP too. */
const FIGURE: Partial<Record<BindingStatus, string>> = {
  ACTIVE: 'accept(3) time(1) accept time(1) time(1) accept accept',
  EXPIRED: 'accept accept accept accept accept accept accept',
  RELEASED: 'accept accept accept accept accept accept accept',
  FREE: 'accept accept accept accept accept accept accept',
  'FREE-BACKUP': 'accept accept accept accept accept accept accept',
  RESET: 'time(2) accept accept accept accept accept accept',
  ABANDONED: 'accept accept accept accept accept accept accept',
};

/** A lease of client 1 that this server dealt with at MINE, and of which the partner knows nothing yet. */
function known(status: BindingStatus, more: Partial<Lease> = {}): Lease {
  return {
    ...address('2001:db8::1'),
    status,
    holder: holder(client(1), 3600),
    startTimeOfState: MINE,
    clientLastTransactionTime: MINE,
    stateExpirationTime: NOW + 2600,
    updateNeeded: true,
    updateSent: false,
    ...more,
  };
}

function claim(status: BindingStatus, cltTime: number | undefined, who = 2, start = cltTime ?? NOW): Claim {
  return {
    status,
    client: client(who),
    startTimeOfState: start,
    ...(cltTime !== undefined && { cltTime }),
  };
}

describe('figure 4', () => {
  for (const [row, line] of Object.entries(FIGURE) as [BindingStatus, string][]) {
    line.split(' ').forEach((cell, index) => {
      const column = COLUMNS[index] as BindingStatus;
      const verdict = (lease: Lease, received: Claim, role: 'primary' | 'secondary' = 'primary') =>
        judge(lease, received, role, NOW);

      it(`${row} here, ${column} received: ${cell}`, () => {
        const mine = known(row);
        switch (cell) {
          case 'accept':
            expect(verdict(mine, claim(column, MINE + 6))).toBeUndefined();
            expect(verdict(mine, claim(column, MINE + 5))).toBe(OUTDATED);
            expect(verdict(mine, claim(column, MINE))).toBe(OUTDATED);
            expect(verdict(mine, claim(column, MINE - 6))).toBe(OUTDATED);
            break;
          case 'time(1)':
            expect(verdict(mine, claim(column, MINE + 500))).toBe(OUTDATED);
            expect(verdict({ ...mine, stateExpirationTime: NOW - 5 }, claim(column, MINE + 500))).toBe(
              OUTDATED,
            );
            expect(
              verdict({ ...mine, stateExpirationTime: NOW - 6 }, claim(column, MINE - 500)),
            ).toBeUndefined();
            break;
          case 'time(2)':
            expect(verdict(mine, claim(column, MINE + 6))).toBeUndefined();
            expect(verdict(mine, claim(column, MINE + 5))).toBe(OUTDATED);
            expect(verdict(mine, claim(column, undefined))).toBe(OUTDATED);
            break;
          case 'accept(3)':
            expect(verdict(mine, claim(column, MINE - 500, 1))).toBeUndefined();
            expect(verdict(mine, claim(column, MINE + 6, 2))).toBeUndefined();
            expect(verdict(mine, claim(column, MINE + 5, 2))).toBe(IN_USE);
            expect(verdict(mine, claim(column, MINE - 500, 2))).toBe(IN_USE);
            expect(verdict(mine, claim(column, MINE - 500, 2), 'secondary')).toBeUndefined();
            break;
          default:
            throw new Error(cell);
        }
      });
    });
  }

  it('takes anything about a lease that is not on record', () => {
    expect(judge(undefined, claim('ACTIVE', 0), 'primary', NOW)).toBeUndefined();
  });
});

describe('the times that are compared', () => {
  it('of ACTIVE, EXPIRED and RELEASED the client time, even if the state began later', () => {
    expect(judge(known('RELEASED'), claim('ACTIVE', MINE - 10, 2, MINE + 100), 'primary', NOW)).toBe(
      OUTDATED,
    );
    expect(
      judge(known('RELEASED'), claim('EXPIRED', undefined, 2, MINE + 100), 'primary', NOW),
    ).toBeUndefined();
  });

  it('of other states the later of client time and start of the state', () => {
    expect(
      judge(known('RELEASED'), claim('ABANDONED', MINE - 10, 2, MINE + 100), 'primary', NOW),
    ).toBeUndefined();
    expect(
      judge(known('RELEASED'), claim('ABANDONED', MINE + 100, 2, MINE - 10), 'primary', NOW),
    ).toBeUndefined();
  });

  it('of a lease on record the client time, or the start of its state if this server never saw the client', () => {
    const { clientLastTransactionTime: _, ...unseen } = known('RELEASED', { startTimeOfState: MINE + 100 });
    expect(judge(unseen, claim('ACTIVE', MINE + 50), 'primary', NOW)).toBe(OUTDATED);
    expect(
      judge(known('RELEASED', { startTimeOfState: MINE + 100 }), claim('ACTIVE', MINE + 50), 'primary', NOW),
    ).toBe(undefined);
  });

  it('modulo 2^32', () => {
    const wrapped = known('RELEASED', {
      startTimeOfState: 2 ** 32 - 3,
      clientLastTransactionTime: 2 ** 32 - 3,
    });
    expect(judge(wrapped, claim('ACTIVE', 4), 'primary', 10)).toBeUndefined();
    expect(judge(wrapped, claim('ACTIVE', 1), 'primary', 10)).toBe(OUTDATED);
  });
});

describe('an ACTIVE of another client that is over', () => {
  // §8.4.1: this server gave the lease anew at MINE, in PARTNER-DOWN; its partner still tells what it gave before it failed.
  const stale = (more: Partial<Claim>): Claim => ({ ...claim('ACTIVE', MINE - 3600), ...more });

  it('takes nothing from the client that was dealt with since, not even from a secondary (§7.5.4)', () => {
    const over = stale({ stateExpirationTime: NOW - 6 });
    expect(judge(known('ACTIVE'), over, 'secondary', NOW)).toBe(OUTDATED);
    expect(judge(known('ACTIVE'), over, 'primary', NOW)).toBe(OUTDATED);
  });

  it('is judged by figure 4 if it is not over, or not older', () => {
    expect(judge(known('ACTIVE'), stale({ stateExpirationTime: NOW - 5 }), 'secondary', NOW)).toBeUndefined();
    expect(judge(known('ACTIVE'), stale({ stateExpirationTime: NOW - 5 }), 'primary', NOW)).toBe(IN_USE);
    const asOld = { ...claim('ACTIVE', MINE - 5), stateExpirationTime: NOW - 6 };
    expect(judge(known('ACTIVE'), asOld, 'secondary', NOW)).toBeUndefined();
  });
});

describe('what is consistent with what this server knows (§7.5.3)', () => {
  it('the same status of the same client again, as when a BNDREPLY was lost', () => {
    expect(judge(known('RELEASED'), claim('RELEASED', MINE, 1), 'primary', NOW)).toBeUndefined();
    expect(judge(known('EXPIRED'), claim('EXPIRED', MINE - 500, 1), 'primary', NOW)).toBeUndefined();
  });

  it('the end of a lease that this server has made FREE already', () => {
    const free = known('FREE', { updateNeeded: false });
    expect(judge(free, claim('EXPIRED', MINE - 500, 1), 'primary', NOW)).toBeUndefined();
  });

  it('another end of a lease that has ended here too (seed 122 once rejected it for ever)', () => {
    expect(judge(known('RELEASED'), claim('EXPIRED', MINE - 4, 1), 'primary', NOW)).toBeUndefined();
    expect(judge(known('EXPIRED'), claim('RELEASED', MINE - 400, 1), 'primary', NOW)).toBeUndefined();
  });

  it('at the same time, once each has rejected the other, a lease in use; for the rest the secondary gives in', () => {
    const abandoned = known('ABANDONED', { rejectedWith: OUTDATED });
    expect(judge(abandoned, claim('ACTIVE', MINE, 1), 'primary', NOW)).toBeUndefined();
    expect(judge(abandoned, claim('ACTIVE', MINE - 6, 1), 'primary', NOW)).toBe(OUTDATED);
    expect(judge(known('ABANDONED'), claim('ACTIVE', MINE, 1), 'primary', NOW)).toBe(OUTDATED);
    expect(judge(abandoned, claim('RELEASED', MINE, 1), 'secondary', NOW)).toBeUndefined();
    expect(judge(abandoned, claim('RELEASED', MINE, 1), 'primary', NOW)).toBe(OUTDATED);
    const active = known('ACTIVE', { rejectedWith: OUTDATED });
    expect(judge(active, claim('RELEASED', MINE, 1), 'secondary', NOW)).toBe(OUTDATED);
  });

  it('at the same time, what follows on a state that the partner had acknowledged', () => {
    const agreed = known('ACTIVE', { updateNeeded: false });
    expect(judge(agreed, claim('RELEASED', MINE + 3, 1), 'primary', NOW)).toBeUndefined();
    expect(judge(agreed, claim('RELEASED', MINE - 6, 1), 'primary', NOW)).toBe(OUTDATED);
  });
});
