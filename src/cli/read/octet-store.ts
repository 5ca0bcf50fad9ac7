/**
 * The octets of messages outside of memory. Most messages lie in one piece in a capture file: of those only the place is
 * kept, and they are read there again. The others, put together from packets, decompressed or decrypted, are written to a
 * temporary file that nobody else can open and that is gone with the process.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/problem.ts';
import type { OctetKeeper } from '../../tui/kept-connections.ts';

/** Octets of the temporary file that wait in memory; small captures never need the file. */
const UNWRITTEN_OCTETS = 1024 * 1024;
/** Octets that are read at once: whoever looks at one message looks at its neighbours, too. */
const WINDOW_OCTETS = 128 * 1024;
/** A place is the number of a file, 0 for the temporary one, times this, and the offset there. */
const FILE_SPAN = 2 ** 44;
/** So many files have places below 2^53. */
const FILES_MAX = 511;

/** Where a chunk of a capture begins in its file. */
interface Origin {
  readonly file: number;
  readonly offset: number;
}

export class OctetStore implements OctetKeeper {
  private readonly paths: readonly string[];
  /** By number; opened when first needed. 0 is the temporary file. */
  private readonly files: (number | undefined)[] = [];
  private readonly origins = new WeakMap<ArrayBufferLike, Origin>();
  private temporary: string | undefined;
  /** Octets in the temporary file, and behind them what waits to be written. */
  private written = 0;
  private readonly unwritten = new Uint8Array(UNWRITTEN_OCTETS);
  private waiting = 0;
  /** What was read last, and the place of its first octet. */
  private window = new Uint8Array(0);
  private windowPlace = 0;

  /** `paths`: the captures, in the order in which `chunk` numbers them. */
  constructor(paths: readonly string[]) {
    this.paths = paths;
  }

  /** The next chunk of a capture as it stands in the file, from `offset` on. */
  chunk(file: number, offset: number, bytes: Uint8Array): void {
    if (file >= FILES_MAX) return;
    this.origins.set(bytes.buffer, { file: file + 1, offset: offset - bytes.byteOffset });
  }

  put(bytes: Uint8Array, start: number, end: number): number {
    const origin = this.origins.get(bytes.buffer);
    if (origin !== undefined) return origin.file * FILE_SPAN + origin.offset + bytes.byteOffset + start;
    const place = this.written + this.waiting;
    for (let at = start; at < end; ) {
      if (this.waiting === UNWRITTEN_OCTETS) this.write();
      const taken = Math.min(end - at, UNWRITTEN_OCTETS - this.waiting);
      this.unwritten.set(bytes.subarray(at, at + taken), this.waiting);
      this.waiting += taken;
      at += taken;
    }
    return place;
  }

  /** Fewer octets than asked for if a capture has become shorter since it was read. */
  get(place: number, length: number): Uint8Array {
    const octets = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const part = this.at(place + done).subarray(0, length - done);
      if (part.length === 0) return octets.subarray(0, done);
      octets.set(part, done);
      done += part.length;
    }
    return octets;
  }

  close(): void {
    for (const file of this.files) if (file !== undefined) closeSync(file);
    this.files.length = 0;
    if (this.temporary !== undefined) rmSync(this.temporary, { force: true });
  }

  /** Octets from a place on, as many as are at hand. */
  private at(place: number): Uint8Array {
    const file = Math.floor(place / FILE_SPAN);
    const offset = place % FILE_SPAN;
    if (file === 0 && offset >= this.written)
      return this.unwritten.subarray(offset - this.written, this.waiting);
    const within = place - this.windowPlace;
    if (within >= 0 && within < this.window.length) return this.window.subarray(within);
    // Windows begin at whole ones, so that it is the same whether one goes up or down.
    const begin = offset - (offset % WINDOW_OCTETS);
    const end = file === 0 ? Math.min(begin + WINDOW_OCTETS, this.written) : begin + WINDOW_OCTETS;
    const window = new Uint8Array(end - begin);
    const length = readSync(this.file(file), window, 0, window.length, begin);
    this.window = window.subarray(0, length);
    this.windowPlace = place - (offset - begin);
    return this.window.subarray(offset - begin);
  }

  private write(): void {
    try {
      writeSync(this.file(0), this.unwritten, 0, this.waiting, this.written);
    } catch (error) {
      throw new InputError(`${this.temporary ?? tmpdir()}: ${(error as Error).message}`);
    }
    this.written += this.waiting;
    this.waiting = 0;
  }

  private file(number: number): number {
    let file = this.files[number];
    if (file === undefined) {
      file = number === 0 ? this.openTemporary() : openSync(this.paths[number - 1] as string, 'r');
      this.files[number] = file;
    }
    return file;
  }

  private openTemporary(): number {
    const path = join(tmpdir(), `leasetap-${randomUUID()}`);
    const file = openSync(path, 'wx+', 0o600);
    this.temporary = path;
    // Where a system lets go of the name of an open file, nothing is left behind however the process ends.
    if (process.platform !== 'win32') rmSync(path);
    return file;
  }
}
