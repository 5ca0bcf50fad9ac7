/**
 * The bits of a prefix that follow those of the shorter prefix around it (RFC 6603 §4.2): the octet before them is the
 * length of the longer one. How many octets there are, and what they mean, only shows with the prefix of the option around.
 */
import { toHex } from '../../base/bytes.ts';
import { formatIpv6 } from '../../base/ipv6.ts';
import type { FieldCodec } from '../codec.ts';
import { jsonKey, QUOTE } from '../codec.ts';
import { Piece } from '../json-buffer.ts';
import { bytesCodec } from './octets.ts';

const ADDRESS_BITS = 128;
const NO_PREFIX = new Piece('","excluded-prefix":null');

export function subnetIdCodec(name: string): FieldCodec {
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 1,
    expects: 'octets in hex',
    problem(bytes, start, end, around) {
      // Whoever asks without saying where it stands has to look at it in the tree.
      return around === undefined ? 'its prefix is not known' : problem(bytes, start, end, around);
    },
    fields(bytes, start, end, around = -1) {
      const known = around >= 0 && problem(bytes, start, end, around) === undefined;
      const prefix = known ? excludedPrefix(bytes, start, end, around) : null;
      const value = toHex(bytes, start, end);
      return [
        { name, value, start, end, ...(prefix !== null && { display: `${value} (${prefix})` }) },
        { name: 'excluded-prefix', value: prefix, start, end, companion: true },
      ];
    },
    json(out, bytes, start, end) {
      out.putCode(QUOTE);
      out.putHex(bytes, start, end);
      out.put(NO_PREFIX);
    },
    encode: bytesCodec(name).encode,
  };
}

/** `around`: where the prefix of the option around stands, its length and then its address; -1: there is none. */
function problem(bytes: Uint8Array, start: number, end: number, around: number): string | undefined {
  const length = bytes[start - 1] as number;
  if (length > ADDRESS_BITS) return `prefix length ${length} is more than ${ADDRESS_BITS}`;
  if (around < 0) return undefined;
  const outer = bytes[around] as number;
  if (length <= outer) return `prefix length ${length} is not more than the ${outer} of the prefix around`;
  const wanted = Math.ceil((length - outer) / 8);
  return end - start === wanted
    ? undefined
    : `${end - start} octets, but from length ${outer} to length ${length} it takes ${wanted}`;
}

/** Bits of the longer prefix: those of the address around it, then those of `bytes[start, end)`. */
function excludedPrefix(bytes: Uint8Array, start: number, end: number, around: number): string {
  const outer = bytes[around] as number;
  const whole = new Uint8Array(ADDRESS_BITS / 8);
  for (let bit = 0; bit < outer; bit++) copyBit(bytes, around + 1, bit, whole, bit);
  const length = bytes[start - 1] as number;
  for (let bit = outer; bit < length; bit++) copyBit(bytes.subarray(0, end), start, bit - outer, whole, bit);
  return `${formatIpv6(whole)}/${length}`;
}

function copyBit(from: Uint8Array, at: number, bit: number, to: Uint8Array, toBit: number): void {
  const isSet = (((from[at + (bit >> 3)] as number) >> (7 - (bit & 7))) & 1) === 1;
  if (isSet) to[toBit >> 3] = (to[toBit >> 3] as number) | (0x80 >> (toBit & 7));
}
