import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../src/base/heap.ts';

describe('a heap', () => {
  it('gives out in order what was put in and taken out in any order', () => {
    // `null` takes one out.
    const steps = fc.array(fc.option(fc.integer({ min: 0, max: 50 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        const heap = new Heap<number>((a, b) => a < b);
        const list: number[] = [];
        for (const step of all) {
          if (step !== null) {
            heap.push(step);
            list.push(step);
            list.sort((a, b) => a - b);
          } else expect(heap.pop()).toBe(list.shift());
          expect([heap.first(), heap.size]).toEqual([list[0], list.length]);
        }
      }),
    );
  });
});
