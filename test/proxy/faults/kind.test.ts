/** Goal: what a parameter may be at most and at least is told before a fault is armed. The bounds stand here by hand. */
import { expect, it } from 'vitest';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';

it.each([
  ['coalesce count', 2, 10_000],
  ['coalesce within', 0.001, 3600],
  ['corrupt bits', 1, 4096],
  ['delay by', 0, 86_400],
  ['delay by=1s jitter', 0, 86_400],
  ['duplicate copies', 1, 1000],
  ['lie-length by', -65_535, 65_535],
  ['reorder window', 2, 1000],
  ['reorder within', 0.001, 3600],
  ['skew strobe 1s period', 0.001, 86_400],
  ['skew drift rate', -1000, 1000],
  ['split at', 1, 65_537],
  ['split size', 0, 65_537],
  ['split gap', 0, 3600],
  ['throttle rate', 1, 1_000_000_000],
  ['break-tls record', 1, 1_000_000],
  ['truncate to', 0, 65_535],
  ['drop nth', 1, 1_000_000_000],
  ['drop every', 1, 1_000_000_000],
  ['drop times', 1, 1_000_000_000],
  ['drop seed', 0, 4_294_967_295],
  ['drop after', 0, 31_622_400],
])('%s is from %d to %d', (before, least, greatest) => {
  for (const value of [least, greatest]) {
    expect(() => parseFault(`${before} ${value}`)).not.toThrow();
  }
  for (const value of [greatest + 1, least - 1]) {
    expect(() => parseFault(`${before} ${value}`)).toThrow(`from ${least} to ${greatest}`);
  }
});
