/**
 * A file that grows while the proxy runs: gathers blocks or lines and writes them out often and in order. What has been
 * written survives a SIGKILL of this process; at most FLUSH_INTERVAL_MILLIS of the session is lost.
 */
import { closeSync, fchmodSync, openSync, rmSync, write, writeSync } from 'node:fs';
import { join, parse } from 'node:path';

/** Permissions of a file with secrets in it. */
const PRIVATE_MODE = 0o600;
/** What was gathered is handed to the operating system at least this often. */
export const FLUSH_INTERVAL_MILLIS = 100;
/** … and as soon as this much has come together. */
export const FLUSH_OCTETS = 256 * 1024;
/** A disk that is this far behind loses blocks: relaying goes on, and the loss is told. */
export const PENDING_OCTETS_MAX = 64 * 1024 * 1024;

export class GrowingFile {
  readonly path: string;
  private readonly descriptor: number;
  private readonly onError: (error: Error) => void;
  private readonly timer: NodeJS.Timeout;
  /** What is gathered, and how much of it; the buffer that was written before is used again. */
  private pending = new Uint8Array(FLUSH_OCTETS);
  private spare = new Uint8Array(FLUSH_OCTETS);
  private pendingOctets = 0;
  private inFlight: Promise<void> | undefined;
  private failed = false;
  private lostBlocks = 0;
  private closing: Promise<void> | undefined;

  /**
   * Creates or empties the file; nobody else may read one that is private. `onError` is called once, if writing fails later on; the file then ends there.
   * Throws the operating system's error if the file cannot be made.
   */
  constructor(path: string, onError: (error: Error) => void, isPrivate = false) {
    this.path = path;
    this.onError = onError;
    this.descriptor = openSync(path, 'w', isPrivate ? PRIVATE_MODE : undefined);
    // It may have been there before.
    if (isPrivate) fchmodSync(this.descriptor, PRIVATE_MODE);
    this.timer = setInterval(() => this.flush(), FLUSH_INTERVAL_MILLIS);
    this.timer.unref();
  }

  /** Blocks that a slow disk has cost. */
  get lost(): number {
    return this.lostBlocks;
  }

  /** Adds a copy of a block; it is in the file as a whole or not at all, unless the process dies in the middle of a write. */
  add(block: Uint8Array): void {
    if (this.failed) return;
    if (this.pendingOctets + block.length > PENDING_OCTETS_MAX) {
      this.lostBlocks++;
      return;
    }
    if (this.pendingOctets + block.length > this.pending.length) this.grow(block.length);
    this.pending.set(block, this.pendingOctets);
    this.pendingOctets += block.length;
    if (this.pendingOctets >= FLUSH_OCTETS) this.flush();
  }

  /** Writes everything and closes the file; nothing can be added any more. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    clearInterval(this.timer);
    while (this.inFlight !== undefined) await this.inFlight;
    if (!this.failed && this.pendingOctets > 0) {
      const rest = this.takePending();
      try {
        for (let at = 0; at < rest.length; ) at += writeSync(this.descriptor, rest, at);
      } catch (error) {
        this.fail(error as Error);
      }
    }
    this.failed = true;
    closeSync(this.descriptor);
  }

  private flush(): void {
    if (this.inFlight !== undefined || this.pendingOctets === 0 || this.failed) return;
    this.inFlight = this.writeAll(this.takePending()).finally(() => {
      this.inFlight = undefined;
      if (this.pendingOctets >= FLUSH_OCTETS) this.flush();
    });
  }

  private async writeAll(octets: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < octets.length; ) at += await this.writeSome(octets, at);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private writeSome(octets: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.descriptor, octets, at, octets.length - at, null, (error, written) =>
        error === null ? resolve(written) : reject(error),
      );
    });
  }

  /** Gives out what was gathered and gathers in the other buffer; one write at a time makes that safe. */
  private takePending(): Uint8Array {
    const octets = this.pending.subarray(0, this.pendingOctets);
    [this.pending, this.spare] = [this.spare, this.pending];
    this.pendingOctets = 0;
    return octets;
  }

  private grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.pending.length * 2, this.pendingOctets + more));
    larger.set(this.pending.subarray(0, this.pendingOctets));
    this.pending = larger;
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.pendingOctets = 0;
    this.onError(error);
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
 * begins with the same blocks, so that each can be read alone.
 */
export class FileRow {
  private readonly path: string;
  private readonly beginning: readonly Uint8Array[];
  private readonly rotation: Rotation | undefined;
  private readonly onError: (path: string, error: Error) => void;
  private readonly isPrivate: boolean;
  private readonly written: string[] = [];
  private readonly closing = new Set<Promise<void>>();
  private number = 0;
  private current: GrowingFile;
  private octets = 0;
  private beganMillis = 0;

  /** Throws the operating system's error if the first file cannot be made. */
  constructor(
    path: string,
    beginning: readonly Uint8Array[],
    rotation: Rotation | undefined,
    onError: (path: string, error: Error) => void,
    isPrivate = false,
  ) {
    this.path = path;
    this.isPrivate = isPrivate;
    this.beginning = beginning;
    this.rotation = rotation;
    this.onError = onError;
    this.current = this.open();
  }

  add(block: Uint8Array): void {
    if (this.isFull()) this.rotate();
    this.octets += block.length;
    this.current.add(block);
  }

  async close(): Promise<void> {
    await this.current.close();
    await Promise.all(this.closing);
  }

  private isFull(): boolean {
    const { octets, seconds } = this.rotation ?? {};
    if (octets !== undefined && this.octets >= octets) return true;
    return seconds !== undefined && performance.now() - this.beganMillis >= seconds * 1000;
  }

  private rotate(): void {
    const done = this.current.close();
    this.closing.add(done);
    void done.finally(() => this.closing.delete(done));
    try {
      this.current = this.open();
    } catch (error) {
      this.onError(this.nameOf(this.number), error as Error);
    }
    const tooMany =
      this.rotation?.keep === undefined
        ? []
        : this.written.splice(0, this.written.length - this.rotation.keep);
    for (const old of tooMany) rmSync(old, { force: true });
  }

  private open(): GrowingFile {
    this.number++;
    this.octets = 0;
    this.beganMillis = performance.now();
    const path = this.nameOf(this.number);
    const file = new GrowingFile(path, (error) => this.onError(path, error), this.isPrivate);
    this.written.push(path);
    for (const block of this.beginning) file.add(block);
    return file;
  }

  private nameOf(number: number): string {
    if (this.rotation === undefined) return this.path;
    const { dir, name, ext } = parse(this.path);
    return join(dir, `${name}-${`${number}`.padStart(5, '0')}${ext}`);
  }
}
