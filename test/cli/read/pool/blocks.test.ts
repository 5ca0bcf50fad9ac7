/** That blocks end by messages or by octets, and that the message which goes beyond belongs to the block that it fills. */
import { describe, expect, it } from 'vitest';
import { Blocks } from '../../../../src/cli/read/pool/blocks.ts';

describe('Blocks', () => {
  it('counts from 0, and each has so many messages', () => {
    const blocks = new Blocks(3);
    expect(blocks.current).toBe(0);
    expect(Array.from({ length: 8 }, () => blocks.next(100))).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
    expect(blocks.current).toBe(2);
  });

  it('begins anew behind many octets', () => {
    const blocks = new Blocks(1000);
    expect([32_767, 1, 5, 300_000, 5].map((octets) => blocks.next(octets))).toEqual([0, 0, 1, 1, 2]);
  });
});
