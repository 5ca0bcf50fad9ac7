import { describe, expect, it } from 'vitest';
import {
  addSeconds,
  isClearlyAfter,
  isoOfEpoch2000,
  isSameTime,
  laterOf,
  secondsBetween,
  toEpoch2000,
} from '../../src/base/time.ts';

describe('2000-epoch time', () => {
  it('counts from midnight of 2000-01-01 UTC', () => {
    expect(toEpoch2000(Date.UTC(2000, 0, 1))).toBe(0);
    expect(toEpoch2000(Date.UTC(2000, 0, 2) + 999)).toBe(86_400);
    expect(isoOfEpoch2000(86_400)).toBe('2000-01-02T00:00:00Z');
  });

  it('orders times across the wrap of 2^32', () => {
    expect(addSeconds(0xffffffff, 3)).toBe(2);
    expect(secondsBetween(0xffffffff, 2)).toBe(3);
    expect(secondsBetween(2, 0xffffffff)).toBe(-3);
    expect(laterOf(0xfffffff0, 5)).toBe(5);
  });

  it('takes exactly five seconds as the same time and six as later', () => {
    expect(isClearlyAfter(105, 100)).toBe(false);
    expect(isClearlyAfter(106, 100)).toBe(true);
    expect(isClearlyAfter(1, 0xfffffffe)).toBe(false);
    expect(isClearlyAfter(5, 0xfffffffe)).toBe(true);
    expect([isSameTime(100, 105), isSameTime(105, 100), isSameTime(0xfffffffe, 3)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([isSameTime(100, 106), isSameTime(106, 100)]).toEqual([false, false]);
  });
});
