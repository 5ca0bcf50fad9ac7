/** Goal: a clock is wrong from when it is set far off until nothing that it said can be taken for later than what follows. */
import { describe, expect, it } from 'vitest';
import { SimClock } from '../../src/sim/clock.ts';

const NOON = 1_767_268_800_000;

describe('a clock', () => {
  it('is right while it is off by less than half of what counts as the same time', () => {
    const clock = new SimClock(NOON, 1, 0);
    clock.set(2, NOON);
    expect(clock.isWrong(NOON)).toBe(false);
    expect(clock.local(NOON)).toBe(NOON + 3000);
  });

  it('is wrong when it was set farther, and 12 seconds longer where it was set back by 7', () => {
    const clock = new SimClock(NOON, 0, 0);
    clock.set(7, NOON);
    expect(clock.isWrong(NOON)).toBe(true);
    clock.set(-7, NOON + 60_000);
    // Set back, it shows 7 seconds less than a moment before; within 5 more all is the same time.
    expect(clock.local(NOON + 60_000)).toBe(NOON + 60_000);
    expect(clock.isWrong(NOON + 71_999)).toBe(true);
    expect(clock.isWrong(NOON + 72_000)).toBe(false);
  });
});
