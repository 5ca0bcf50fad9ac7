/** Where to listen or dial, as people write it: `[::1]:647`, `192.0.2.1:647`, `:647`. */
import ipaddr from 'ipaddr.js';

/** One end of a connection or datagram. `address` is RFC 5952 or dotted text. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * Reads `ADDRESS:PORT`, with IPv6 addresses in brackets; `:PORT` alone means every address (`::`). Port 0 lets the
 * system choose. `undefined` if the text is not of this form: names are not looked up, so that a listener never
 * depends on a resolver.
 */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const port = Number(match[3]);
  const address = match[1] ?? (match[2] === '' ? '::' : (match[2] as string));
  if (port > 65_535 || (match[1] !== undefined && !address.includes(':'))) return undefined;
  const normal = normalAddress(address);
  return normal === undefined ? undefined : { address: normal, port };
}

/** `[2001:db8::1]:647` or `192.0.2.1:647`. */
export function formatSocketAddress(end: SocketAddress): string {
  return end.address.includes(':') ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;
}

/**
 * One text for one address: RFC 5952 or dotted, IPv4 where a dual-stack socket says `::ffff:192.0.2.1`, a zone kept.
 * `undefined` if it is not an address.
 */
export function normalAddress(text: string): string | undefined {
  const [bare = '', zone] = text.split('%', 2);
  if (ipaddr.IPv4.isValidFourPartDecimal(bare))
    return zone === undefined ? ipaddr.IPv4.parse(bare).toString() : undefined;
  if (!ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  return zone === undefined ? address.toRFC5952String() : `${address.toRFC5952String()}%${zone}`;
}
