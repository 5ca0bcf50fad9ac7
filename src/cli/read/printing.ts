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
import type { Format, FormatChoice, FormatName } from './format.ts';
import { makeFormat } from './formats.ts';
import type { PrintPool } from './pool/pool.ts';

/** What must be left to read before threads gain more than they take to begin and to become fast. */
const SHARED_OCTETS_MIN = 16 << 20;

/** Messages that are handed over at once: so many that their lines are worth a write, so few that nobody waits long. */
const PARCEL_MESSAGES = { short: 512, long: 64 } as const;

export interface PrintingOptions {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  readonly out: Output;
  /** Threads that print, this one among them. */
  readonly threads: number;
  /** Has them begin before the first message, however little there may be. */
  readonly atOnce: boolean;
  /** Octets to be read, where they are known. */
  readonly octetsTotal: number | undefined;
}

export class Printing {
  private readonly options: PrintingOptions;
  private readonly format: Format;
  /** When the first message was seen that was printed. */
  private beginMillis: number | undefined;
  /** Once there are other threads. */
  private pool: PrintPool | undefined;

  /** @throws InputError for a choice that makes no sense */
  constructor(options: PrintingOptions) {
    this.options = options;
    this.format = makeFormat(options.choice, options.out);
  }

  /** Before the first message: starts the threads if there is enough to read, or they shall not wait to see. */
  async begin(): Promise<void> {
    const { atOnce, octetsTotal } = this.options;
    if (!this.mayShare() || !(atOnce || isMuch({ octets: 0, octetsTotal }))) return;
    const pool = await this.startThreads();
    if (atOnce) await pool.begun();
  }

  /** Takes the next message; nothing of it is kept. Returns whether it was printed here, not by other threads. */
  push(message: Message, notes: Annotations, change: StateChange | undefined): boolean {
    if (this.pool !== undefined) {
      this.pool.push(message, notes);
      return false;
    }
    const { filter } = this.options;
    if (filter !== undefined && !filter.matches(message, notes)) return false;
    this.beginMillis ??= timestampMillis(message.frame.seen.time);
    this.format(message, notes, change);
    return true;
  }

  /** To be waited for between pieces of work: lets threads and readers of the output keep up. */
  async pause(progress: CaptureProgress): Promise<void> {
    if (this.pool === undefined && isMuch(progress) && this.mayShare()) await this.startThreads();
    await this.waited(this.pool?.settle());
  }

  /** The same before waiting for more to read: all that was pushed is printed now. */
  async flush(): Promise<void> {
    await this.waited(this.pool?.flush());
  }

  /** Said when reading is cut short: nobody waits for a reader of the output that takes nothing. */
  hurry(): void {
    this.pool?.hurry();
  }

  /** Everything that was pushed is written, or handed to the output; if reading was cut short, not all of it. */
  async finish(whole: boolean): Promise<void> {
    await this.pool?.drain(whole);
    await this.options.out.flush();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.pool?.close();
  }

  private async waited(pool: Promise<void> | undefined): Promise<void> {
    const { out } = this.options;
    if (pool === undefined) return out.flush();
    await pool;
    if (this.pool?.closed === true) out.abandon();
  }

  /** A ladder is one drawing; the other formats go on anywhere, once those that count from the first line have one. */
  private mayShare(): boolean {
    const { choice, threads } = this.options;
    if (threads <= 1 || choice.type === 'ladder') return false;
    const countsFromFirst = choice.type === 'tree' || choice.columns?.includes('delta') === true;
    return !countsFromFirst || this.beginMillis !== undefined;
  }

  private async startThreads(): Promise<PrintPool> {
    const { choice, filter, out, threads } = this.options;
    const { startPool } = await import('./pool/threads.ts');
    this.pool = startPool({
      choice: { ...choice, continues: { beginMillis: this.beginMillis ?? 0 } },
      filter,
      others: threads - 1,
      parcelMessages: parcelMessages(choice.type),
      writeAll: (pieces) => out.writeAll(pieces),
    });
    return this.pool;
  }
}

/** Of what has no known end, as much must have come as must be left of what has one. */
function isMuch({ octets, octetsTotal }: Pick<CaptureProgress, 'octets' | 'octetsTotal'>): boolean {
  return (octetsTotal === undefined ? octets : octetsTotal - octets) >= SHARED_OCTETS_MIN;
}

function parcelMessages(type: FormatName): number {
  return type === 'text' || type === 'fields' ? PARCEL_MESSAGES.short : PARCEL_MESSAGES.long;
}
