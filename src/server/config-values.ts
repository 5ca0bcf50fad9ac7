/** Readers of the single values of a server's file: durations, addresses, prefixes, ranges, DUIDs, paths. */
import { compareBytes, fromHex } from '../base/bytes.ts';
import { SECONDS_OF_UNIT } from '../base/duration.ts';
import { formatIpv6, type Ipv6Prefix, parseIpv6, parsePrefix } from '../base/ipv6.ts';
import { nearest } from '../base/nearest.ts';
import { normalAddress, parseSocketAddress, type SocketAddress } from '../base/socket-address.ts';
import { isDomainName } from '../wire/domain-names.ts';
import { expected, mistake, type Place, type Reader, scalarText } from './schema.ts';

/** Addresses from `first` to `last`, both included, 16 octets each. */
export interface AddressRange {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** Text of at most `octetsMax` octets of UTF-8. */
export function text(what: string, octetsMax: number): Reader<string> {
  return (place) => {
    const value = scalarText(place);
    if (value === undefined || value === '') throw expected(place, what);
    if (new TextEncoder().encode(value).length > octetsMax)
      throw mistake(place, `longer than ${octetsMax} octets`);
    return value;
  };
}

export function flag(): Reader<boolean> {
  return (place) => {
    const value = scalarText(place);
    if (value !== 'true' && value !== 'false') throw expected(place, 'true or false');
    return value === 'true';
  };
}

/** One of these words. */
export function oneOf<const W extends string>(...words: readonly W[]): Reader<W> {
  return (place) => {
    const value = scalarText(place);
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    const near = value === undefined ? undefined : nearest(value, words);
    throw expected(place, `${words.join(' or ')}${near === undefined ? '' : ` (did you mean "${near}"?)`}`);
  };
}

export function wholeNumber(from: number, to: number): Reader<number> {
  return (place) => {
    const value = scalarText(place);
    const number = value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= from && number <= to)) throw expected(place, `a whole number from ${from} to ${to}`);
    return number;
  };
}

/** Whole seconds, written as `90`, `90s`, `15m`, `1h`, `7d` or `2w`. */
export function duration(fromSeconds: number, toSeconds: number): Reader<number> {
  return (place) => {
    const match = /^(\d{1,10})\s*([smhdw]?)$/.exec(scalarText(place) ?? '');
    const seconds = match === null ? Number.NaN : Number(match[1]) * (SECONDS_OF_UNIT[match[2] || 's'] ?? 1);
    if (seconds >= fromSeconds && seconds <= toSeconds) return seconds;
    const range = `from ${durationText(fromSeconds)} to ${durationText(toSeconds)}`;
    throw expected(place, `a duration such as 30s, 15m, 1h or 7d, ${range}`);
  };
}

function durationText(seconds: number): string {
  for (const [unit, size] of Object.entries(SECONDS_OF_UNIT).reverse()) {
    if (seconds > 0 && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

/** `[::1]:647`; the port may be left out where `defaultPort` is given. */
export function socketAddress(defaultPort: number): Reader<SocketAddress> {
  return (place) => {
    const value = scalarText(place) ?? '';
    const alone = normalAddress(value.replace(/^\[(.*)\]$/, '$1'));
    const end = alone === undefined ? parseSocketAddress(value) : { address: alone, port: defaultPort };
    if (end === undefined) throw expected(place, `an address with port such as "[::]:${defaultPort}"`);
    return end;
  };
}

/** An IPv6 or IPv4 address, as its one normal text. */
export const ipAddress: Reader<string> = (place) => {
  const address = normalAddress(scalarText(place) ?? '');
  if (address === undefined) throw expected(place, 'an IP address (names are not looked up)');
  return address;
};

/** The 16 octets of an IPv6 address. */
export const ipv6Octets: Reader<Uint8Array> = (place) => {
  const address = parseIpv6(scalarText(place) ?? '');
  if (address === undefined) throw expected(place, 'an IPv6 address');
  return address;
};

/** A domain name, always with its final dot. */
export const domainName: Reader<string> = (place) => {
  const name = scalarText(place) ?? '';
  if (!isDomainName(name)) throw expected(place, 'a domain name such as example.com');
  return name.endsWith('.') ? name : `${name}.`;
};

/** `2001:db8:1::/64` without host bits. */
export const prefix: Reader<Ipv6Prefix> = (place) => {
  const value = parsePrefix(scalarText(place) ?? '');
  if (value === undefined) throw expected(place, 'an IPv6 prefix such as 2001:db8:1::/64');
  const clean = firstAddress(value);
  if (clean.some((octet, index) => octet !== value.address[index])) {
    throw mistake(place, `host bits are set; expected ${formatIpv6(clean)}/${value.length}`);
  }
  return value;
};

/** `2001:db8::1000 - 2001:db8::1fff`, or a prefix for all of its addresses. */
export const addressRange: Reader<AddressRange> = (place) => {
  const value = scalarText(place) ?? '';
  if (value.includes('/')) {
    const whole = prefix(place);
    return { first: firstAddress(whole), last: lastAddress(whole) };
  }
  const [first, last, ...more] = value.split(/\s*-\s*/).map((part) => parseIpv6(part));
  if (first === undefined || last === undefined || more.length > 0) {
    throw expected(place, 'a range such as 2001:db8:1::1000 - 2001:db8:1::1fff, or a prefix');
  }
  if (compareBytes(first, last) > 0) throw mistake(place, 'the range ends before it begins');
  return { first, last };
};

/** A DUID in hexadecimal, e.g. `00:03:00:01:02:00:5e:00:53:01` (RFC 8415 §11: type and up to 128 octets). */
export const duid: Reader<Uint8Array> = (place) => {
  const octets = fromHex(scalarText(place) ?? '');
  if (octets === undefined || octets.length < 3 || octets.length > 130) {
    throw expected(place, 'a DUID of 3 to 130 octets in hexadecimal');
  }
  return octets;
};

/** A SHA-256 fingerprint of a certificate: 32 octets in hexadecimal, as `openssl x509 -fingerprint -sha256` prints. */
export const sha256: Reader<Uint8Array> = (place) => {
  const octets = fromHex(scalarText(place) ?? '');
  if (octets?.length !== 32) throw expected(place, 'a SHA-256 fingerprint of 32 octets in hexadecimal');
  return octets;
};

/** Makes a path of a file independent of where we were started: it is relative to the file that names it. */
export type ResolvePath = (path: string) => string;

export function path(resolvePath: ResolvePath, what: string): Reader<string> {
  return (place) => {
    const value = scalarText(place);
    if (value === undefined || value === '' || value.includes('\0')) throw expected(place, what);
    return resolvePath(value);
  };
}

/** A value together with where it stands, for rules that compare several. */
export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}

export function located<T>(read: Reader<T>): Reader<Located<T>> {
  return (place) => ({ value: read(place), place });
}

/** First and last of the addresses of a prefix. */
function firstAddress(of: Ipv6Prefix): Uint8Array {
  return of.address.map((octet, index) => octet & maskOctet(of.length, index));
}

function lastAddress(of: Ipv6Prefix): Uint8Array {
  return of.address.map((octet, index) => octet | (~maskOctet(of.length, index) & 0xff));
}

function maskOctet(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return (0xff << (8 - bits)) & 0xff;
}

/** Whether two prefixes have an address in common: then one holds the other. */
export function prefixesOverlap(a: Ipv6Prefix, b: Ipv6Prefix): boolean {
  return (
    compareBytes(firstAddress(a), lastAddress(b)) <= 0 && compareBytes(firstAddress(b), lastAddress(a)) <= 0
  );
}
