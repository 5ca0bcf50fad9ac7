/**
 * Octet strings: hex, comparison, joining and big-endian numbers. Everything here works on plain Uint8Array,
 * so that the pure rooms need no Node types; readers and writers of messages live in their own rooms.
 */

const HEX_DIGITS = '0123456789abcdef';
const HEX_OF_OCTET: readonly string[] = Array.from(
  { length: 256 },
  (_, octet) => `${HEX_DIGITS[octet >> 4]}${HEX_DIGITS[octet & 15]}`,
);

/** No octets. Shared; nobody can write to it. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The same octets, those of a Buffer as a plain array: the `slice` of a Buffer is no copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Hex of two octets, made when first asked for: half the joins of a table of single octets. */
const HEX_OF_PAIR: (string | undefined)[] = new Array(65_536);

const JOINED_OCTETS_MAX = 64;
const DIGITS = new TextEncoder().encode(HEX_DIGITS);
const ascii = new TextDecoder();

function hexOfPair(pair: number): string {
  let text = HEX_OF_PAIR[pair];
  if (text === undefined) {
    text = `${HEX_OF_OCTET[pair >> 8]}${HEX_OF_OCTET[pair & 255]}`;
    HEX_OF_PAIR[pair] = text;
  }
  return text;
}

/** Lower-case hex of `bytes[start, end)`, without separators. */
export function toHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start > JOINED_OCTETS_MAX) return longHex(bytes, start, end);
  let text = '';
  let at = start;
  for (; at + 1 < end; at += 2) text += hexOfPair(((bytes[at] as number) << 8) | (bytes[at + 1] as number));
  return at < end ? text + HEX_OF_OCTET[bytes[at] as number] : text;
}

/** A string that is put together from pieces keeps them all until somebody looks at it: too much where it is long. */
function longHex(bytes: Uint8Array, start: number, end: number): string {
  const digits = new Uint8Array(2 * (end - start));
  let to = 0;
  for (let at = start; at < end; at++) {
    const octet = bytes[at] as number;
    digits[to++] = DIGITS[octet >> 4] as number;
    digits[to++] = DIGITS[octet & 15] as number;
  }
  return ascii.decode(digits);
}

/** Colon-separated lower-case hex, the usual form of link-layer addresses. */
export function toColonHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let at = start; at < end; at++) text += (at > start ? ':' : '') + HEX_OF_OCTET[bytes[at] as number];
  return text;
}

/**
 * Octets of a hex string; white space, colons and a leading `0x` are ignored.
 * `undefined` if anything else than an even number of hex digits remains.
 */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:]+/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Order of octet strings of one length: negative, 0 or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** `bytes[start, end)` in memory of its own. `slice` would do, were it not that a Buffer's gives a view. */
export function copyBytes(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

/** Big-endian reads without bounds checks: the caller has checked the length of what it reads. */
export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function readU24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}
