import { expect, it } from 'vitest';
import { LOOK_MILLIS, STANDSTILL_MILLIS, Standstill } from '../../src/proxy/standstill.ts';

// Goal: a proxy that was stopped or waits for its disk says so, and one that is only busy says nothing.
it('tells of what has held everything up, as long as it does', () => {
  const standstill = new Standstill(0);
  expect(standstill.look(LOOK_MILLIS, false)).toBeUndefined();
  expect(standstill.look(2.5 * LOOK_MILLIS, false)).toBeUndefined();
  let now = 2.5 * LOOK_MILLIS + LOOK_MILLIS + STANDSTILL_MILLIS;
  expect(standstill.look(now, false)).toBe(STANDSTILL_MILLIS);
  const behind = (looks: number): number => {
    let told = 0;
    for (let look = 0; look < looks; look++) {
      now += LOOK_MILLIS;
      if (standstill.look(now, true) !== undefined) told++;
    }
    return told;
  };
  expect(behind(STANDSTILL_MILLIS / LOOK_MILLIS)).toBe(0);
  expect(behind(1)).toBe(1);
  expect(behind((3 * STANDSTILL_MILLIS) / LOOK_MILLIS)).toBe(3);
  expect(standstill.look(now + LOOK_MILLIS, false)).toBeUndefined();
  expect(behind(2)).toBe(0);
});
