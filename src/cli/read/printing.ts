/**
 * From messages to lines on standard output: here, or, when there is a lot to read, in other threads beside this one.
 * What comes out is the same, to the octet.
 */
import type { StateChange } from '../../analyze/relationships.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import type { CaptureProgress } from '../../capture/options.ts';
import type { Annotations } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import type { Filter } from '../../filter/compile.ts';
import type { Output } from '../output.ts';
import type { Format, FormatChoice } from './format.ts';
import { makeFormat } from './formats.ts';
import type { PrintPool } from './pool/pool.ts';

/** What must be left to read before threads gain more than they take to begin and to become fast. */
const SHARED_OCTETS_MIN = 16 << 20;

export interface PrintingOptions {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  readonly out: Output;
  /** Threads that print. 1 or less: this one alone; else so many others. */
  readonly threads: number;
  /** Starts them as soon as something was read, however little there may be. */
  readonly atOnce: boolean;
}

export class Printing {
  readonly #options: PrintingOptions;
  readonly #format: Format;
  /** When the first message was seen that was printed. */
  #beginMillis: number | undefined;
  #pool: PrintPool | undefined;

  /** @throws InputError for a choice that makes no sense */
  constructor(options: PrintingOptions) {
    this.#options = options;
    this.#format = makeFormat(options.choice, options.out);
  }

  /** Before the first message: starts the threads if they shall not wait for a large file. */
  async begin(): Promise<void> {
    if (this.#options.atOnce && this.#mayShare()) await this.#startThreads();
  }

  /** Takes the next message; nothing of it is kept. */
  push(message: Message, notes: Annotations, change: StateChange | undefined): void {
    if (this.#pool?.ready === true) {
      this.#pool.add(message, notes);
      return;
    }
    const { filter } = this.#options;
    if (filter !== undefined && !filter.matches(message, notes)) return;
    this.#beginMillis ??= timestampMillis(message.frame.seen.time);
    this.#format(message, notes, change);
  }

  /** To be waited for between pieces of work: lets threads and readers of the output keep up. */
  async pause(progress: CaptureProgress): Promise<void> {
    if (this.#pool === undefined && this.#mayShare() && this.#isMuch(progress)) await this.#startThreads();
    await this.#pool?.room();
    await this.#options.out.flush();
  }

  /** Everything that was pushed is written, or handed to the output. */
  async finish(): Promise<void> {
    await this.#pool?.drain();
    await this.#options.out.flush();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool?.close();
  }

  /** A ladder is one drawing; the other formats go on anywhere, once those that count from the first line have one. */
  #mayShare(): boolean {
    const { choice, threads } = this.#options;
    if (threads <= 1 || choice.type === 'ladder') return false;
    const countsFromFirst = choice.type === 'tree' || choice.columns?.includes('delta') === true;
    return this.#beginMillis !== undefined || !countsFromFirst;
  }

  #isMuch({ octets, octetsTotal }: CaptureProgress): boolean {
    if (octetsTotal === undefined) return false;
    return this.#options.atOnce || octetsTotal - octets >= SHARED_OCTETS_MIN;
  }

  async #startThreads(): Promise<void> {
    const { choice, filter, out, threads, atOnce } = this.#options;
    const { PrintPool, startThread } = await import('./pool/pool.ts');
    const { dissectors, ...rest } = choice;
    const order = {
      choice: { ...rest, continues: { beginMillis: this.#beginMillis ?? 0 } },
      filter: filter?.text,
      definitions: dissectors.files,
    };
    this.#pool = new PrintPool(
      out,
      Array.from({ length: threads }, () => startThread(order)),
    );
    if (atOnce) await this.#pool.begun();
  }
}
