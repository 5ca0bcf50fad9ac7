/** Goal: columns and lists give back what was put in, whatever it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Column, NumberList } from '../../src/tui/columns.ts';

const number = fc.integer({ min: 0, max: 0xffff_ffff });

describe('a column', () => {
  it('gives back what was set, the same everywhere or not', () => {
    const values = fc.oneof(fc.array(number, { maxLength: 50 }), fc.array(fc.constantFrom(7, 7, 7, 8)));
    fc.assert(
      fc.property(values, (all) => {
        const column = new Column(100);
        for (const [row, value] of all.entries()) column.set(row, value);
        expect(all.map((_, row) => column.get(row))).toEqual(all);
      }),
    );
  });
});

describe('a list of numbers', () => {
  it('gives back what was pushed, and finds the first number from another on', () => {
    const rising = fc
      .array(fc.integer({ min: 0, max: 3 }), { maxLength: 3000 })
      .map((steps) => steps.map((_, at) => steps.slice(Math.max(0, at - 3), at).reduce((a, b) => a + b, at)))
      .map((all) => [...new Set(all)].sort((a, b) => a - b));
    fc.assert(
      fc.property(rising, number, (all, from) => {
        const list = new NumberList();
        for (const value of all) list.push(value);
        expect(all.map((_, at) => list.at(at))).toEqual(all);
        expect(list.at(all.length)).toBeUndefined();
        for (const wanted of [from, ...all.slice(0, 5), all.length]) {
          const found = all.findIndex((value) => value >= wanted);
          expect(list.firstFrom(wanted)).toBe(found < 0 ? all.length : found);
        }
      }),
      { numRuns: 50 },
    );
  });
});
