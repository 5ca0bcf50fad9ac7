/** Waiting in line: the same as a Set whose first element is looked up, quick from the front, and no larger than it must be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line, type Place } from '../../src/failover/line.ts';

interface Waiter {
  readonly name: number;
  place: number;
}

const PLACE: Place<Waiter> = {
  get: (waiter) => waiter.place,
  set(waiter, place) {
    waiter.place = place;
  },
};

function waiters(count: number): Waiter[] {
  return Array.from({ length: count }, (_, name) => ({ name, place: 0 }));
}

describe('Line', () => {
  it('does what a Set does', () => {
    const who = fc.nat(4);
    const act = fc.oneof(
      fc.record({ do: fc.constant('add' as const), who }),
      fc.record({ do: fc.constant('delete' as const), who }),
      fc.record({ do: fc.constantFrom('take' as const, 'look' as const) }),
      // So many come and go that those who wait must move up.
      fc.record({ do: fc.constant('crowd' as const) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const all = waiters(5);
        const line = new Line(PLACE);
        const set = new Set<Waiter>();
        for (const each of acts) {
          if (each.do === 'add') {
            line.add(all[each.who] as Waiter);
            set.add(all[each.who] as Waiter);
          } else if (each.do === 'delete') {
            const one = all[each.who] as Waiter;
            expect(line.delete(one)).toBe(set.delete(one));
          } else if (each.do === 'crowd') {
            for (const one of waiters(700)) {
              line.add(one);
              line.delete(one);
            }
          } else {
            const [first] = set;
            expect(line.first()).toBe(first);
            if (each.do === 'take' && first !== undefined) {
              line.delete(first);
              set.delete(first);
            }
          }
          expect(line.size).toBe(set.size);
          expect(all.map((one) => line.has(one))).toEqual(all.map((one) => set.has(one)));
          expect([...line]).toEqual([...set]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes a hundred thousand from the front while as many come to the end', () => {
    const all = waiters(200_000);
    const line = new Line(PLACE);
    for (const one of all.slice(0, 100_000)) line.add(one);
    for (const one of all.slice(100_000)) {
      const first = line.first() as Waiter;
      expect(first.name).toBe(one.name - 100_000);
      line.delete(first);
      line.add(one);
    }
    expect(line.size).toBe(100_000);
  });

  it('keeps the place of one that waits for ever, and none for those who went', () => {
    const [patient, ...others] = waiters(300_001) as [Waiter, ...Waiter[]];
    const line = new Line(PLACE);
    line.add(patient);
    for (const one of others) {
      line.add(one);
      line.delete(one);
    }
    expect(line.first()).toBe(patient);
    expect(Math.max(...others.slice(-5000).map(({ place }) => place))).toBeLessThan(2000);
  });
});
