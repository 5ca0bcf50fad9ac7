/**
 * gzip (RFC 1952) on top of Node's raw inflate: headers, check sums and what follows the last member are looked at here.
 * Node's own gunzip keeps to itself what it has made of a slice in whose end it finds a mistake.
 */
import type { InflateRaw } from 'node:zlib';
import { concatBytes, NO_BYTES } from '../base/bytes.ts';
import { SourceDamage } from './source.ts';

const OUTPUT_OCTETS = 256 * 1024;
const FIXED_HEADER_OCTETS = 10;
/** Extra field, name and comment of one member; a name has no length, so a file could go on for ever. */
const HEADER_OCTETS_MAX = 256 * 1024;
const TRAILER_OCTETS = 8;
const DEFLATE = 8;
const FLAG = { headerCheck: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

type Part = 'header' | 'body' | 'trailer' | 'padding';

const zlib = process.getBuiltinModule('node:zlib');

export class Ungzip {
  /** What is awaited: a member's header, its contents, its check sum and length, or whatever follows it. */
  private part: Part = 'header';
  /** Of the header or trailer, as far as it has come. */
  private held: Uint8Array = NO_BYTES;
  private stream: InflateRaw | null = null;
  private check = 0;
  private octets = 0;

  /** Throws SourceDamage where the data breaks, after what precedes that was handed out; `last`: nothing follows. */
  async push(slice: Uint8Array, last: boolean, out: (chunk: Uint8Array) => void): Promise<void> {
    let rest = slice;
    while (rest.length > 0) rest = rest.subarray(await this.step(rest, out));
    if (!last) return;
    if (this.part === 'body') await this.inflate(null, out);
    if (this.part !== 'padding') throw damaged('unexpected end of file');
  }

  /** Goes on with `octets`, and says how many of them it took. */
  private step(octets: Uint8Array, out: (chunk: Uint8Array) => void): number | Promise<number> {
    switch (this.part) {
      case 'header':
        return this.header(octets);
      case 'body':
        return this.inflate(octets, out);
      case 'trailer':
        return this.trailer(octets);
      default:
        return this.padding(octets);
    }
  }

  private header(octets: Uint8Array): number {
    const before = this.held.length;
    const header = concatBytes([this.held, octets]);
    const end = headerEnd(header);
    if (end === undefined) {
      if (header.length > HEADER_OCTETS_MAX)
        throw damaged(`a header of more than ${HEADER_OCTETS_MAX} octets`);
      this.held = header;
      return octets.length;
    }
    this.held = NO_BYTES;
    this.stream = zlib.createInflateRaw({ chunkSize: OUTPUT_OCTETS });
    this.check = 0;
    this.octets = 0;
    this.part = 'body';
    return end - before;
  }

  /** `null`: nothing follows. That the contents have ended shows when some octets are not taken. */
  private inflate(octets: Uint8Array | null, out: (chunk: Uint8Array) => void): Promise<number> {
    const stream = this.stream as InflateRaw;
    const before = stream.bytesWritten;
    return new Promise((resolve, reject) => {
      const take = (chunk: Uint8Array): void => {
        this.check = zlib.crc32(chunk, this.check);
        this.octets = (this.octets + chunk.length) >>> 0;
        out(chunk);
      };
      const settle = (error?: Error | null): void => {
        stream.off('data', take).off('error', settle).off('end', settle);
        const taken = stream.bytesWritten - before;
        if (error instanceof Error) reject(damaged(error.message));
        else if (octets !== null && taken < octets.length) this.part = 'trailer';
        resolve(taken);
      };
      stream.on('data', take).on('error', settle).on('end', settle);
      if (octets === null) stream.end();
      else stream.write(octets, settle);
    });
  }

  private trailer(octets: Uint8Array): number {
    const taken = Math.min(octets.length, TRAILER_OCTETS - this.held.length);
    this.held = concatBytes([this.held, octets.subarray(0, taken)]);
    if (this.held.length < TRAILER_OCTETS) return taken;
    const view = new DataView(this.held.buffer, this.held.byteOffset);
    this.held = NO_BYTES;
    this.part = 'padding';
    if (view.getUint32(0, true) !== this.check) throw damaged('a check sum is wrong');
    if (view.getUint32(4, true) !== this.octets) throw damaged('a length is wrong');
    return taken;
  }

  /** Another member may follow, or zeros, as on tapes. */
  private padding(octets: Uint8Array): number {
    const at = octets.findIndex((octet) => octet !== 0);
    if (at === 0) this.part = 'header';
    return at < 0 ? octets.length : at;
  }
}

/** Where the header that begins `bytes` ends; `undefined` if not within them. */
function headerEnd(bytes: Uint8Array): number | undefined {
  if ((bytes[0] ?? 0x1f) !== 0x1f || (bytes[1] ?? 0x8b) !== 0x8b) throw damaged('what follows is no gzip');
  if (bytes.length < FIXED_HEADER_OCTETS) return undefined;
  const flags = bytes[3] as number;
  if (bytes[2] !== DEFLATE || (flags & FLAG.reserved) !== 0) throw damaged('what follows is no gzip');
  let end = FIXED_HEADER_OCTETS;
  if ((flags & FLAG.extra) !== 0) {
    if (bytes.length < end + 2) return undefined;
    end += 2 + (bytes[end] as number) + (bytes[end + 1] as number) * 256;
  }
  for (const text of [FLAG.name, FLAG.comment]) {
    if ((flags & text) === 0) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0 || end > bytes.length) return undefined;
    end = zero + 1;
  }
  if ((flags & FLAG.headerCheck) !== 0) end += 2;
  return end <= bytes.length ? end : undefined;
}

function damaged(why: string): SourceDamage {
  return new SourceDamage(`the gzip data is damaged: ${why}`);
}
