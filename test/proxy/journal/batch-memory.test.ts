import { describe, expect, it } from 'vitest';
import { Freeing, SPARE_MILLIS, SpareMemory } from '../../../src/proxy/journal/batch-memory.ts';

/** Memory that was given back has no octets any more. */
const isFree = (memory: ArrayBuffer): boolean => memory.byteLength === 0;

describe('memory that is given back', () => {
  it('may be looked at until the present event is done with', async () => {
    const memory = new ArrayBuffer(8);
    new Freeing().later(memory);
    expect(isFree(memory)).toBe(false);
    await Promise.resolve();
    expect(isFree(memory)).toBe(true);
  });
});

describe('spare memory', () => {
  it('is used again', () => {
    const spare = new SpareMemory(8, new Freeing());
    const memory = spare.take();
    spare.give([memory], 0);
    expect(spare.take()).toBe(memory);
  });

  it('is not kept if it is of another size', () => {
    const spare = new SpareMemory(8, new Freeing());
    const other = new ArrayBuffer(16);
    spare.give([other], 0);
    expect(isFree(other)).toBe(true);
    expect(spare.take().byteLength).toBe(8);
  });

  // A burst needs much once; what goes on all the time needs little.
  it('is given back when it was not used for a while, and only then', () => {
    const spare = new SpareMemory(8, new Freeing());
    const burst = [spare.take(), spare.take(), spare.take()];
    spare.give(burst, SPARE_MILLIS);
    for (let now = SPARE_MILLIS; now < 2 * SPARE_MILLIS; now += 1000) spare.give([spare.take()], now);
    expect(burst.filter(isFree)).toHaveLength(0);
    spare.give([spare.take()], 2 * SPARE_MILLIS);
    spare.give([spare.take()], 3 * SPARE_MILLIS);
    expect(burst.filter(isFree)).toHaveLength(2);
  });
});
