/**
 * A file that grows while the proxy runs: gathers blocks or lines and writes them out often and in order. What has been
 * written survives a SIGKILL of this process. Writing waits for the disk: whoever must not wait keeps files in another
 * thread.
 */
import { closeSync, fchmodSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join, parse } from 'node:path';

/** Permissions of a file with secrets in it. */
const PRIVATE_MODE = 0o600;
/** What was gathered is handed to the operating system at least this often. */
export const FLUSH_INTERVAL_MILLIS = 50;
/** … and as soon as this much has come together. */
export const FLUSH_OCTETS = 256 * 1024;
/** What is as large as this is written without being gathered. */
const DIRECT_OCTETS = 32 * 1024;
/** Memory in which a file gathers. */
const GATHER_OCTETS = 2 * FLUSH_OCTETS;

class GrowingFile {
  readonly path: string;
  private readonly descriptor: number;
  private readonly onError: (error: Error) => void;
  private readonly timer: NodeJS.Timeout;
  private readonly pending: Uint8Array;
  private pendingOctets = 0;
  private failed = false;
  private closed = false;

  /**
   * Creates or empties the file; nobody else may read one that is private. `pending`: GATHER_OCTETS that are its own until
   * it is closed. `onError` is called once, if writing fails later on; the file then ends there. Throws the operating
   * system's error if the file cannot be made.
   */
  constructor(path: string, pending: Uint8Array, onError: (error: Error) => void, isPrivate: boolean) {
    this.path = path;
    this.pending = pending;
    this.onError = onError;
    this.descriptor = openSync(path, 'w', isPrivate ? PRIVATE_MODE : undefined);
    // It may have been there before.
    if (isPrivate) fchmodSync(this.descriptor, PRIVATE_MODE);
    this.timer = setInterval(() => this.flush(), FLUSH_INTERVAL_MILLIS);
    this.timer.unref();
  }

  /** Adds a copy of a block; it is in the file as a whole or not at all, unless the process dies in the middle of a write. */
  add(block: Uint8Array): void {
    if (this.pendingOctets + block.length > this.pending.length) this.flush();
    if (block.length >= DIRECT_OCTETS) {
      this.flush();
      this.write(block, block.length);
      return;
    }
    this.pending.set(block, this.pendingOctets);
    this.pendingOctets += block.length;
    if (this.pendingOctets >= FLUSH_OCTETS) this.flush();
  }

  /** Hands everything to the operating system. */
  flush(): void {
    const { pending, pendingOctets } = this;
    this.pendingOctets = 0;
    if (pendingOctets > 0) this.write(pending, pendingOctets);
  }

  /** Writes everything and closes the file; nothing can be added any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    this.flush();
    this.failed = true;
    closeSync(this.descriptor);
  }

  private write(octets: Uint8Array, length: number): void {
    if (this.failed) return;
    try {
      for (let at = 0; at < length; ) at += writeSync(this.descriptor, octets, at, length - at);
    } catch (error) {
      this.failed = true;
      this.onError(error as Error);
    }
  }
}

/** When a file is followed by the next one, and how many are kept. */
export interface Rotation {
  /** Octets after which the next file begins; absent: never by size. */
  readonly octets?: number;
  /** Seconds after which it does; absent: never by time. */
  readonly seconds?: number;
  /** The newest files that are kept; absent: all. */
  readonly keep?: number;
}

/**
 * A file, or with rotation a row of files: `tap.pcapng` becomes `tap-00001.pcapng`, `tap-00002.pcapng`, …. Each file
 * begins with what `beginning` gives then, so that each can be read alone. A row goes on behind the files that an earlier
 * run left, which count among those that are kept: what led to a restart is what somebody will want to read.
 */
export class FileRow {
  private readonly path: string;
  private readonly beginning: () => readonly Uint8Array[];
  private readonly rotation: Rotation | undefined;
  private readonly onError: (path: string, error: Error) => void;
  private readonly isPrivate: boolean;
  /** Each file gathers in it: left to the garbage collector, that of closed ones stayed for hours. */
  private readonly pending = new Uint8Array(GATHER_OCTETS);
  /** Numbers of the files that there are, oldest first. */
  private readonly written: number[];
  private number: number;
  private current: GrowingFile;
  private octets = 0;
  private beganMillis = 0;

  /** Throws the operating system's error if the first file cannot be made. */
  constructor(
    path: string,
    beginning: () => readonly Uint8Array[],
    rotation: Rotation | undefined,
    onError: (path: string, error: Error) => void,
    isPrivate = false,
  ) {
    this.path = path;
    this.isPrivate = isPrivate;
    this.beginning = beginning;
    this.rotation = rotation;
    this.onError = onError;
    this.written = rotation === undefined ? [] : numbersOf(path);
    this.number = this.written.at(-1) ?? 0;
    this.current = this.open();
    this.dropOldest();
  }

  add(block: Uint8Array): void {
    if (this.isFull()) this.rotate();
    this.octets += block.length;
    this.current.add(block);
  }

  /** Hands everything to the operating system. */
  flush(): void {
    this.current.flush();
  }

  close(): void {
    this.current.close();
  }

  private isFull(): boolean {
    const { octets, seconds } = this.rotation ?? {};
    if (octets !== undefined && this.octets >= octets) return true;
    return seconds !== undefined && performance.now() - this.beganMillis >= seconds * 1000;
  }

  private rotate(): void {
    this.current.close();
    try {
      this.current = this.open();
    } catch (error) {
      this.onError(this.nameOf(this.number), error as Error);
    }
    this.dropOldest();
  }

  private dropOldest(): void {
    const { keep } = this.rotation ?? {};
    if (keep === undefined || this.written.length <= keep) return;
    const tooMany = this.written.splice(0, this.written.length - keep);
    for (const number of tooMany) rmSync(this.nameOf(number), { force: true });
  }

  private open(): GrowingFile {
    this.number++;
    this.octets = 0;
    this.beganMillis = performance.now();
    const path = this.nameOf(this.number);
    const file = new GrowingFile(path, this.pending, (error) => this.onError(path, error), this.isPrivate);
    this.written.push(this.number);
    for (const block of this.beginning()) file.add(block);
    return file;
  }

  private nameOf(number: number): string {
    if (this.rotation === undefined) return this.path;
    const { dir, name, ext } = parse(this.path);
    return join(dir, `${name}-${digitsOf(number)}${ext}`);
  }
}

function digitsOf(number: number): string {
  return `${number}`.padStart(5, '0');
}

/** Numbers of the row's files that exist already, ascending; none where the folder cannot be read. */
function numbersOf(path: string): number[] {
  const { dir, name, ext } = parse(path);
  let names: string[];
  try {
    names = readdirSync(dir === '' ? '.' : dir);
  } catch {
    // Opening the first file says what is wrong with the folder.
    return [];
  }
  const numbers: number[] = [];
  for (const file of names) {
    if (!file.startsWith(`${name}-`) || !file.endsWith(ext)) continue;
    const digits = file.slice(name.length + 1, file.length - ext.length);
    if (/^\d{5,9}$/.test(digits) && digitsOf(Number(digits)) === digits) numbers.push(Number(digits));
  }
  return numbers.sort((a, b) => a - b);
}
