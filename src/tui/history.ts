/**
 * The messages that the UI can show, in the order of their coming, within a limit. It grows in place: copying tens of
 * thousands of rows for every message would make a pure model useless. Positions are absolute, so that a cursor stays
 * on its row when old ones go.
 */

import type { Annotations } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import type { Verdict } from '../proxy/events.ts';
import type { FaultHit } from '../proxy/stage.ts';

/** Messages kept; a tenth goes at once when there are more. */
export const ROWS_MAX = 50_000;

export interface Row {
  readonly message: Message;
  readonly verdict: Verdict;
  readonly hits: readonly FaultHit[];
  /** Known when the reply came. */
  replyIn: number | undefined;
  readonly replyTo: number | undefined;
  readonly rttMillis: number | undefined;
}

/** What the analysis knows of a row's message, for its line and for filters. */
export function annotationsOf(row: Row): Annotations {
  return {
    ...(row.replyTo === undefined ? {} : { replyTo: row.replyTo }),
    ...(row.replyIn === undefined ? {} : { replyIn: row.replyIn }),
    ...(row.rttMillis === undefined ? {} : { rttMillis: row.rttMillis }),
  };
}

/** Makes a predicate of a display filter. Throws InputError. */
export type FilterCompiler = (text: string) => (message: Message, notes: Annotations) => boolean;

export type RowTest = (row: Row) => boolean;

export class History {
  readonly #limit: number;
  #rows: Row[] = [];
  /** Rows that pass the filter; `#rows` itself while there is none. */
  #shown: Row[] = this.#rows;
  #test: RowTest | undefined;
  #gone = 0;
  #total = 0;
  /** By protocol and number of the message. */
  readonly #byNumber = new Map<string, Map<number, Row>>();

  constructor(limit = ROWS_MAX) {
    this.#limit = limit;
  }

  /** Position of the first row that is still there, of those that pass the filter. */
  get begin(): number {
    return this.#gone;
  }

  /** Position after the last row. */
  get end(): number {
    return this.#gone + this.#shown.length;
  }

  /** Rows that ever came. */
  get total(): number {
    return this.#total;
  }

  /** Rows kept, whether they pass the filter or not. */
  get size(): number {
    return this.#rows.length;
  }

  at(position: number): Row | undefined {
    return this.#shown[position - this.#gone];
  }

  add(row: Row): void {
    if (this.#rows.length >= this.#limit) this.#forget(Math.ceil(this.#limit / 10));
    this.#rows.push(row);
    this.#total++;
    this.#numbers(row.message.protocol).set(row.message.index, row);
    if (this.#test?.(row)) this.#shown.push(row);
  }

  /** Shows only rows that pass; `undefined` shows all. Positions begin anew. */
  filter(test: RowTest | undefined): void {
    this.#test = test;
    this.#gone = 0;
    this.#shown = test === undefined ? this.#rows : this.#rows.filter(test);
  }

  /** Notes the answer on the row of the request, if it is still there. Messages are numbered by protocol. */
  answer(protocol: string, index: number, replyIn: number): void {
    const row = this.#byNumber.get(protocol)?.get(index);
    if (row !== undefined) row.replyIn = replyIn;
  }

  #forget(count: number): void {
    const gone = this.#rows.slice(0, count);
    for (const { message } of gone) this.#numbers(message.protocol).delete(message.index);
    this.#rows = this.#rows.slice(count);
    const before = this.#shown.length;
    if (this.#test === undefined) this.#shown = this.#rows;
    else {
      const forgotten = new Set(gone);
      this.#shown = this.#shown.filter((row) => !forgotten.has(row));
    }
    this.#gone += before - this.#shown.length;
  }

  #numbers(protocol: string): Map<number, Row> {
    let numbers = this.#byNumber.get(protocol);
    if (numbers === undefined) {
      numbers = new Map();
      this.#byNumber.set(protocol, numbers);
    }
    return numbers;
  }
}
