import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../src/base/recent-map.ts';

describe('RecentMap', () => {
  it('agrees with a Map on the newest half of its limit, and never passes its limit', () => {
    const action = fc.tuple(fc.constantFrom('set', 'delete'), fc.nat(12));
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), fc.integer({ min: 2, max: 10 }), (actions, limit) => {
        const map = new RecentMap<number, number>(limit);
        const model = new Map<number, number>();
        // A deleted entry has taken its room: what it pushed out does not come back.
        const sets = new Map<number, number>();
        for (const [at, [what, key]] of actions.entries()) {
          model.delete(key);
          if (what === 'set') {
            map.set(key, at);
            model.set(key, at);
            sets.delete(key);
            sets.set(key, at);
          } else map.delete(key);
          expect(map.size).toBeLessThanOrEqual(limit);
          const newest = [...sets.keys()].slice(-Math.floor(limit / 2));
          for (const known of newest) expect(map.get(known)).toBe(model.get(known));
          for (const value of map.values()) expect([...model.values()]).toContain(value);
        }
      }),
    );
  });

  it('takes a million entries in a moment', () => {
    const map = new RecentMap<number, number>(65_536);
    for (let key = 0; key < 1_000_000; key++) map.set(key, key);
    expect(map.get(999_999)).toBe(999_999);
    expect(map.get(0)).toBeUndefined();
  });
});
