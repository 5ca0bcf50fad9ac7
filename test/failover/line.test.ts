/** Waiting in line: the same as a Set whose first element is looked up, and quick from the front. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line } from '../../src/failover/line.ts';

describe('Line', () => {
  it('does what a Set does', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const act = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constantFrom('take' as const, 'look' as const) }),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 5 }), fc.array(act, { maxLength: 60 }), (begin, acts) => {
        const line = new Line(begin);
        const set = new Set(begin);
        for (const each of acts) {
          if (each.do === 'add') {
            line.add(each.key);
            set.add(each.key);
          } else if (each.do === 'delete') expect(line.delete(each.key)).toBe(set.delete(each.key));
          else {
            const [first] = set;
            expect(line.first()).toBe(first);
            if (each.do === 'take' && first !== undefined) {
              line.delete(first);
              set.delete(first);
            }
          }
          expect([line.size, line.has('a')]).toEqual([set.size, set.has('a')]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes a hundred thousand from the front while as many come to the end', () => {
    const line = new Line(Array.from({ length: 100_000 }, (_, index) => `${index}`));
    for (let index = 0; index < 100_000; index++) {
      expect(line.first()).toBe(`${index}`);
      line.delete(`${index}`);
      line.add(`${index + 100_000}`);
    }
    expect(line.size).toBe(100_000);
  });
});
