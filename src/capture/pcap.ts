/**
 * Classic pcap files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds, and the longer record
 * headers of Alexey Kuznetzov's patched libpcap.
 */
import { toHex } from '../base/bytes.ts';
import { InputError, type Problem } from '../base/problem.ts';
import { MICROSECONDS, NANOSECONDS } from '../base/timestamp.ts';
import type { ByteCursor } from './cursor.ts';
import type { CaptureLimits } from './limits.ts';
import { PacketRecord, type RecordReader, readU16At, readU32At } from './record.ts';

export const PCAP_HEADER_OCTETS = 24;

interface Variant {
  readonly little: boolean;
  readonly nanoseconds: boolean;
  readonly recordHeaderOctets: number;
  /** For people. */
  readonly text: string;
}

const STANDARD_HEADER = 16;
const KUZNETZOV_HEADER = 24;

/** By the first four octets of the file. */
const VARIANTS: ReadonlyMap<string, Variant> = new Map([
  ['d4c3b2a1', variant(true, false, STANDARD_HEADER)],
  ['a1b2c3d4', variant(false, false, STANDARD_HEADER)],
  ['4d3cb2a1', variant(true, true, STANDARD_HEADER)],
  ['a1b23c4d', variant(false, true, STANDARD_HEADER)],
  ['34cdb2a1', variant(true, false, KUZNETZOV_HEADER)],
  ['a1b2cd34', variant(false, false, KUZNETZOV_HEADER)],
]);

/** Whether the four octets at `at` begin a pcap file. */
export function isPcap(bytes: Uint8Array, at: number): boolean {
  return VARIANTS.has(toHex(bytes, at, at + 4));
}

export class PcapReader implements RecordReader {
  readonly packet = new PacketRecord();
  damage: Problem | null = null;
  /** E.g. `pcap, little-endian, microseconds`. */
  readonly variant: string;
  private readonly cursor: ByteCursor;
  private readonly name: string;
  private readonly packetOctetsMax: number;
  private readonly little: boolean;
  private readonly ticksPerSecond: number;
  private readonly headerOctets: number;

  /** The cursor stands at the file header, which is at hand. Throws InputError if its version is not 2. */
  constructor(cursor: ByteCursor, name: string, limits: CaptureLimits) {
    const { bytes, at } = cursor;
    const { little, nanoseconds, recordHeaderOctets, text } = VARIANTS.get(
      toHex(bytes, at, at + 4),
    ) as Variant;
    const major = readU16At(bytes, at + 4, little);
    if (major !== 2) {
      throw new InputError(
        `${name}: pcap version ${major}.${readU16At(bytes, at + 6, little)}; expected 2.4`,
      );
    }
    this.cursor = cursor;
    this.name = name;
    this.packetOctetsMax = limits.packetOctetsMax;
    this.little = little;
    this.headerOctets = recordHeaderOctets;
    this.variant = text;
    // The upper bits of the field tell of frame check sequences, which IP lengths leave out anyway.
    this.packet.linkType = readU32At(bytes, at + 20, little) & 0xffff;
    this.packet.resolution = nanoseconds ? NANOSECONDS : MICROSECONDS;
    this.ticksPerSecond = this.packet.resolution.ticksPerSecond;
    cursor.at += PCAP_HEADER_OCTETS;
  }

  next(): boolean {
    const { cursor, little, headerOctets, packet } = this;
    if (!cursor.need(headerOctets)) return this.starved('a packet header');
    const captured = readU32At(cursor.bytes, cursor.at + 8, little);
    if (captured > this.packetOctetsMax) return this.absurd(captured);
    if (!cursor.need(headerOctets + captured)) return this.starved(`a packet of ${captured} octets`);
    const { bytes, at } = cursor;
    const ticks = readU32At(bytes, at + 4, little);
    const wireLength = readU32At(bytes, at + 12, little);
    packet.unixSeconds = readU32At(bytes, at, little);
    packet.ticks = ticks;
    if (ticks >= this.ticksPerSecond) {
      packet.unixSeconds += Math.floor(ticks / this.ticksPerSecond);
      packet.ticks = ticks % this.ticksPerSecond;
    }
    packet.bytes = bytes;
    packet.start = at + headerOctets;
    packet.end = packet.start + captured;
    packet.wireLength = Math.max(wireLength, captured);
    cursor.at = packet.end;
    return true;
  }

  private starved(what: string): boolean {
    const { cursor } = this;
    if (cursor.ended && cursor.fed > cursor.offset && this.damage === null) {
      this.damage = {
        code: 'file-truncated',
        path: this.name,
        message: `the file ends in the middle of ${what} that begins at offset ${cursor.offset}`,
        offset: cursor.fed,
      };
    }
    return false;
  }

  private absurd(captured: number): boolean {
    this.damage ??= {
      code: 'packet-length',
      path: this.name,
      message: `a packet of ${captured} octets; at most ${this.packetOctetsMax} can be`,
      offset: this.cursor.offset + 8,
    };
    return false;
  }
}

function variant(little: boolean, nanoseconds: boolean, recordHeaderOctets: number): Variant {
  const parts = [
    'pcap',
    little ? 'little-endian' : 'big-endian',
    nanoseconds ? 'nanoseconds' : 'microseconds',
  ];
  if (recordHeaderOctets === KUZNETZOV_HEADER) parts.push('modified (Kuznetzov) record headers');
  return { little, nanoseconds, recordHeaderOctets, text: parts.join(', ') };
}
