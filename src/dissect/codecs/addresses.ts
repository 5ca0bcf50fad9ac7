/** Addresses and prefixes: IPv4, IPv6, and the prefix that sends only the octets it needs (RFC 7598). */
import { copyBytes } from '../../base/bytes.ts';
import { formatIpv4, formatIpv6, parseIpv6, parsePrefix } from '../../base/ipv6.ts';
import type { FieldCodec } from '../codec.ts';
import { jsonKey, QUOTE } from '../codec.ts';

export function ipv6Codec(name: string): FieldCodec {
  return {
    name,
    jsonLead: jsonKey(name),
    size: 16,
    minimum: 16,
    expects: 'an IPv6 address',
    fields: (bytes, start, end) => [{ name, value: formatIpv6(bytes, start), start, end }],
    json(out, bytes, start) {
      out.putCode(QUOTE);
      out.putIpv6(bytes, start);
      out.putCode(QUOTE);
    },
    encode: (input) => (typeof input === 'string' ? parseIpv6(input) : undefined),
  };
}

/** `reversed`: the octets come last first, as some Microsoft options have them. */
export function ipv4Codec(name: string, reversed = false): FieldCodec {
  const text = (bytes: Uint8Array, start: number): string =>
    reversed ? formatIpv4(copyBytes(bytes, start, start + 4).reverse()) : formatIpv4(bytes, start);
  return {
    name,
    jsonLead: jsonKey(name),
    size: 4,
    minimum: 4,
    expects: 'an IPv4 address',
    fields: (bytes, start, end) => [{ name, value: text(bytes, start), start, end }],
    json(out, bytes, start) {
      out.putCode(QUOTE);
      if (reversed) out.putText(text(bytes, start));
      else out.putIpv4(bytes, start);
      out.putCode(QUOTE);
    },
    encode(input) {
      const octets = typeof input === 'string' ? dottedOctets(input) : undefined;
      return reversed ? octets?.reverse() : octets;
    },
  };
}

function dottedOctets(text: string): Uint8Array | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const numbers = text.split('.').map(Number);
  return numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined;
}

/** One octet of length in bits, then only as many octets of the prefix as these bits need. */
export function shortPrefixCodec(name: string): FieldCodec {
  const text = (bytes: Uint8Array, start: number, end: number): string => {
    const whole = new Uint8Array(16);
    whole.set(bytes.subarray(start + 1, Math.min(end, start + 17)));
    return `${formatIpv6(whole)}/${bytes[start]}`;
  };
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 1,
    expects: 'an IPv6 prefix such as 2001:db8::/32',
    extent(bytes, start, end) {
      if (start >= end) return -1;
      const octets = 1 + Math.ceil((bytes[start] as number) / 8);
      return start + octets <= end ? octets : -1;
    },
    problem: (bytes, start) =>
      (bytes[start] as number) > 128 ? `prefix length ${bytes[start]} is more than 128` : undefined,
    fields: (bytes, start, end) => [
      { name, value: end > start ? text(bytes, start, end) : null, start, end },
    ],
    json(out, bytes, start, end) {
      out.putCode(QUOTE);
      out.putText(text(bytes, start, end));
      out.putCode(QUOTE);
    },
    encode(input) {
      const prefix = typeof input === 'string' ? parsePrefix(input) : undefined;
      if (prefix === undefined) return undefined;
      return Uint8Array.of(prefix.length, ...prefix.address.subarray(0, Math.ceil(prefix.length / 8)));
    },
  };
}
