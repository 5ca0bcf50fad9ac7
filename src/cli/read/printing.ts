/**
 * From messages to lines on standard output: here, or, when there is a lot to read, in other threads beside this one.
 * What comes out is the same, to the octet.
 */
import { statSync } from 'node:fs';
import type { StateChange } from '../../analyze/relationships.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import type { CaptureProgress } from '../../capture/options.ts';
import type { Annotations } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import type { Filter } from '../../filter/compile.ts';
import type { Output } from '../output.ts';
import type { Format, FormatChoice } from './format.ts';
import { makeFormat } from './formats.ts';
import type { CaptureOptions } from './input.ts';
import { Blocks, blockMessages } from './pool/blocks.ts';
import type { PrintPool } from './pool/pool.ts';
import type { Share } from './pool/share.ts';
import type { Turns } from './pool/turns.ts';

/** What must be left to read before threads gain more than they take to begin and to become fast. */
const SHARED_OCTETS_MIN = 16 << 20;

/** How long this thread waits for another without listening to signals or for the end of threads. */
const DEAF_MILLIS_MAX = 20;

export interface PrintingOptions {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  readonly out: Output;
  /** What is read, and how: other threads read it, too. */
  readonly files: readonly string[];
  readonly options: CaptureOptions;
  readonly twoPass: boolean;
  /** Threads that print, this one among them. */
  readonly threads: number;
  /** Starts them before the first message, however little there may be. */
  readonly atOnce: boolean;
}

/** What there is when there are other threads. */
interface Together {
  readonly share: Share;
  readonly turns: Turns;
  readonly pool: PrintPool;
}

export class Printing {
  readonly #options: PrintingOptions;
  readonly #format: Format;
  readonly #blocks: Blocks;
  /** When the first message was seen that was printed. */
  #beginMillis: number | undefined;
  #together: Together | undefined;

  /** @throws InputError for a choice that makes no sense */
  constructor(options: PrintingOptions) {
    this.#options = options;
    this.#format = makeFormat(options.choice, options.out);
    this.#blocks = new Blocks(blockMessages(options.choice.type));
  }

  /** Before the first message: starts the threads if they shall not wait for a large file. */
  async begin(): Promise<void> {
    if (!this.#options.atOnce || !this.#mayShare()) return;
    const { pool } = await this.#startThreads();
    await pool.begun();
  }

  /** Takes the next message; nothing of it is kept. */
  push(message: Message, notes: Annotations, change: StateChange | undefined): void {
    if (this.#together !== undefined) {
      this.#together.share.push(message, notes);
      return;
    }
    this.#blocks.next(message.size);
    const { filter } = this.#options;
    if (filter !== undefined && !filter.matches(message, notes)) return;
    this.#beginMillis ??= timestampMillis(message.frame.seen.time);
    this.#format(message, notes, change);
  }

  /** To be waited for between pieces of work: lets threads and readers of the output keep up. */
  async pause(progress: CaptureProgress): Promise<void> {
    const { out } = this.#options;
    if (this.#together === undefined && isMuch(progress) && this.#mayShare()) await this.#startThreads();
    if (this.#together === undefined) return out.flush();
    const { pool, turns } = this.#together;
    await pool.room();
    if (turns.closed) out.abandon();
  }

  /** Everything that was pushed is written, or handed to the output; if reading was cut short, not all of it. */
  async finish(whole: boolean): Promise<void> {
    await this.#together?.pool.drain(whole);
    await this.#options.out.flush();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#together?.pool.close();
  }

  /** A ladder is one drawing; the other formats go on anywhere, once those that count from the first line have one. */
  #mayShare(): boolean {
    const { choice, threads, files, options } = this.#options;
    if (threads <= 1 || choice.type === 'ladder') return false;
    const countsFromFirst = choice.type === 'tree' || choice.columns?.includes('delta') === true;
    if (countsFromFirst && this.#beginMillis === undefined) return false;
    return [...files, options.tlsKeylog].every((file) => file === undefined || isFile(file));
  }

  async #startThreads(): Promise<Together> {
    const { choice, filter, out, threads, files, options, twoPass } = this.#options;
    const { PrintPool, startThread } = await import('./pool/pool.ts');
    const { Share } = await import('./pool/share.ts');
    const { Turns } = await import('./pool/turns.ts');
    const { writeToStdout } = await import('./pool/stdout.ts');
    await out.emptied();
    const continued = { ...choice, continues: { beginMillis: this.#beginMillis ?? 0 } };
    const turns = new Turns();
    const share = new Share({
      choice: continued,
      filter,
      turns,
      blocks: this.#blocks,
      write: writeToStdout,
      wait: (block) => turns.wait(block, DEAF_MILLIS_MAX),
    });
    share.begin();
    const { dissectors, ...rest } = continued;
    const order = {
      files,
      options,
      twoPass,
      choice: rest,
      filter: filter?.text,
      definitions: dissectors.files,
      turns: turns.memory,
    };
    const others = Array.from({ length: threads - 1 }, () => startThread(order));
    this.#together = { share, turns, pool: new PrintPool(turns, share, others) };
    return this.#together;
  }
}

function isMuch({ octets, octetsTotal }: CaptureProgress): boolean {
  return octetsTotal !== undefined && octetsTotal - octets >= SHARED_OCTETS_MIN;
}

/** Whether everybody who reads it gets the same. */
function isFile(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
