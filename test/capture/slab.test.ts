/** Goal: pieces never overlap, are zeros, and large ones do not waste slabs. */
import { describe, expect, it } from 'vitest';
import { Slab } from '../../src/capture/slab.ts';

describe('Slab', () => {
  it('gives everybody zeros of his own', () => {
    const slab = new Slab();
    const pieces = Array.from({ length: 500 }, (_, index) => {
      const piece = slab.take((index * 97) % 3000);
      expect(piece.every((octet) => octet === 0)).toBe(true);
      return piece.fill(1 + (index % 250));
    });
    pieces.forEach((piece, index) => {
      expect(piece.length).toBe((index * 97) % 3000);
      expect(piece.every((octet) => octet === 1 + (index % 250))).toBe(true);
    });
  });

  it('gives a large piece memory of its own', () => {
    expect(new Slab().take(100_000).buffer.byteLength).toBe(100_000);
  });
});
