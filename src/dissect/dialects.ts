/** What a message of DHCPv4 failover tells of the dialect of its sender. Dialects of RFC 8156 are found in recognize.ts. */
import { readU16 } from '../base/bytes.ts';
import { textOf } from './codecs/octets.ts';
import type { DialectFound } from './recognize.ts';
import type { CompiledProtocol } from './space.ts';
import { OPTION_HEADER_OCTETS } from './walk.ts';

const V4_CONNECT = 5;
const V4_CONNECTACK = 6;
/** The payload offset counts from the length prefix, which stands before the message. */
const V4_PREFIX_OCTETS = 2;
const V4_VENDOR_CLASS = 28;
/** The number of vendor-class-identifier in drafts up to 10, which ISC dhcpd 3.0 spoke; now hash-bucket-assignment. */
const V4_OLD_VENDOR_CLASS = 11;

/** By what a header says, against the draft, of where the options begin: the name of the dialect that says so. */
export function falseOffsetsOf(protocol: CompiledProtocol | undefined): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const { name, optionsOffset } of protocol?.definition.dialects ?? [])
    if (optionsOffset !== undefined) found.set(optionsOffset, name);
  return found;
}

/** What the messages of a DHCPv4 failover connection tell about their sender; `bytes[start, end)` is one. */
export function dialectShownBy(
  bytes: Uint8Array,
  start: number,
  end: number,
  falseOffsets: ReadonlyMap<number, string>,
): DialectFound | undefined {
  const offset = bytes[start + 1] ?? -1;
  const known = falseOffsets.get(offset);
  if (known !== undefined) return { name: known, why: `payload offset ${offset}` };
  if (bytes[start] !== V4_CONNECT && bytes[start] !== V4_CONNECTACK) return undefined;
  const vendor = contentsOf(V4_VENDOR_CLASS, bytes, start, end);
  if (vendor?.startsWith('isc-') === true) return { name: 'isc', why: `its vendor class is ${vendor}` };
  const old = contentsOf(V4_OLD_VENDOR_CLASS, bytes, start, end);
  if (old?.startsWith('isc-V3.0.') !== true) return undefined;
  return {
    name: 'isc-3.0',
    why: `option 11 is ${old}: option and state numbers are those of drafts up to 10`,
  };
}

/** Text of the first option of this code. */
function contentsOf(code: number, bytes: Uint8Array, start: number, end: number): string | undefined {
  let at = start + (bytes[start + 1] ?? 0) - V4_PREFIX_OCTETS;
  while (at > start && at + OPTION_HEADER_OCTETS <= end) {
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(bytes, at + 2);
    if (to > end) return undefined;
    if (readU16(bytes, at) === code) return textOf(bytes, from, to);
    at = to;
  }
  return undefined;
}
