/** That the proxy's clock is finer than the system's and follows it when somebody sets it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/proxy/system-clock.ts';

const BEGAN = 1_795_224_336_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: BEGAN });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock of the proxy', () => {
  it('tells fractions of a millisecond, which the clock of the system does not', () => {
    const clock = systemClock();
    const fine = vi.spyOn(performance, 'now');
    fine.mockReturnValue(performance.now() + 0.25);
    expect(clock.nowMillis()).toBe(BEGAN + 0.25);
  });

  it('goes with a clock that somebody sets, forward and back', () => {
    const clock = systemClock();
    vi.advanceTimersByTime(5);
    expect(clock.nowMillis()).toBe(BEGAN + 5);
    for (const set of [BEGAN + 3_600_000, BEGAN - 3_600_000]) {
      vi.advanceTimersByTime(5);
      vi.setSystemTime(set);
      vi.advanceTimersByTime(2);
      expect(clock.nowMillis()).toBe(set + 2);
    }
  });

  it('does not jump with each whole millisecond of the system', () => {
    const clock = systemClock();
    vi.advanceTimersByTime(10);
    // The system is late with its next millisecond.
    vi.setSystemTime(BEGAN + 9);
    expect(clock.nowMillis()).toBe(BEGAN + 10);
  });
});
