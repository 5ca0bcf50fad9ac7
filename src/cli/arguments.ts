/** Values as people type them after an option, each with what was expected if it is something else. */
import { InvalidArgumentError, Option } from 'commander';
import { normalAddress, parseSocketAddress, type SocketAddress } from '../base/socket-address.ts';
import { parseSeconds } from '../proxy/faults/kind.ts';

/** `[::1]:647`. */
export function socketAddress(text: string): SocketAddress {
  const end = parseSocketAddress(text);
  if (end !== undefined) return end;
  throw new InvalidArgumentError('expected ADDRESS:PORT such as [::1]:647 or 192.0.2.1:647.');
}

/** `2001:db8::1`. */
export function bareAddress(text: string): string {
  const address = normalAddress(text);
  if (address !== undefined) return address;
  throw new InvalidArgumentError('expected an IPv6 or IPv4 address.');
}

/** From 0 to ten digits. */
export function wholeNumber(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number.');
}

/** From 1 to 65535. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('expected a port from 1 to 65535.');
}

/** From 1 to ten digits. */
export function positiveNumber(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0.');
}

/** For options that may be given several times. */
export function gather(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

const OCTETS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** `500`, `200k`, `100M`, `1G`. */
export function octets(text: string): number {
  const parts = /^(\d{1,12})([kMG]?)$/.exec(text);
  if (parts !== null && Number(parts[1]) > 0)
    return Number(parts[1]) * (OCTETS[parts[2] as string] as number);
  throw new InvalidArgumentError('expected a number of octets such as 200k or 100M.');
}

/** `30s`, `5m`, `1h` in seconds. */
export function duration(text: string): number {
  const value = parseSeconds(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError('expected a time such as 30s, 5m or 1h.');
}

/** Names a file with colour rules for everything that has a terminal UI. */
export const COLOUR_RULES_VARIABLE = 'LEASETAP_COLOR_RULES';

export function colourRulesOption(): Option {
  return new Option(
    '--color-rules <file>',
    'YAML with filters and the styles of what matches, for --tui and -T text',
  ).env(COLOUR_RULES_VARIABLE);
}
