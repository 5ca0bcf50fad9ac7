/**
 * pcapng files (draft-ietf-opsawg-pcapng): any number of sections in either byte order, interfaces with their own link
 * types and clocks, enhanced, simple and obsolete packet blocks. Secrets and packet comments are handed out; every
 * other block, known or not, is passed over without being held.
 */
import { copyBytes } from '../base/bytes.ts';
import { InputError, type Problem } from '../base/problem.ts';
import type { ByteCursor } from './cursor.ts';
import type { CaptureLimits } from './limits.ts';
import type { CaptureOptions } from './options.ts';
import { BLOCK, BYTE_ORDER_MAGIC, OPTION } from './pcapng-format.ts';
import { PacketRecord, type RecordReader, readU16At, readU32At } from './record.ts';
import { TickScale } from './ticks.ts';

/** Octets needed to know that a file is pcapng, and in which byte order. */
export const PCAPNG_HEADER_OCTETS = 12;
const BLOCK_OCTETS_MIN = 12;
const SWAPPED_MAGIC = 0x4d3c_2b1a;

interface CaptureInterface {
  readonly name: string;
  readonly linkType: number;
  /** 0: packets are not cut. */
  readonly snapLength: number;
  readonly scale: TickScale;
  readonly wanted: boolean;
}

/** Fixed octets of the blocks that are held whole, without type and lengths. */
const FIXED_OCTETS: ReadonlyMap<number, number> = new Map([
  [BLOCK.sectionHeader, 16],
  [BLOCK.interfaceDescription, 8],
  [BLOCK.obsoletePacket, 20],
  [BLOCK.simplePacket, 4],
  [BLOCK.enhancedPacket, 20],
  [BLOCK.decryptionSecrets, 8],
]);

/** Whether the four octets at `at` begin a section header block. */
export function isPcapng(bytes: Uint8Array, at: number): boolean {
  return readU32At(bytes, at, true) === BLOCK.sectionHeader;
}

export class PcapngReader implements RecordReader {
  readonly packet = new PacketRecord();
  damage: Problem | null = null;
  readonly variant = 'pcapng';
  /** Interfaces that did not fit the limit. */
  interfacesRefused = 0;
  /** Of all interfaces of the file, in order, each once; the number stands for one without a name. */
  readonly interfaceNames = new Set<string>();
  private readonly cursor: ByteCursor;
  private readonly name: string;
  private readonly limits: CaptureLimits;
  private readonly options: CaptureOptions;
  private little = true;
  private interfaces: CaptureInterface[] = [];
  /** Octets of a block's body still to be passed over, and the length that its end must repeat. */
  private skipping = 0;
  private skippedLength = 0;

  /** The cursor stands at a section header block. Throws InputError if that has no byte order. */
  constructor(cursor: ByteCursor, name: string, limits: CaptureLimits, options: CaptureOptions) {
    this.cursor = cursor;
    this.name = name;
    this.limits = limits;
    this.options = options;
    if (orderOf(cursor.bytes, cursor.at) === undefined) {
      throw new InputError(`${name}: begins like pcapng, but has no byte-order magic at offset 8`);
    }
  }

  next(): boolean {
    const { cursor } = this;
    while (this.damage === null) {
      if (this.skippedLength !== 0 && !this.passOver()) return false;
      if (!cursor.need(BLOCK_OCTETS_MIN)) return this.starved('a block header');
      const type = this.typeAtCursor();
      if (type === undefined) return false;
      const length = readU32At(cursor.bytes, cursor.at + 4, this.little);
      const fixed = FIXED_OCTETS.get(type);
      if (length % 4 !== 0 || length < BLOCK_OCTETS_MIN + (fixed ?? 0))
        return this.badLength(length, 'cannot be');
      if (fixed === undefined) {
        this.skipping = length - 4;
        this.skippedLength = length;
        continue;
      }
      if (length > this.limits.blockOctetsMax) {
        return this.badLength(length, `is more than ${this.limits.blockOctetsMax}`);
      }
      if (!cursor.need(length)) return this.starved(`a block of ${length} octets`);
      if (!this.endsWith(length)) return false;
      const start = cursor.at + 8;
      cursor.at += length;
      if (this.take(type, cursor.bytes, start, cursor.at - 4)) return true;
    }
    return false;
  }

  /** Type of the block at the cursor; a section header sets the byte order that holds from here on. */
  private typeAtCursor(): number | undefined {
    const { bytes, at, offset } = this.cursor;
    const type = readU32At(bytes, at, this.little);
    if (type !== BLOCK.sectionHeader) return type;
    const little = orderOf(bytes, at);
    if (little === undefined) {
      this.broken('byte-order', 'a section header without byte-order magic', offset + 8);
      return undefined;
    }
    this.little = little;
    return type;
  }

  private passOver(): boolean {
    const { cursor } = this;
    this.skipping -= cursor.skip(this.skipping);
    if (this.skipping > 0 || !cursor.need(4)) return this.starved(`a block of ${this.skippedLength} octets`);
    const length = this.skippedLength;
    this.skippedLength = 0;
    if (readU32At(cursor.bytes, cursor.at, this.little) !== length) return this.badEnd(length, cursor.offset);
    cursor.at += 4;
    return true;
  }

  private endsWith(length: number): boolean {
    const { bytes, at, offset } = this.cursor;
    if (readU32At(bytes, at + length - 4, this.little) === length) return true;
    return this.badEnd(length, offset + length - 4);
  }

  /** Reads the body `[start, end)` of a block. `true` if it was a packet. */
  private take(type: number, bytes: Uint8Array, start: number, end: number): boolean {
    switch (type) {
      case BLOCK.enhancedPacket:
        this.enhanced(bytes, start, end, readU32At(bytes, start, this.little));
        return true;
      case BLOCK.obsoletePacket:
        this.enhanced(bytes, start, end, readU16At(bytes, start, this.little));
        return true;
      case BLOCK.simplePacket:
        this.simple(bytes, start, end);
        return true;
      case BLOCK.interfaceDescription:
        this.describeInterface(bytes, start, end);
        return false;
      case BLOCK.decryptionSecrets:
        this.secrets(bytes, start, end);
        return false;
      default:
        // A section header: its interfaces begin anew. Its length may be left open, so it is of no use.
        this.interfaces = [];
        return false;
    }
  }

  /** Enhanced and obsolete packet blocks differ in how the interface is written alone. */
  private enhanced(bytes: Uint8Array, start: number, end: number, interfaceId: number): void {
    const { little, packet } = this;
    const captured = readU32At(bytes, start + 12, little);
    const wire = readU32At(bytes, start + 16, little);
    const from = this.interfaces[interfaceId];
    packet.comments = null;
    this.place(bytes, start + 20, end, captured, wire, from);
    if (from === undefined) return;
    from.scale.apply(packet, readU32At(bytes, start + 4, little), readU32At(bytes, start + 8, little));
    const { onComment, onPacket } = this.options;
    if (packet.fault === null && (onComment !== undefined || onPacket !== undefined)) {
      packet.comments = this.commentsOf(bytes, start + 20 + ((captured + 3) & ~3), end);
    }
  }

  /** Simple packet blocks have no time; theirs is taken to be that of the packet before. */
  private simple(bytes: Uint8Array, start: number, end: number): void {
    const { packet } = this;
    const wire = readU32At(bytes, start, this.little);
    const from = this.interfaces[0];
    const snapLength = from === undefined || from.snapLength === 0 ? wire : from.snapLength;
    packet.comments = null;
    this.place(bytes, start + 4, end, Math.min(wire, snapLength, end - start - 4), wire, from);
  }

  private place(
    bytes: Uint8Array,
    start: number,
    end: number,
    captured: number,
    wire: number,
    from: CaptureInterface | undefined,
  ): void {
    const { packet } = this;
    const fits = captured <= end - start && captured <= this.limits.packetOctetsMax;
    packet.fault =
      from === undefined
        ? 'packet block of an interface that was not described'
        : fits
          ? null
          : 'packet block that claims more octets than it holds';
    packet.bytes = bytes;
    packet.start = start;
    packet.end = fits ? start + captured : start;
    packet.linkType = from === undefined ? -1 : from.linkType;
    packet.interfaceName = from === undefined ? '' : from.name;
    packet.unwanted = from !== undefined && !from.wanted;
    packet.wireLength = Math.max(wire, packet.end - start);
  }

  private describeInterface(bytes: Uint8Array, start: number, end: number): void {
    if (this.interfaces.length >= this.limits.interfacesMax) {
      this.interfacesRefused++;
      return;
    }
    let resolution: number | undefined;
    let offsetSeconds = 0;
    let name = '';
    this.eachOption(bytes, start + 8, end, (code, at, length) => {
      if (code === OPTION.interfaceName) name = textOf(bytes, at, length);
      if (code === OPTION.timestampResolution && length >= 1) resolution = bytes[at] as number;
      if (code === OPTION.timestampOffset && length >= 8) {
        const low = readU32At(bytes, this.little ? at : at + 4, this.little);
        const high = readU32At(bytes, this.little ? at + 4 : at, this.little) | 0;
        offsetSeconds = high * 2 ** 32 + low;
      }
    });
    const number = `${this.interfaces.length}`;
    const wanted = this.options.interfaces ?? [];
    this.interfaceNames.add(name === '' ? number : name);
    this.interfaces.push({
      name,
      wanted: wanted.length === 0 || wanted.includes(name) || wanted.includes(number),
      linkType: readU16At(bytes, start, this.little),
      snapLength: readU32At(bytes, start + 4, this.little),
      scale: new TickScale(resolution, offsetSeconds),
    });
  }

  private secrets(bytes: Uint8Array, start: number, end: number): void {
    const kind = readU32At(bytes, start, this.little);
    const length = Math.min(readU32At(bytes, start + 4, this.little), end - start - 8);
    this.options.onSecrets?.({ kind, bytes: copyBytes(bytes, start + 8, start + 8 + length) });
  }

  private commentsOf(bytes: Uint8Array, start: number, end: number): readonly string[] | null {
    let comments: string[] | null = null;
    this.eachOption(bytes, start, end, (code, at, length) => {
      if (code !== OPTION.comment) return;
      comments ??= [];
      comments.push(textOf(bytes, at, length));
    });
    return comments;
  }

  private eachOption(
    bytes: Uint8Array,
    start: number,
    end: number,
    visit: (code: number, at: number, length: number) => void,
  ): void {
    for (let at = start; at + 4 <= end; ) {
      const code = readU16At(bytes, at, this.little);
      const length = readU16At(bytes, at + 2, this.little);
      if (code === OPTION.end || at + 4 + length > end) return;
      visit(code, at + 4, length);
      at += 4 + ((length + 3) & ~3);
    }
  }

  private starved(what: string): boolean {
    const { cursor } = this;
    if (!cursor.ended || (cursor.fed === cursor.offset && this.skippedLength === 0)) return false;
    return this.broken('file-truncated', `the file ends in the middle of ${what}`, cursor.fed);
  }

  private badLength(length: number, why: string): boolean {
    return this.broken('block-length', `a block length of ${length} ${why}`, this.cursor.offset + 4);
  }

  private badEnd(length: number, offset: number): boolean {
    return this.broken('block-end', `a block of ${length} octets does not end with its length`, offset);
  }

  private broken(code: string, message: string, offset: number): boolean {
    this.damage ??= { code, path: this.name, message, offset };
    return false;
  }
}

/** `true` for little-endian, `undefined` if the section header at `at` has no byte-order magic. */
function orderOf(bytes: Uint8Array, at: number): boolean | undefined {
  const magic = readU32At(bytes, at + 8, true);
  return magic === BYTE_ORDER_MAGIC ? true : magic === SWAPPED_MAGIC ? false : undefined;
}

function textOf(bytes: Uint8Array, at: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(at, at + length));
}
