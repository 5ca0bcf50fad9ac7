/** RFC 8415 §15 against its formulas, with the randomness at its ends. */
import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/base/clock.ts';
import { RETRANSMISSION, Retransmission } from '../../src/sim/retransmission.ts';

function always(fraction: number): Random {
  return { fraction: () => fraction, below: () => 0 };
}

/** Times of all transmissions after the first, as long as there are any (at most ten). */
function times(retransmission: Retransmission): number[] {
  const due: number[] = [];
  for (let count = 0; count < 10; count++) {
    const { due: now } = retransmission;
    if (!retransmission.again(now)) break;
    due.push(Math.round(now));
  }
  return due;
}

describe('Retransmission', () => {
  it('doubles the timeout up to its limit', () => {
    // RAND = 0 with a fraction of 0.5: 1, 2, 4, 8, 16, then 30 seconds each; the tenth transmission is the last.
    expect(times(new Retransmission(RETRANSMISSION.REQUEST, always(0.5), 0))).toEqual([
      1000, 3000, 7000, 15000, 31000, 61000, 91000, 121000, 151000,
    ]);
  });

  it('spreads by a tenth to either side', () => {
    const low = new Retransmission(RETRANSMISSION.RENEW, always(0), 0);
    expect(low.due).toBeCloseTo(9000);
    low.again(9000);
    expect(low.due).toBeCloseTo(9000 + 9000 * 1.9);
    const high = new Retransmission(RETRANSMISSION.RENEW, always(0.999999), 0);
    expect(high.due).toBeCloseTo(11000, 1);
  });

  it('makes the first timeout of a SOLICIT longer than its minimum', () => {
    for (const fraction of [0, 0.5, 0.999999]) {
      expect(new Retransmission(RETRANSMISSION.SOLICIT, always(fraction), 0, true).due).toBeGreaterThan(1000);
    }
  });

  it('ends after the longest duration', () => {
    // 1, 2, 4 seconds, then the rest of the ten.
    expect(times(new Retransmission(RETRANSMISSION.CONFIRM, always(0.5), 0))).toEqual([1000, 3000, 7000]);
  });

  it('counts elapsed time in hundredths of a second and stops at the largest number', () => {
    const retransmission = new Retransmission(RETRANSMISSION.SOLICIT, always(0.5), 5000);
    expect(retransmission.elapsed(5000)).toBe(0);
    expect(retransmission.elapsed(6234)).toBe(123);
    expect(retransmission.elapsed(5000 + 7_000_000)).toBe(0xffff);
  });
});
