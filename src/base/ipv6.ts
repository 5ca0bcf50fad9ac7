/**
 * IPv6 and IPv4 addresses as octets and as text. Formatting is ours because it runs once per printed field
 * (RFC 5952 text from octets in place); parsing, which runs once per typed address, is ipaddr.js.
 */
import ipaddr from 'ipaddr.js';
import { readU16 } from './bytes.ts';

/** What IPv4-mapped addresses begin with: their IPv4 part is dotted (RFC 5952 §5). */
export const IPV4_MAPPED = '::ffff:';
/** Octets before the IPv4 part. */
export const IPV4_MAPPED_OCTETS = 12;

/** Whether the 16 octets at `at` are an IPv4-mapped address (RFC 4291 §2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array, at: number): boolean {
  for (let octet = 0; octet < 10; octet++) if (bytes[at + octet] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** RFC 5952 text of the 16 octets at `at`. */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  if (isIpv4Mapped(bytes, at)) return IPV4_MAPPED + formatIpv4(bytes, at + IPV4_MAPPED_OCTETS);
  let bestStart = -1;
  let bestLength = 1;
  for (let group = 0; group < 8; ) {
    let end = group;
    while (end < 8 && readU16(bytes, at + 2 * end) === 0) end++;
    if (end - group > bestLength) {
      bestStart = group;
      bestLength = end - group;
    }
    group = end + 1;
  }
  let text = '';
  let needsColon = false;
  for (let group = 0; group < 8; group++) {
    if (group === bestStart) {
      text += '::';
      needsColon = false;
      group += bestLength - 1;
      continue;
    }
    if (needsColon) text += ':';
    text += groupText(readU16(bytes, at + 2 * group));
    needsColon = true;
  }
  return text;
}

/** Texts of groups, made when first asked for. */
const GROUPS: (string | undefined)[] = new Array(65_536);

function groupText(value: number): string {
  let text = GROUPS[value];
  if (text === undefined) {
    text = value.toString(16);
    GROUPS[value] = text;
  }
  return text;
}

/** Dotted text of the 4 octets at `at`. */
export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** The 16 octets of an IPv6 address (no zone), or `undefined` if `text` is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (!ipaddr.IPv6.isValid(text) || text.includes('%')) return undefined;
  const bytes = Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
  // ipaddr.js takes ::192.0.2.1 for ::ffff:192.0.2.1.
  return /^::\d+\./.test(text) ? bytes.fill(0, 0, IPV4_MAPPED_OCTETS) : bytes;
}

/** A prefix: its 16 octets as written, and its length in bits, 0 to 128. */
export interface Ipv6Prefix {
  readonly address: Uint8Array;
  readonly length: number;
}

/** Reads `2001:db8::/32`; `undefined` if it is not an IPv6 prefix. Host bits are kept as they were written. */
export function parsePrefix(text: string): Ipv6Prefix | undefined {
  const slash = text.lastIndexOf('/');
  const address = slash < 0 ? undefined : parseIpv6(text.slice(0, slash));
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  return address !== undefined && length <= 128 ? { address, length } : undefined;
}

/** Whether the first `prefix.length` bits of the 16 octets at `at` are those of the prefix. */
export function prefixContains(prefix: Ipv6Prefix, bytes: Uint8Array, at = 0): boolean {
  const whole = prefix.length >> 3;
  for (let octet = 0; octet < whole; octet++) {
    if (prefix.address[octet] !== bytes[at + octet]) return false;
  }
  const rest = prefix.length & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((prefix.address[whole] as number) & mask) === ((bytes[at + whole] as number) & mask);
}
