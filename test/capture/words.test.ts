/** A view that is used again must be that of the octets that are asked for, wherever they lie in their memory. */
import { expect, it } from 'vitest';
import { Words } from '../../src/capture/words.ts';

it('looks at the octets that it is asked for, not at those before them', () => {
  const words = new Words();
  const memory = Uint8Array.of(9, 9, 0x2a, 0x9d, 0xf6, 0x3d, 9, 9);
  const octets = memory.subarray(2, 6);
  expect(words.of(memory).getUint16(2)).toBe(0x2a9d);
  expect(words.of(octets).getUint32(0)).toBe(0x2a9df63d);
  expect(words.of(octets).getUint32(0, true)).toBe(0x3df69d2a);
  octets[0] = 0x2b;
  expect(words.of(octets).getUint32(0)).toBe(0x2b9df63d);
  expect(words.of(memory).getUint16(0)).toBe(0x0909);
  expect(words.of(octets).byteLength).toBe(4);
});
