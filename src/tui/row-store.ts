/**
 * Where the rows of the message list are kept: as objects in a window of the newest ones (this file; live sessions), or
 * as places from which a message is read again (message-index.ts; captures). Rows are numbered from 0 as they come.
 */
import type { Annotations } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import type { Verdict } from '../proxy/events.ts';
import type { FaultHit } from '../proxy/stage.ts';

/** Messages that a window keeps; a tenth goes at once when there are more. */
export const ROWS_MAX = 50_000;

export interface Row {
  readonly message: Message;
  /** As the receiver got it, where that differs. */
  readonly onward?: Message | undefined;
  readonly verdict: Verdict;
  readonly hits: readonly FaultHit[];
  /** Known when the reply came. */
  readonly replyIn: number | undefined;
  readonly replyTo: number | undefined;
  readonly rttMillis: number | undefined;
  /** Asks again for what was not answered when it was sent. */
  readonly repeats?: boolean;
}

/** What the analysis knows of a row's message, for its line and for filters. */
export function annotationsOf(row: Row): Annotations {
  const { replyTo, replyIn, rttMillis } = row;
  return { replyTo, replyIn, rttMillis };
}

export interface RowStore {
  /** Number of the oldest row that is still kept. */
  readonly first: number;
  /** Rows that ever came. */
  readonly total: number;
  add(row: Row): void;
  /** The row of a number, the same object for a while; absent if it was not kept. */
  at(number: number): Row | undefined;
  /** Number of the row whose message has this `index` among those of its protocol. */
  numberOf(protocol: Message['protocol'], index: number): number | undefined;
  /** Notes the answer on the row of the request, if it is still there. Messages are numbered by protocol. */
  answer(protocol: Message['protocol'], index: number, replyIn: number): void;
}

/** The newest rows, as objects. */
export class RowWindow implements RowStore {
  first = 0;
  private readonly limit: number;
  private rows: { -readonly [K in keyof Row]: Row[K] }[] = [];
  /** By protocol and index of the message. */
  private readonly byIndex = new Map<string, Map<number, number>>();

  constructor(limit = ROWS_MAX) {
    this.limit = limit;
  }

  get total(): number {
    return this.first + this.rows.length;
  }

  add(row: Row): void {
    if (this.rows.length >= this.limit) this.forget(Math.ceil(this.limit / 10));
    this.numbers(row.message.protocol).set(row.message.index, this.total);
    this.rows.push({ ...row });
  }

  at(number: number): Row | undefined {
    return this.rows[number - this.first];
  }

  numberOf(protocol: Message['protocol'], index: number): number | undefined {
    return this.byIndex.get(protocol)?.get(index);
  }

  answer(protocol: Message['protocol'], index: number, replyIn: number): void {
    const row = this.rows[(this.numberOf(protocol, index) ?? -1) - this.first];
    if (row !== undefined) row.replyIn = replyIn;
  }

  private forget(count: number): void {
    for (const { message } of this.rows.slice(0, count)) this.numbers(message.protocol).delete(message.index);
    this.rows = this.rows.slice(count);
    this.first += count;
  }

  private numbers(protocol: string): Map<number, number> {
    let numbers = this.byIndex.get(protocol);
    if (numbers === undefined) {
      numbers = new Map();
      this.byIndex.set(protocol, numbers);
    }
    return numbers;
  }
}
