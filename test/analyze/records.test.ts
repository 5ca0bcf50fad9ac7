/** Goal: records keep what was put into them, however many there are, and given-back ones are used again. */
import { describe, expect, it } from 'vitest';
import { Records } from '../../src/analyze/records.ts';

describe('records', () => {
  it('keep their fields while others come', () => {
    const records = new Records(3);
    const all = Array.from({ length: 2000 }, (_, at) => {
      const record = records.take();
      for (const field of [0, 1, 2]) records.set(record, field, at * 3 + field);
      return record;
    });
    expect(new Set(all).size).toBe(2000);
    for (const [at, record] of all.entries())
      expect([0, 1, 2].map((field) => records.get(record, field))).toEqual([at * 3, at * 3 + 1, at * 3 + 2]);
  });

  it('are taken again when they were given back', () => {
    const records = new Records(1);
    const [a, b] = [records.take(), records.take()];
    records.giveBack(a);
    expect(records.take()).toBe(a);
    expect(records.take()).not.toBe(b);
  });
});
