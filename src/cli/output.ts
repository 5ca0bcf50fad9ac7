/**
 * Lines to stdout: gathered into large writes, never more than the reader takes, and silent once the reader is gone.
 * For what a program may read; what is meant for the person at the terminal goes to stderr.
 */
import type { Writable } from 'node:stream';
import { JsonBuffer } from '../dissect/json-buffer.ts';
import type { LineSink } from './read/format.ts';

/** Octets gathered before a write; a line may go over it by its own length. */
const BATCH_OCTETS = 64 * 1024;
/** A buffer that one huge line made larger than this is not kept. */
const KEPT_OCTETS_MAX = 4 * BATCH_OCTETS;
const NEWLINE = 0x0a;

/** After an interrupt: how long a reader may take nothing before the rest is given up. */
export const STALLED_MILLIS_MAX = 250;

export class Output implements LineSink {
  private readonly stream: Writable;
  /** Buffers that the stream has taken, to be written into again. */
  private readonly free: JsonBuffer[] = [];
  private filling = newBuffer();
  private full = false;
  /** Those who wait for the reader. */
  private readonly waiting: (() => void)[] = [];
  private hasClosed = false;
  private abandoned: () => void = () => undefined;

  constructor(stream: Writable) {
    this.stream = stream;
    stream.on('error', () => this.abandon());
    stream.on('close', () => this.abandon());
    stream.on('drain', () => {
      this.full = false;
      this.wake();
    });
  }

  /** Whether the reader is gone: what is written from now on is thrown away, so one may as well stop. */
  get closed(): boolean {
    return this.hasClosed;
  }

  line(text: string): void {
    this.filling.putText(text);
    this.filling.putCode(NEWLINE);
    this.written();
  }

  get buffer(): JsonBuffer {
    return this.filling;
  }

  written(): void {
    if (this.filling.length >= BATCH_OCTETS) this.write();
  }

  /** Resolves when the reader has taken enough for more to be made. Call it between pieces of work. */
  async ready(): Promise<void> {
    if (!this.full || this.hasClosed) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Writes what was gathered; resolves when the stream has taken it. */
  async flush(): Promise<void> {
    this.write();
    await this.ready();
  }

  /**
   * Writes pieces as they are, behind all that came before. Resolves when they are taken, and may be called again then;
   * false if the reader is gone.
   */
  async writeAll(pieces: readonly Uint8Array[]): Promise<boolean> {
    this.write();
    if (this.hasClosed) return false;
    await new Promise<void>((resolve) => {
      this.abandoned = resolve;
      this.stream.cork();
      for (const piece of pieces) this.stream.write(piece);
      this.stream.write('', () => resolve());
      this.stream.uncork();
    });
    return !this.hasClosed;
  }

  /** Said when all shall end soon: a reader that has not taken what waits for it by then is taken for gone. */
  hurry(): void {
    setTimeout(() => {
      if (this.full) this.abandon();
    }, STALLED_MILLIS_MAX).unref();
  }

  /** Behind all that was written: whether the reader has taken it, or is gone, before it has taken nothing for too long. */
  isTaken(): Promise<boolean> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), STALLED_MILLIS_MAX);
      this.stream.write('', () => {
        clearTimeout(late);
        resolve(true);
      });
    });
  }

  /** Said by who has found that the reader is gone. */
  abandon(): void {
    this.hasClosed = true;
    this.abandoned();
    this.wake();
  }

  private write(): void {
    if (this.filling.length === 0) return;
    const taken = this.filling;
    this.filling = this.free.pop() ?? newBuffer();
    this.send(taken.view(), () => {
      taken.clear();
      if (taken.capacity <= KEPT_OCTETS_MAX) this.free.push(taken);
    });
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  private send(piece: Uint8Array, taken: () => void): void {
    if (this.hasClosed) taken();
    else this.full = !this.stream.write(piece, taken);
  }
}

function newBuffer(): JsonBuffer {
  return new JsonBuffer(BATCH_OCTETS + BATCH_OCTETS / 2);
}
