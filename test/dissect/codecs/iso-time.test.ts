import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoSecond } from '../../../src/dissect/codecs/iso-time.ts';

describe('isoSecond', () => {
  it('writes what Date writes, whatever was written before', () => {
    // From 1970 to 2^32 - 1 seconds after 2000.
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 946_684_800 + 0xffff_ffff })), (times) => {
        for (const time of times)
          expect(isoSecond(time)).toBe(new Date(time * 1000).toISOString().replace('.000Z', 'Z'));
      }),
    );
    expect([isoSecond(86_399), isoSecond(86_400)]).toEqual(['1970-01-01T23:59:59Z', '1970-01-02T00:00:00Z']);
  });
});
