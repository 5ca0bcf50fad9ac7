/** Goal: what is held leaves in order, each once its token is stored, whatever room is kept or given back in between. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Held } from '../../src/failover/held.ts';

describe('Held', () => {
  it('does what an array does whose first elements are taken', () => {
    const act = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('put' as const), many: fc.constantFrom(1, 3, 1500) }),
      },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('take' as const), upTo: fc.nat(8000) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const held = new Held<number>();
        const model: number[] = [];
        let count = 0;
        for (const each of acts) {
          if (each.do === 'put') {
            for (let n = 0; n < each.many; n++, count++) {
              held.put(count, count);
              model.push(count);
            }
          } else if (each.do === 'clear') {
            held.clear();
            model.length = 0;
          } else {
            const taken: number[] = [];
            while (held.mayLeave(each.upTo)) taken.push(held.take());
            expect(taken).toEqual(model.splice(0, model.filter((value) => value <= each.upTo).length));
          }
          expect(held.size).toBe(model.length);
        }
      }),
    );
  });
});
