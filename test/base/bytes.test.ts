/** Goal: hex is the same however long the octets are and wherever they stand; their order is that of addresses. */
import { expect, it } from 'vitest';
import { compareBytes, toHex } from '../../src/base/bytes.ts';

it('toHex of any length', () => {
  const octets = Uint8Array.from({ length: 300 }, (_, at) => (at * 37) & 255);
  const digits = [...octets].map((octet) => octet.toString(16).padStart(2, '0'));
  for (let start = 0; start < 3; start++) {
    for (let end = start; end <= octets.length; end++) {
      expect(toHex(octets, start, end)).toBe(digits.slice(start, end).join(''));
    }
  }
});

it('compares octet by octet, the first one first', () => {
  const sign = (a: readonly number[], b: readonly number[]) =>
    Math.sign(compareBytes(Uint8Array.from(a), Uint8Array.from(b)));
  expect([sign([1, 255], [2, 0]), sign([2, 0], [1, 255]), sign([7, 7], [7, 7])]).toEqual([-1, 1, 0]);
  expect(sign([0x7f], [0x80])).toBe(-1);
});
