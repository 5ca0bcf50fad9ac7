/** Classic pcap files (draft-ietf-opsawg-pcap) of every variant: records one after another, and where they break. */
import { InputError, type Problem } from '../base/problem.ts';
import { MICROSECONDS, NANOSECONDS } from '../base/timestamp.ts';
import type { ByteCursor } from './cursor.ts';
import type { CaptureLimits } from './limits.ts';
import { PCAP_HEADER_OCTETS, pcapVariant } from './pcap-variants.ts';
import { PacketRecord, type RecordReader, readU16At, readU32At } from './record.ts';
import { Words } from './words.ts';

export class PcapReader implements RecordReader {
  readonly packet = new PacketRecord();
  damage: Problem | null = null;
  /** E.g. `pcap, little-endian, microseconds`. */
  readonly variant: string;
  private readonly cursor: ByteCursor;
  private readonly words = new Words();
  private readonly name: string;
  private readonly packetOctetsMax: number;
  private readonly little: boolean;
  private readonly ticksPerSecond: number;
  private readonly headerOctets: number;

  /** The cursor stands at the file header, which is at hand. Throws InputError if its version is not 2. */
  constructor(cursor: ByteCursor, name: string, limits: CaptureLimits) {
    const { bytes, at, end } = cursor;
    const variant = pcapVariant(bytes, at, end, limits.packetOctetsMax);
    const { little, nanoseconds, recordHeaderOctets, text } = variant;
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
    const captured = this.words.of(cursor.bytes).getUint32(cursor.at + 8, little);
    if (captured > this.packetOctetsMax) return this.absurd(captured);
    if (!cursor.need(headerOctets + captured)) return this.starved(`a packet of ${captured} octets`);
    const { bytes, at } = cursor;
    const view = this.words.of(bytes);
    const ticks = view.getUint32(at + 4, little);
    const wireLength = view.getUint32(at + 12, little);
    packet.unixSeconds = view.getUint32(at, little);
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
