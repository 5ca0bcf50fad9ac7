/**
 * zstd (RFC 8878) on top of fzstd. What is done here is to walk the frames: fzstd is given one frame at a time, and
 * only after its header has been read, because it allocates whatever window that claims; and to compare check sums, which
 * fzstd passes over.
 */
import { Decompress } from 'fzstd';
import xxhash, { type XXHash } from 'xxhash-wasm';
import { copyBytes, NO_BYTES } from '../base/bytes.ts';
import { SourceDamage } from './source.ts';

/** Largest window that is allocated; zstd itself uses 8 MiB up to level 19, and 128 MiB only if told to. */
const ZSTD_WINDOW_OCTETS_MAX = 64 * 1024 * 1024;

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const BLOCK_HEADER_OCTETS = 3;
const CONTENT_SIZE_OCTETS = [0, 2, 4, 8];
const DICTIONARY_ID_OCTETS = [0, 1, 2, 4];

const CHECK_SUM_OCTETS = 4;

type Part = 'frame' | 'block' | 'body' | 'sum' | 'skip';

export class Unzstd {
  /** What is awaited: a frame's header, a block's header, the rest of a block, a check sum, or the rest of a frame to skip. */
  private part: Part = 'frame';
  /** Octets of the body that are still to come. */
  private rest = 0;
  private lastBlock = false;
  private header: Uint8Array = NO_BYTES;
  private frame: Decompress | null = null;
  /** Of what the frame has decompressed to. */
  private readonly newSum: () => XXHash<bigint>;
  private sum: XXHash<bigint> | null = null;
  /** Octets that all frames together have decompressed to, and those before this frame. */
  private made = 0;
  private madeBefore = 0;
  private out: (chunk: Uint8Array) => void = () => undefined;

  private constructor(newSum: () => XXHash<bigint>) {
    this.newSum = newSum;
  }

  static async create(): Promise<Unzstd> {
    const { create64 } = await xxhash();
    return new Unzstd(() => create64());
  }

  /** Throws SourceDamage where the data breaks; `last` says that nothing follows. */
  push(slice: Uint8Array, last: boolean, out: (chunk: Uint8Array) => void): undefined {
    this.out = out;
    try {
      let at = 0;
      while (at < slice.length) at = this.step(slice, at);
    } catch (error) {
      if (error instanceof SourceDamage) throw error;
      throw new SourceDamage(`the zstd data is damaged: ${error instanceof Error ? error.message : error}`);
    }
    if (last && (this.part !== 'frame' || this.header.length > 0)) {
      throw new SourceDamage('the zstd data is damaged: unexpected end of file');
    }
  }

  /** Goes on from `at`, and says how far it came. */
  private step(slice: Uint8Array, at: number): number {
    if (this.part === 'body' || this.part === 'skip') {
      const end = Math.min(slice.length, at + this.rest);
      this.rest -= end - at;
      if (this.part === 'body') this.give(slice.subarray(at, end));
      if (this.rest === 0) this.endPart();
      return end;
    }
    const wanted = this.headerOctets();
    const end = Math.min(slice.length, at + wanted - this.header.length);
    const header = new Uint8Array(this.header.length + end - at);
    header.set(this.header);
    header.set(slice.subarray(at, end), this.header.length);
    this.header = header;
    if (header.length < wanted) return end;
    if (this.part === 'block') this.beginBlock(header);
    else if (this.part === 'sum') this.endFrame(header);
    else if (this.headerOctets() === header.length) this.beginFrame(header);
    return end;
  }

  /** Octets of the header or check sum that is awaited, as far as it tells by now. */
  private headerOctets(): number {
    const { header } = this;
    if (this.part === 'block') return BLOCK_HEADER_OCTETS;
    if (this.part === 'sum') return CHECK_SUM_OCTETS;
    if (header.length < 5) return 5;
    if ((littleU32(header, 0) & 0xffff_fff0) === SKIPPABLE_MAGIC) return 8;
    const descriptor = header[4] as number;
    const single = (descriptor & 0x20) !== 0;
    const size = CONTENT_SIZE_OCTETS[descriptor >> 6] as number;
    const dictionary = DICTIONARY_ID_OCTETS[descriptor & 3] as number;
    return 5 + (single ? 0 : 1) + dictionary + (size === 0 && single ? 1 : size);
  }

  private beginFrame(header: Uint8Array): void {
    this.header = NO_BYTES;
    const magic = littleU32(header, 0);
    if ((magic & 0xffff_fff0) === SKIPPABLE_MAGIC) {
      this.rest = littleU32(header, 4);
      this.part = this.rest === 0 ? 'frame' : 'skip';
      return;
    }
    if (magic !== MAGIC) throw new SourceDamage('the zstd data is damaged: no frame where one must begin');
    const descriptor = header[4] as number;
    const window = windowOf(header, descriptor);
    if (window > ZSTD_WINDOW_OCTETS_MAX) {
      throw new SourceDamage(
        `the zstd data needs a window of ${window} octets, at most ${ZSTD_WINDOW_OCTETS_MAX} are given; ` +
          'decompress the file first',
      );
    }
    const dictionary = dictionaryOf(header, descriptor);
    if (dictionary !== 0) {
      throw new SourceDamage(
        `the zstd data needs the dictionary ${dictionary}; decompress the file first, with zstd -d -D`,
      );
    }
    this.sum = (descriptor & 4) === 0 ? null : this.newSum();
    this.madeBefore = this.made;
    this.part = 'block';
    this.frame = new Decompress((chunk) => {
      if (chunk.length === 0) return;
      this.sum?.update(chunk);
      this.made += chunk.length;
      this.out(chunk);
    });
    this.give(header);
  }

  private beginBlock(header: Uint8Array): void {
    this.header = NO_BYTES;
    const [a, b, c] = header as unknown as [number, number, number];
    const size = (a >> 3) | (b << 5) | (c << 13);
    const runLength = (a & 6) === 2;
    this.lastBlock = (a & 1) === 1;
    this.rest = runLength ? 1 : size;
    this.give(header);
    this.part = 'body';
    if (this.rest === 0) this.endPart();
  }

  private endPart(): void {
    if (this.part === 'skip') this.part = 'frame';
    else if (!this.lastBlock) this.part = 'block';
    else if (this.sum !== null) this.part = 'sum';
    else this.endFrame(NO_BYTES);
  }

  /** `sum`: the lowest four octets of the XXH64 of the contents, the least significant first (RFC 8878 §3.1.1); or none. */
  private endFrame(sum: Uint8Array): void {
    this.header = NO_BYTES;
    this.part = 'frame';
    this.give(sum);
    this.frame?.push(NO_BYTES, true);
    if (this.sum === null || Number(this.sum.digest() & 0xffff_ffffn) === littleU32(sum, 0)) return;
    const octets = `${this.made - this.madeBefore} octets, decompressed, from octet ${this.madeBefore} on`;
    throw new SourceDamage(`the zstd data is damaged: the check sum of ${octets} is wrong`);
  }

  private give(octets: Uint8Array): void {
    this.frame?.push(copyBytes(octets));
  }
}

/** RFC 8878 §3.1.1.1.2: a frame of a single segment has its content as its window. */
function windowOf(header: Uint8Array, descriptor: number): number {
  const dictionary = DICTIONARY_ID_OCTETS[descriptor & 3] as number;
  if ((descriptor & 0x20) === 0) {
    const window = header[5] as number;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const at = 5 + dictionary;
  switch (descriptor >> 6) {
    case 0:
      return header[at] as number;
    case 1:
      return ((header[at] as number) | ((header[at + 1] as number) << 8)) + 256;
    case 2:
      return littleU32(header, at);
    default:
      return littleU32(header, at) + littleU32(header, at + 4) * 2 ** 32;
  }
}

/** Number of the dictionary without which the frame makes no sense; 0: none. */
function dictionaryOf(header: Uint8Array, descriptor: number): number {
  const at = (descriptor & 0x20) === 0 ? 6 : 5;
  const octets = DICTIONARY_ID_OCTETS[descriptor & 3] as number;
  let id = 0;
  for (let octet = octets - 1; octet >= 0; octet--) id = id * 256 + (header[at + octet] as number);
  return id;
}

function littleU32(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = bytes.subarray(at, at + 4) as unknown as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
