/**
 * Lines to stdout: gathered into large writes, never more than the reader takes, and silent once the reader is gone.
 * For what a program may read; what is meant for the person at the terminal goes to stderr.
 */
import type { Writable } from 'node:stream';
import { JsonBuffer } from '../dissect/json-buffer.ts';

/** Octets gathered before a write; a line may go over it by its own length. */
const BATCH_OCTETS = 64 * 1024;
/** A buffer that one huge line made larger than this is not kept. */
const KEPT_OCTETS_MAX = 4 * BATCH_OCTETS;

export class Output {
  readonly #stream: Writable;
  /** Buffers that the stream has taken, to be written into again. */
  readonly #free: JsonBuffer[] = [];
  #buffer = newBuffer();
  #text = '';
  #full = false;
  #closed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    const end = () => {
      this.#closed = true;
    };
    stream.on('error', end);
    stream.on('close', end);
  }

  /** Whether the reader is gone: what is written from now on is thrown away, so one may as well stop. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Adds one line; `text` carries no newline at its end. */
  line(text: string): void {
    if (this.#buffer.length > 0) this.#write();
    this.#text += text;
    this.#text += '\n';
    if (this.#text.length >= BATCH_OCTETS) this.#write();
  }

  /** Where the octets of the next line go, newline included; `written` says that they are there. */
  get buffer(): JsonBuffer {
    if (this.#text !== '') this.#write();
    return this.#buffer;
  }

  /** What stands in `buffer` are whole lines. */
  written(): void {
    if (this.#buffer.length >= BATCH_OCTETS) this.#write();
  }

  /** Resolves when the reader has taken enough for more to be made. Call it between pieces of work. */
  async ready(): Promise<void> {
    if (this.#full && !this.#closed) await this.#drained();
  }

  /** Writes what was gathered; resolves when the stream has taken it. */
  async flush(): Promise<void> {
    this.#write();
    await this.ready();
  }

  /** Octets and text are never gathered at the same time, so their order is kept. */
  #write(): void {
    if (this.#buffer.length > 0) {
      const taken = this.#buffer;
      this.#buffer = this.#free.pop() ?? newBuffer();
      this.#send(taken.view(), () => {
        taken.clear();
        if (taken.capacity <= KEPT_OCTETS_MAX) this.#free.push(taken);
      });
    }
    if (this.#text !== '') {
      this.#send(this.#text, () => undefined);
      this.#text = '';
    }
  }

  #send(piece: Uint8Array | string, taken: () => void): void {
    if (this.#closed) taken();
    else this.#full = !this.#stream.write(piece, taken);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#full = false;
        for (const event of ['drain', 'error', 'close']) this.#stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) this.#stream.on(event, done);
    });
  }
}

function newBuffer(): JsonBuffer {
  return new JsonBuffer(BATCH_OCTETS + BATCH_OCTETS / 2);
}
