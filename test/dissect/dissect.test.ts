/** Goal: JSON says when a message was seen with all digits that the capture has, before 1970, too. */
import { expect, it } from 'vitest';
import type { Resolution } from '../../src/base/timestamp.ts';
import { MICROSECONDS, NANOSECONDS } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { DISSECTORS } from './captured.ts';
import { messageOf } from './made.ts';

it.each<[number, number, Resolution, string]>([
  [1_709_629_200, 2388, MICROSECONDS, '1709629200.002388'],
  [1, 1, NANOSECONDS, '1.000000001'],
  [7, 1, { ticksPerSecond: 1024, digits: 10 }, '7.0009765625'],
  [-1, 750_000, MICROSECONDS, '-0.250000'],
  [-100_000, 31_984, MICROSECONDS, '-99999.968016'],
])('%i seconds and %i ticks', (unixSeconds, ticks, resolution, timestamp) => {
  const { frame } = messageOf(Uint8Array.of(35, 0, 0, 1, 0, 0, 0, 0));
  const seen = { ...frame.seen, time: { unixSeconds, ticks, resolution } };
  expect(JSON.parse(dissect(DISSECTORS, { ...frame, seen }, 0).json())).toMatchObject({ timestamp });
});
