/** As much of DER (X.690) as it takes to look at the parts of a certificate and to make another one of them. */
import { concatBytes } from '../../base/bytes.ts';

export const Tag = {
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value with its tag and length, and what is in it. */
export interface Der {
  readonly tag: number;
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

const LONG_LENGTH = 0x80;

/** The values that stand one behind the other. Throws RangeError for octets that are none. */
export function readAll(octets: Uint8Array): Der[] {
  const values: Der[] = [];
  for (let at = 0; at < octets.length; ) {
    const tag = octets[at] as number;
    const first = octets[at + 1];
    if (first === undefined) throw new RangeError('DER that is cut short');
    const lengthOctets = first < LONG_LENGTH ? 0 : first - LONG_LENGTH;
    const begin = at + 2 + lengthOctets;
    let length = first;
    if (lengthOctets > 0) {
      length = 0;
      for (const octet of octets.subarray(at + 2, begin)) length = length * 256 + octet;
    }
    const end = begin + length;
    if (end > octets.length) throw new RangeError('DER that is cut short');
    values.push({ tag, whole: octets.subarray(at, end), content: octets.subarray(begin, end) });
    at = end;
  }
  return values;
}

/** A value of these contents. */
export function make(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const head =
    content.length < LONG_LENGTH ? [tag, content.length] : [tag, LONG_LENGTH + length.length, ...length];
  return concatBytes([Uint8Array.from(head), content]);
}

export function text(tag: number, words: string): Uint8Array {
  return make(tag, new TextEncoder().encode(words));
}
