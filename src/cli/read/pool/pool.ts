/**
 * Threads that read the same files as this one, and print and write their share of the lines beside it. Starting and
 * ending them, and what this thread does to wait for them without turning deaf.
 */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { DefinitionFile } from '../../../dissect/definition.ts';
import type { FormatChoice } from '../format.ts';
import type { CaptureOptions } from '../input.ts';
import type { Share } from './share.ts';
import type { Turns } from './turns.ts';

/** What a thread may allocate. */
const THREAD_HEAP_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 128 };

/** With which a thread begins. Everything in it survives being copied. */
export interface PrintOrder {
  readonly files: readonly string[];
  readonly options: CaptureOptions;
  /** Reads the files once before. */
  readonly twoPass: boolean;
  readonly choice: Omit<FormatChoice, 'dissectors'>;
  readonly filter: string | undefined;
  readonly definitions: readonly DefinitionFile[];
  /** Memory of the turns. */
  readonly turns: SharedArrayBuffer;
}

/** What a pool wants of a thread: a part of `Worker`. */
export interface Thread {
  /** The only message: that it has begun. */
  on(event: 'message', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  terminate(): Promise<unknown>;
}

/** A real thread. */
export function startThread(order: PrintOrder): Thread {
  // Nothing of a message lives longer than its line. Less than a heap's limits can ask for; it holds for heaps to come.
  setFlagsFromString('--max-semi-space-size=1');
  return new Worker(new URL('./print-thread.js', import.meta.url), {
    workerData: order,
    resourceLimits: THREAD_HEAP_LIMITS,
    // Nothing may come between the lines.
    stdout: false,
    stderr: false,
  });
}

const NEVER = new Promise<void>(() => undefined);

export class PrintPool {
  readonly #turns: Turns;
  readonly #share: Share;
  readonly #threads: readonly Thread[];
  #begun = 0;
  #failure: Error | undefined;
  #changed: () => void = () => undefined;

  /** `share` is this thread's. */
  constructor(turns: Turns, share: Share, threads: readonly Thread[]) {
    this.#turns = turns;
    this.#share = share;
    this.#threads = threads;
    for (const thread of threads) {
      thread.on('message', () => {
        this.#begun++;
        this.#changed();
      });
      thread.on('error', (error) => {
        this.#failure ??= error;
        this.#changed();
      });
    }
  }

  /** Resolves when all threads have begun. @throws what a thread has thrown */
  async begun(): Promise<void> {
    await this.#until(() => (this.#begun === this.#threads.length ? undefined : NEVER));
  }

  /** Resolves when not too much is printed that cannot be written yet. @throws what a thread has thrown */
  async room(): Promise<void> {
    await this.#until(() => this.#turnOf(this.#share.overdue));
  }

  /**
   * After the last message: resolves when the lines of all are written. If reading was cut short, of all messages up to
   * some place about where it stopped. @throws what a thread has thrown
   */
  async drain(whole: boolean): Promise<void> {
    let end: number;
    if (!whole && this.#share.drop()) end = this.#share.block;
    else {
      this.#share.end();
      end = this.#turns.stop();
    }
    await this.#until(() => this.#turnOf(this.#share.first));
    await this.#until(() => this.#turnOf(this.#turns.written < end ? end : undefined));
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #turnOf(block: number | undefined): Promise<void> | undefined {
    return block === undefined ? undefined : this.#turns.waited(block);
  }

  /** Waits for what `next` says until that is nothing. Meanwhile this thread writes what it has to. */
  async #until(next: () => Promise<void> | undefined): Promise<void> {
    for (;;) {
      this.#share.writeDue();
      if (this.#failure !== undefined) throw this.#failure;
      const wanted = next();
      if (wanted === undefined) return;
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      await Promise.race([changed, wanted]);
    }
  }
}
