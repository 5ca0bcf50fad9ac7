/**
 * Who prints which block of messages, and whose lines are to be written next: a few numbers in memory that threads share.
 * Blocks are taken one after the other, by whichever thread comes to one first, and written in the same order.
 */

/** Blocks that were taken; the next to be taken has this number. */
const TAKEN = 0;
/** Blocks that were written; the next to be written has this number. */
const WRITTEN = 1;
/** 1 once the reader of the output is gone. */
const CLOSED = 2;
/** From here on a word for every so many blocks, which changes when it is the turn of one: those who wait wake alone. */
const BELLS = 3;
const BELLS_COUNT = 64;

/** In place of the blocks that were taken, when no more may be. */
const NO_MORE = 2 ** 31 - 1;

export class Turns {
  /** To be handed to other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(memory = new SharedArrayBuffer((BELLS + BELLS_COUNT) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Begins with this block; those before it are written. Before any thread takes one. */
  begin(block: number): void {
    Atomics.store(this.#words, TAKEN, block);
    Atomics.store(this.#words, WRITTEN, block);
  }

  /** Takes a block. False if another thread has it. To be asked for every block, in order. */
  take(block: number): boolean {
    return Atomics.compareExchange(this.#words, TAKEN, block, block + 1) === block;
  }

  isTaken(block: number): boolean {
    return Atomics.load(this.#words, TAKEN) > block;
  }

  /** From now on no block can be taken. Returns the number of the first that was not. */
  stop(): number {
    return Atomics.exchange(this.#words, TAKEN, NO_MORE);
  }

  /** How many blocks were written. */
  get written(): number {
    return Atomics.load(this.#words, WRITTEN);
  }

  /** Said by who has written the lines of a block whose turn it was. */
  done(block: number): void {
    Atomics.store(this.#words, WRITTEN, block + 1);
    const bell = bellOf(block + 1);
    Atomics.add(this.#words, bell, 1);
    Atomics.notify(this.#words, bell);
  }

  /** Whether lines reach nobody any more. */
  get closed(): boolean {
    return Atomics.load(this.#words, CLOSED) === 1;
  }

  close(): void {
    Atomics.store(this.#words, CLOSED, 1);
  }

  /** Blocks the thread until it is the turn of a block that was taken, or for so long. */
  wait(block: number, millis?: number): void {
    const bell = bellOf(block);
    const heard = Atomics.load(this.#words, bell);
    if (this.written < block) Atomics.wait(this.#words, bell, heard, millis);
  }

  /** The same for a thread that has others to listen to. */
  async waited(block: number): Promise<void> {
    const bell = bellOf(block);
    const heard = Atomics.load(this.#words, bell);
    if (this.written < block) await Atomics.waitAsync(this.#words, bell, heard).value;
  }
}

function bellOf(block: number): number {
  return BELLS + (block % BELLS_COUNT);
}
