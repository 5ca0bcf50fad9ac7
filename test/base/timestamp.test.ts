/** Goal: times of packets are written with all digits that the capture has, before 1970, too. */
import { describe, expect, it } from 'vitest';
import { MICROSECONDS, NANOSECONDS, timestampText } from '../../src/base/timestamp.ts';

describe('timestampText', () => {
  it.each([
    [0, 0, MICROSECONDS, '0.000000'],
    [1_709_629_200, 2388, MICROSECONDS, '1709629200.002388'],
    [1, 1, NANOSECONDS, '1.000000001'],
    [7, 1, { ticksPerSecond: 1024, digits: 10 }, '7.0009765625'],
    [7, 0, { ticksPerSecond: 1, digits: 0 }, '7'],
    // A quarter of a second before 1970 began, a second before, and a little later.
    [-1, 750_000, MICROSECONDS, '-0.250000'],
    [-1, 0, MICROSECONDS, '-1.000000'],
    [-100_000, 31_984, MICROSECONDS, '-99999.968016'],
    [-2, 1, { ticksPerSecond: 4, digits: 2 }, '-1.75'],
  ])('%i and %i ticks', (unixSeconds, ticks, resolution, text) => {
    expect(timestampText({ unixSeconds, ticks, resolution })).toBe(text);
  });
});
