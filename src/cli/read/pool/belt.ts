/**
 * A conveyor belt between threads, in memory that they share: parcels of messages are filled in order by one thread,
 * printed by any, and their lines written in order by one. A parcel lies in one slot all the way. Nobody here waits
 * for a lock: each number is moved on by one kind of thread, and who has nothing to do sleeps until it moves.
 */
import {
  PARCEL_MESSAGES_MAX,
  PARCEL_OCTETS_MAX,
  type Parcel,
  type ParcelMemory,
  RECORD_FIELDS,
} from './parcel.ts';

/** Parcels on their way: enough that nobody waits for a thread that the system has put aside for a while. */
const SLOTS = 32;
/**
 * So many parcels must lie there before one more thread is woken: waking one costs this thread as much as it takes to
 * read a hundred messages, and threads that print are faster than the one that reads.
 */
const WAKING_PARCELS = 4;
/** Octets of lines that fit beside a parcel; more come in parts. Memory that is never written to costs nothing. */
export const LINES_OCTETS_MAX = 256 * 1024;

/** How many parcels were filled, taken by those who print, and written: the next one of each has this number. */
const FILLED = 0;
const TAKEN = 1;
const WRITTEN = 2;
/** 1 once the reader of the output is gone. */
const CLOSED = 3;
/** From here on so many words for each slot. */
const SLOT_WORDS = 6;
const WORDS_OF_SLOTS = 4;
/** One more than the number of the parcel whose lines it has; 0 once a part of them was written, and more will come. */
const PRINTED = 0;
const MESSAGES = 1;
const OCTETS = 2;
const SPEAKERS_AT = 3;
/** Octets of lines. */
const LINES = 4;
/** 1 if these are not the last lines of the parcel. */
const MORE = 5;

/** Memory of a belt, as it is handed to other threads. */
export interface BeltMemory {
  readonly words: SharedArrayBuffer;
  readonly records: SharedArrayBuffer;
  readonly octets: SharedArrayBuffer;
  readonly lines: SharedArrayBuffer;
}

export class Belt {
  readonly memory: BeltMemory;
  private readonly words: Int32Array<SharedArrayBuffer>;

  constructor(memory: BeltMemory = newMemory()) {
    this.memory = memory;
    this.words = new Int32Array(memory.words);
  }

  get filled(): number {
    return Atomics.load(this.words, FILLED);
  }

  get written(): number {
    return Atomics.load(this.words, WRITTEN);
  }

  /** Whether there is a slot for one more parcel. Asked by the only thread that fills. */
  get hasRoom(): boolean {
    return this.filled - this.written < SLOTS;
  }

  /** Whether lines reach nobody any more. */
  get closed(): boolean {
    return Atomics.load(this.words, CLOSED) === 1;
  }

  close(): void {
    Atomics.store(this.words, CLOSED, 1);
  }

  /** Where the next parcel may be packed, so that `fill` need not copy it. Only if there is room. */
  get room(): ParcelMemory {
    const slot = this.filled % SLOTS;
    return {
      records: this.recordsOf(slot, PARCEL_MESSAGES_MAX),
      octets: this.octetsOf(slot, PARCEL_OCTETS_MAX),
    };
  }

  /** Puts the next parcel on the belt. Only if there is room. Who sleeps may go on sleeping until `wake`. */
  fill({ messages, records, octets, speakersAt }: Parcel): void {
    const parcel = this.filled;
    const slot = parcel % SLOTS;
    if (records.buffer !== this.memory.records) {
      this.recordsOf(slot, messages).set(records.subarray(0, messages * RECORD_FIELDS));
      this.octetsOf(slot, octets.length).set(octets);
    }
    this.setWord(slot, MESSAGES, messages);
    this.setWord(slot, OCTETS, octets.length);
    this.setWord(slot, SPEAKERS_AT, speakersAt);
    Atomics.store(this.words, FILLED, parcel + 1);
    if (parcel + 1 - Atomics.load(this.words, TAKEN) >= WAKING_PARCELS) Atomics.notify(this.words, FILLED, 1);
  }

  /** No more will come for now: what lies there is to be printed, however little. */
  wake(): void {
    if (Atomics.load(this.words, TAKEN) < this.filled) Atomics.notify(this.words, FILLED);
  }

  /** Takes the next parcel to be printed; its number, or `undefined` if there is none. */
  take(): number | undefined {
    for (;;) {
      const parcel = Atomics.load(this.words, TAKEN);
      if (parcel === this.filled) return undefined;
      if (Atomics.compareExchange(this.words, TAKEN, parcel, parcel + 1) === parcel) return parcel;
    }
  }

  /** Takes the next parcel, blocking the thread until there is one. */
  takeWaiting(): number {
    for (;;) {
      const filled = this.filled;
      const parcel = this.take();
      if (parcel !== undefined) return parcel;
      Atomics.wait(this.words, FILLED, filled);
    }
  }

  /** The parcel with this number, by who has taken it. */
  parcel(number: number): Parcel {
    const slot = number % SLOTS;
    const messages = this.word(slot, MESSAGES);
    return {
      messages,
      records: this.recordsOf(slot, messages),
      octets: this.octetsOf(slot, this.word(slot, OCTETS)),
      speakersAt: this.word(slot, SPEAKERS_AT),
    };
  }

  /**
   * Puts lines of a parcel beside it, as many as there is room for; returns the rest, which may follow when these were
   * written.
   */
  print(parcel: number, lines: Uint8Array): Uint8Array {
    const slot = parcel % SLOTS;
    const length = Math.min(lines.length, LINES_OCTETS_MAX);
    this.linesOf(slot, length).set(lines.subarray(0, length));
    this.setWord(slot, LINES, length);
    this.setWord(slot, MORE, length < lines.length ? 1 : 0);
    const mark = wordOf(slot, PRINTED);
    Atomics.store(this.words, mark, parcel + 1);
    Atomics.notify(this.words, mark);
    return lines.subarray(length);
  }

  isPrinted(parcel: number): boolean {
    return Atomics.load(this.words, wordOf(parcel % SLOTS, PRINTED)) === parcel + 1;
  }

  /** The lines that lie beside a printed parcel. */
  lines(parcel: number): Uint8Array {
    const slot = parcel % SLOTS;
    return this.linesOf(slot, this.word(slot, LINES));
  }

  /** Whether these are the last ones. */
  isWhole(parcel: number): boolean {
    return this.word(parcel % SLOTS, MORE) === 0;
  }

  /** Said by the only thread that writes: what lay beside this parcel is written, and there is room for the rest. */
  wrotePart(parcel: number): void {
    const mark = wordOf(parcel % SLOTS, PRINTED);
    Atomics.store(this.words, mark, 0);
    Atomics.notify(this.words, mark);
  }

  /** Said by the only thread that writes: all parcels before this one are written, and their slots free. */
  wrote(end: number): void {
    Atomics.store(this.words, WRITTEN, end);
    Atomics.notify(this.words, WRITTEN);
  }

  /** Resolves when a parcel is printed; at once if it is. */
  async untilPrinted(parcel: number): Promise<void> {
    const mark = wordOf(parcel % SLOTS, PRINTED);
    const heard = Atomics.load(this.words, mark);
    if (heard !== parcel + 1) await Atomics.waitAsync(this.words, mark, heard).value;
  }

  /** Blocks the thread that prints a parcel until what lies beside it is written. */
  waitForRoom(parcel: number): void {
    Atomics.wait(this.words, wordOf(parcel % SLOTS, PRINTED), parcel + 1);
  }

  /** The same without blocking. */
  async untilRoom(parcel: number): Promise<void> {
    await Atomics.waitAsync(this.words, wordOf(parcel % SLOTS, PRINTED), parcel + 1).value;
  }

  /** Resolves when more than `written` parcels are written, or after so long. */
  async untilWritten(written: number, millis?: number): Promise<void> {
    await Atomics.waitAsync(this.words, WRITTEN, written, millis).value;
  }

  private recordsOf(slot: number, messages: number): Float64Array {
    const start = slot * PARCEL_MESSAGES_MAX * RECORD_FIELDS * Float64Array.BYTES_PER_ELEMENT;
    return new Float64Array(this.memory.records, start, messages * RECORD_FIELDS);
  }

  private octetsOf(slot: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.octets, slot * PARCEL_OCTETS_MAX, length);
  }

  private linesOf(slot: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.lines, slot * LINES_OCTETS_MAX, length);
  }

  /** Other words than those that are waited for become visible with these. */
  private word(slot: number, word: number): number {
    return this.words[wordOf(slot, word)] as number;
  }

  private setWord(slot: number, word: number, value: number): void {
    this.words[wordOf(slot, word)] = value;
  }
}

function wordOf(slot: number, word: number): number {
  return WORDS_OF_SLOTS + slot * SLOT_WORDS + word;
}

function newMemory(): BeltMemory {
  return {
    words: new SharedArrayBuffer((WORDS_OF_SLOTS + SLOTS * SLOT_WORDS) * Int32Array.BYTES_PER_ELEMENT),
    records: new SharedArrayBuffer(
      SLOTS * PARCEL_MESSAGES_MAX * RECORD_FIELDS * Float64Array.BYTES_PER_ELEMENT,
    ),
    octets: new SharedArrayBuffer(SLOTS * PARCEL_OCTETS_MAX),
    lines: new SharedArrayBuffer(SLOTS * LINES_OCTETS_MAX),
  };
}
