/**
 * Lines to stdout: gathered into large writes, never more than the reader takes, and silent once the reader is gone.
 * For text that a program may read; what is meant for the person at the terminal goes to stderr.
 */
import type { Writable } from 'node:stream';

/** Characters gathered before a write. */
const BATCH_CHARACTERS = 64 * 1024;

export class Output {
  readonly #stream: Writable;
  #batch = '';
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
    this.#batch += `${text}\n`;
    if (this.#batch.length >= BATCH_CHARACTERS) this.#write();
  }

  /** Adds text as it is. */
  text(text: string): void {
    this.#batch += text;
    if (this.#batch.length >= BATCH_CHARACTERS) this.#write();
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

  #write(): void {
    if (this.#batch === '' || this.#closed) return;
    this.#full = !this.#stream.write(this.#batch);
    this.#batch = '';
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
