import { expect, it } from 'vitest';
import { parseDuration } from '../../src/base/duration.ts';

it.each([
  ['250ms', 0.25],
  ['40us', 0.000_04],
  ['7', 7],
  ['+7s', 7],
  ['-2m', -120],
  ['1.5h', 5400],
  ['3d', 259_200],
  ['2w', 1_209_600],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBeCloseTo(seconds, 9);
});

it.each(['', 's', '1 s', '1y', '1e3s', '1h30m', '--1s'])('"%s" is no length of time', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
