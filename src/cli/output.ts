/**
 * Lines to stdout: gathered into large writes, never more than the reader takes, and silent once the reader is gone.
 * For what a program may read; what is meant for the person at the terminal goes to stderr.
 */
import type { Writable } from 'node:stream';

/** Octets gathered before a write; a text may go over it by its own length. */
const BATCH_OCTETS = 64 * 1024;

export class Output {
  readonly #stream: Writable;
  #batch: Buffer = Buffer.allocUnsafe(BATCH_OCTETS);
  #length = 0;
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
    if (this.#length > 0) this.#write();
    this.#text += text;
    this.#text += '\n';
    if (this.#text.length >= BATCH_OCTETS) this.#write();
  }

  /** Adds octets, which may change as soon as this returns. */
  octets(octets: Uint8Array): void {
    if (this.#text !== '' || this.#length + octets.length > BATCH_OCTETS) this.#write();
    if (octets.length > BATCH_OCTETS) {
      this.#send(Buffer.from(octets));
      return;
    }
    this.#batch.set(octets, this.#length);
    this.#length += octets.length;
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
    if (this.#length > 0) {
      this.#send(this.#batch.subarray(0, this.#length));
      this.#batch = Buffer.allocUnsafe(BATCH_OCTETS);
      this.#length = 0;
    }
    if (this.#text !== '') {
      this.#send(this.#text);
      this.#text = '';
    }
  }

  #send(piece: Buffer | string): void {
    if (!this.#closed) this.#full = !this.#stream.write(piece);
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
