/**
 * The kinds of classic pcap files: byte order and resolution follow from the magic number. Patched versions of libpcap
 * made record headers longer, and three of the four say so by no magic number of their own: those are told by which
 * length lets records follow each other.
 */
import { toHex } from '../base/bytes.ts';
import { readU32At } from './record.ts';

export const PCAP_HEADER_OCTETS = 24;

export interface PcapVariant {
  readonly little: boolean;
  readonly nanoseconds: boolean;
  readonly recordHeaderOctets: number;
  /** For people, e.g. `pcap, little-endian, microseconds`. */
  readonly text: string;
}

const STANDARD_HEADER = 16;
/** Record headers by the libpcap that writes them, with the magic number of libpcap itself. */
const STANDARD = [
  { octets: STANDARD_HEADER, name: '' },
  { octets: 24, name: 'record headers of Red Hat 6.1' },
  { octets: 20, name: 'record headers of Nokia' },
];
/** With the magic number 0xa1b2cd34. */
const MODIFIED = [
  { octets: 24, name: 'modified (Kuznetzov) record headers' },
  { octets: 28, name: 'modified record headers of SuSE 6.3' },
];

/** By the first four octets of the file. */
const VARIANTS: ReadonlyMap<string, readonly PcapVariant[]> = new Map([
  ['d4c3b2a1', variants(true, false, STANDARD)],
  ['a1b2c3d4', variants(false, false, STANDARD)],
  ['4d3cb2a1', variants(true, true, STANDARD.slice(0, 1))],
  ['a1b23c4d', variants(false, true, STANDARD.slice(0, 1))],
  ['34cdb2a1', variants(true, false, MODIFIED)],
  ['a1b2cd34', variants(false, false, MODIFIED)],
]);

/** Whether the four octets at `at` begin a pcap file. */
export function isPcap(bytes: Uint8Array, at: number): boolean {
  return VARIANTS.has(toHex(bytes, at, at + 4));
}

/**
 * The variant of the file whose header stands at `at`. What is at hand behind it decides where the magic number leaves
 * a choice; where that is not two records, the variant that everybody writes is meant.
 */
export function pcapVariant(
  bytes: Uint8Array,
  at: number,
  end: number,
  packetOctetsMax: number,
): PcapVariant {
  const possible = VARIANTS.get(toHex(bytes, at, at + 4)) as readonly PcapVariant[];
  const usual = possible[0] as PcapVariant;
  const from = at + PCAP_HEADER_OCTETS;
  if (possible.length === 1 || plausibleRecords(usual, bytes, from, end, packetOctetsMax) !== undefined)
    return usual;
  return (
    possible.find((one) => (plausibleRecords(one, bytes, from, end, packetOctetsMax) ?? 0) >= 2) ?? usual
  );
}

/** So many records that follow each other are proof enough. */
const RECORDS_MAX = 8;
const MICROSECONDS_PER_SECOND = 1_000_000;

/** How many records stand at hand, read in this way; `undefined` if one of them cannot be. */
function plausibleRecords(
  { little, recordHeaderOctets }: PcapVariant,
  bytes: Uint8Array,
  start: number,
  end: number,
  packetOctetsMax: number,
): number | undefined {
  let records = 0;
  for (let at = start; at + recordHeaderOctets <= end && records < RECORDS_MAX; records++) {
    const captured = readU32At(bytes, at + 8, little);
    const wire = readU32At(bytes, at + 12, little);
    if (readU32At(bytes, at + 4, little) >= MICROSECONDS_PER_SECOND) return undefined;
    if (captured > packetOctetsMax || captured > wire) return undefined;
    at += recordHeaderOctets + captured;
  }
  return records;
}

function variants(
  little: boolean,
  nanoseconds: boolean,
  headers: readonly { readonly octets: number; readonly name: string }[],
): PcapVariant[] {
  const order = little ? 'little-endian' : 'big-endian';
  const text = `pcap, ${order}, ${nanoseconds ? 'nanoseconds' : 'microseconds'}`;
  return headers.map(({ octets, name }) => ({
    little,
    nanoseconds,
    recordHeaderOctets: octets,
    text: name === '' ? text : `${text}, ${name}`,
  }));
}
