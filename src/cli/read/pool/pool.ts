/**
 * Threads that print blocks of messages while this one reads. Lines come out in the order of the messages whichever
 * thread is first; blocks on their way are bounded, and their memory is used again.
 */
import { Worker } from 'node:worker_threads';
import type { Annotations } from '../../../dissect/annotations.ts';
import type { Message } from '../../../dissect/message.ts';
import type { Output } from '../../output.ts';
import { type BlockMemory, BlockWriter } from './block.ts';
import type { BlockToPrint, FromThread, PrintOrder } from './orders.ts';

/** Blocks that a thread has before it, or whose lines wait for those of others. */
const BLOCKS_PER_THREAD = 3;
/** Octets for the lines of a block, to begin with. */
const LINES_OCTETS = 256 * 1024;
/** Memory for lines that one block made larger than this is not kept. */
const LINES_OCTETS_MAX = 8 * LINES_OCTETS;
/** What a thread may allocate beside the blocks: small, because nothing of a message lives longer than its line. */
const THREAD_HEAP_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };

/** What a pool wants of a thread: a part of `Worker`. */
export interface Thread {
  postMessage(message: BlockToPrint, handedOver: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: FromThread) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  terminate(): Promise<unknown>;
}

/** A real thread. */
export function startThread(order: PrintOrder): Thread {
  return new Worker(new URL('./print-thread.js', import.meta.url), {
    workerData: order,
    resourceLimits: THREAD_HEAP_LIMITS,
    // Nothing may come between the lines of the main thread.
    stdout: false,
    stderr: false,
  });
}

/** A block on its way, and its lines when they are there. */
interface Waiting {
  lines: Uint8Array<ArrayBuffer> | undefined;
}

/** A thread and the blocks that it has before it, in order. */
interface Lane {
  readonly thread: Thread;
  readonly given: Waiting[];
}

export class PrintPool {
  readonly #out: Output;
  readonly #lanes: readonly Lane[];
  /** Blocks whose lines were not written yet, in order. */
  readonly #waiting: Waiting[] = [];
  readonly #blockMemory: BlockMemory[] = [];
  readonly #lineMemory: ArrayBuffer[] = [];
  #writer: BlockWriter;
  #next = 0;
  #readyThreads = 0;
  #failure: Error | undefined;
  #changed: () => void = () => undefined;

  constructor(out: Output, threads: readonly Thread[], writer = new BlockWriter()) {
    this.#out = out;
    this.#writer = writer;
    this.#lanes = threads.map((thread) => ({ thread, given: [] }));
    for (const lane of this.#lanes) this.#listen(lane);
  }

  /** Whether all threads have begun. */
  get ready(): boolean {
    return this.#readyThreads === this.#lanes.length;
  }

  /** Resolves when all threads have begun. @throws what a thread has thrown */
  async begun(): Promise<void> {
    await this.#until(() => this.ready);
  }

  /** Takes the next message; nothing of it is kept. */
  add(message: Message, notes: Annotations): void {
    if (this.#writer.isFull) this.#send();
    this.#writer.add(message, notes);
  }

  /** Resolves when not too many blocks are on their way. @throws what a thread has thrown */
  async room(): Promise<void> {
    await this.#until(() => this.#waiting.length < this.#lanes.length * BLOCKS_PER_THREAD);
  }

  /** Resolves when the lines of all messages were handed to the output. @throws what a thread has thrown */
  async drain(): Promise<void> {
    if (!this.#writer.isEmpty) this.#send();
    await this.#until(() => this.#waiting.length === 0);
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ thread }) => thread.terminate()));
  }

  #listen({ thread, given }: Lane): void {
    thread.on('message', (message) => {
      if (message === 'ready') this.#readyThreads++;
      else {
        this.#blockMemory.push(message.memory);
        const block = given.shift();
        if (block !== undefined) block.lines = message.lines;
        this.#write();
      }
      this.#changed();
    });
    thread.on('error', (error) => {
      this.#failure ??= error;
      this.#changed();
    });
  }

  #send(): void {
    const { thread, given } = this.#lanes[this.#next] as Lane;
    this.#next = (this.#next + 1) % this.#lanes.length;
    const block = this.#writer.take(this.#blockMemory.pop());
    const memory = this.#lineMemory.pop() ?? new ArrayBuffer(LINES_OCTETS);
    const waiting: Waiting = { lines: undefined };
    this.#waiting.push(waiting);
    given.push(waiting);
    thread.postMessage({ block, memory }, [block.rows.buffer, block.octets.buffer, memory]);
  }

  /** Hands on the lines of all blocks that are done and have none before them that is not. */
  #write(): void {
    for (;;) {
      const lines = this.#waiting[0]?.lines;
      if (lines === undefined) return;
      this.#waiting.shift();
      const { buffer } = lines;
      this.#out.pass(lines, () => {
        if (buffer.byteLength <= LINES_OCTETS_MAX) this.#lineMemory.push(buffer);
      });
    }
  }

  async #until(done: () => boolean): Promise<void> {
    while (this.#failure === undefined && !done()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    await this.#out.ready();
  }
}
