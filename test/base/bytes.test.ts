/** Goal: hex is the same however long the octets are and wherever they stand. */
import { expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';

it('toHex of any length', () => {
  const octets = Uint8Array.from({ length: 300 }, (_, at) => (at * 37) & 255);
  const digits = [...octets].map((octet) => octet.toString(16).padStart(2, '0'));
  for (let start = 0; start < 3; start++) {
    for (let end = start; end <= octets.length; end++) {
      expect(toHex(octets, start, end)).toBe(digits.slice(start, end).join(''));
    }
  }
});
