/**
 * The main thread's side of the belt: it packs the messages that it reads, prints some when the others do not keep up,
 * and waits for what is written without turning deaf to signals.
 */
import type { Annotations } from '../../../dissect/annotations.ts';
import type { Message } from '../../../dissect/message.ts';
import { STALLED_MILLIS_MAX } from '../../output.ts';
import type { Belt } from './belt.ts';
import { newParcelMemory, Packer } from './packer.ts';
import type { Parcel, ParcelMemory } from './parcel.ts';
import type { BEGUN, Printer } from './printer.ts';
import type { Writer } from './writer.ts';

/** A parcel that is not full goes on after so many pauses: rare messages shall not wait for each other. */
const PAUSES_MAX = 16;

/** What a pool wants of a thread: a part of `Worker`. */
export interface Thread {
  on(event: 'message', listener: (message: typeof BEGUN) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  terminate(): Promise<unknown>;
}

export interface PoolOptions {
  readonly belt: Belt;
  /** This thread's. */
  readonly printer: Printer;
  readonly writer: Writer;
  /** They tell when they have begun to print. */
  readonly threads: readonly Thread[];
  /** Messages in a parcel at most. */
  readonly parcelMessages: number;
}

export class PrintPool {
  private readonly belt: Belt;
  private readonly printer: Printer;
  private readonly threads: readonly Thread[];
  private readonly packer: Packer;
  /** Memory of the parcel at hand, if it is not on the belt. */
  private aside: ParcelMemory | undefined;
  /** Parcels for which there was no room, and where they are: those of one chunk of the capture at most. */
  private readonly waiting: { readonly parcel: Parcel; readonly memory: ParcelMemory }[] = [];
  private readonly free: ParcelMemory[] = [];
  /** While this thread prints a parcel whose lines come in parts. */
  private prints = false;
  private hurries = false;
  /** For how many of them the messages at hand have not been handed over. */
  private pauses = 0;
  private threadsBegun = 0;
  private failure: Error | undefined;
  private changed: () => void = () => undefined;
  private readonly failed = (error: unknown): void => {
    this.failure ??= error as Error;
    this.changed();
  };

  constructor({ belt, printer, writer, threads, parcelMessages }: PoolOptions) {
    this.belt = belt;
    this.printer = printer;
    this.threads = threads;
    this.packer = new Packer(parcelMessages, belt.room);
    for (const thread of threads) {
      thread.on('message', () => {
        this.threadsBegun++;
        this.changed();
      });
      thread.on('error', this.failed);
    }
    writer.run().catch(this.failed);
  }

  /** Whether lines reach nobody any more. */
  get closed(): boolean {
    return this.belt.closed;
  }

  private get haveBegun(): boolean {
    return this.threadsBegun === this.threads.length;
  }

  /** Resolves when all threads that print have begun. @throws what a thread has thrown */
  async begun(): Promise<void> {
    while (!this.haveBegun) await this.change();
  }

  /** Takes the next message; nothing of it is kept behind the end of `settle` or `flush`. */
  push(message: Message, notes: Annotations): void {
    if (this.packer.isFull) this.send();
    this.packer.push(message, notes);
  }

  /**
   * Resolves when there is room for more, or once no more will come; nothing is kept of what was pushed then. @throws what
   * a thread has thrown
   */
  async settle(): Promise<void> {
    this.packer.settle();
    if (!this.packer.isEmpty && ++this.pauses >= PAUSES_MAX) {
      this.send();
      this.belt.wake();
    }
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const { written } = this.belt;
      if (this.fill() || this.hurries) return;
      const parcel = this.shallPrint ? this.belt.take() : undefined;
      if (parcel === undefined) await this.change(this.belt.untilWritten(written));
      else {
        this.print(parcel).catch(this.failed);
        // What can be written by now goes first.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** The same when it may take long until more comes: hands over all that was pushed. */
  async flush(): Promise<void> {
    if (!this.packer.isEmpty) this.send();
    await this.settle();
    this.belt.wake();
  }

  /**
   * After the last message: resolves when the lines of all are written. Unless it is the `whole` capture, gives up when
   * the reader of the output takes nothing. @throws what a thread has thrown
   */
  async drain(whole: boolean): Promise<void> {
    if (whole) await this.flush();
    this.belt.wake();
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const { written, filled } = this.belt;
      if (written === filled) return;
      await this.change(this.belt.untilWritten(written, whole ? undefined : STALLED_MILLIS_MAX));
      if (!whole && this.belt.written === written) return;
    }
  }

  /** Said when reading is cut short: what waits for the reader of the output is not waited for. */
  hurry(): void {
    this.hurries = true;
    this.changed();
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  private send(): void {
    const parcel = this.packer.take();
    this.pauses = 0;
    if (this.aside === undefined) this.belt.fill(parcel);
    else this.waiting.push({ parcel, memory: this.aside });
    this.aside = this.fill() && this.belt.hasRoom ? undefined : (this.free.pop() ?? newParcelMemory());
    this.packer.useMemory(this.aside ?? this.belt.room);
  }

  /**
   * Whether this thread is to help. Not while lines can be written, which nobody else does, and not while the others
   * begin: they are there before code that has never run here prints at any speed.
   */
  private get shallPrint(): boolean {
    return this.haveBegun && !this.prints && !this.belt.isPrinted(this.belt.written);
  }

  private async print(parcel: number): Promise<void> {
    this.prints = true;
    await this.printer.printAside(parcel);
    this.prints = false;
  }

  /** Puts what waits on the belt as far as there is room. Whether nothing waits any more. */
  private fill(): boolean {
    for (let next = this.waiting[0]; next !== undefined && this.belt.hasRoom; next = this.waiting[0]) {
      this.belt.fill(next.parcel);
      this.free.push(next.memory);
      this.waiting.shift();
    }
    return this.waiting.length === 0;
  }

  /** Resolves when a thread has something to tell, or with `wanted`. */
  private async change(wanted?: Promise<void>): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const changed = new Promise<void>((resolve) => {
      this.changed = resolve;
    });
    await (wanted === undefined ? changed : Promise.race([changed, wanted]));
  }
}
