/**
 * The messages that the UI can show, in the order of their coming. It grows in place: copying rows for every message
 * would make a pure model useless. A position is the number of a row, or, behind a filter, that of a row among those
 * that pass; so a cursor stays on its row when old ones go. A filter is tried on so many rows at a time as a frame
 * leaves room for.
 */
import type { Annotations } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import { NumberList } from './columns.ts';
import { type Row, type RowStore, RowWindow } from './row-store.ts';

/** Makes a predicate of a display filter. Throws InputError. */
export type FilterCompiler = (text: string) => (message: Message, notes: Annotations) => boolean;

export type RowTest = (row: Row) => boolean;

/** Rows on which a filter is tried at once, before it is seen what else there is to do. */
export const SCAN_ROWS = 2_000;

export class History {
  private readonly store: RowStore;
  private test: RowTest | undefined;
  /** Numbers of the rows that pass the filter; unused while there is none. */
  private passing = new NumberList();
  /** Number of the first row on which the filter was not tried. */
  private tried = 0;

  constructor(store: RowStore = new RowWindow()) {
    this.store = store;
  }

  /** Position of the first row that is still there, of those that pass the filter. */
  get begin(): number {
    return this.test === undefined ? this.store.first : this.passing.firstFrom(this.store.first);
  }

  /** Position after the last row. */
  get end(): number {
    return this.test === undefined ? this.store.total : this.passing.length;
  }

  /** Rows that ever came. */
  get total(): number {
    return this.store.total;
  }

  /** Rows kept, whether they pass the filter or not. */
  get size(): number {
    return this.store.total - this.store.first;
  }

  /** Rows on which the filter has still to be tried. */
  get untried(): number {
    return this.test === undefined ? 0 : this.store.total - this.tried;
  }

  at(position: number): Row | undefined {
    const number = this.numberAt(position);
    return number === undefined ? undefined : this.store.at(number);
  }

  /** Number of the row at a position. */
  numberAt(position: number): number | undefined {
    if (this.test !== undefined) return this.passing.at(position);
    return position >= this.store.first && position < this.store.total ? position : undefined;
  }

  /** Position of a row, or of the next one that is shown; `end` if there is none. */
  positionOf(number: number): number {
    if (this.test === undefined) return Math.max(this.begin, Math.min(number, this.end));
    return this.passing.firstFrom(number);
  }

  /** The row with a number, shown or not. */
  row(number: number): Row | undefined {
    return this.store.at(number);
  }

  numberOf(protocol: Message['protocol'], index: number): number | undefined {
    return this.store.numberOf(protocol, index);
  }

  add(row: Row): void {
    this.store.add(row);
    // While older rows are still to be tried, this one waits behind them.
    if (this.test === undefined || this.untried > 1) return;
    if (this.test(row)) this.passing.push(this.tried);
    this.tried++;
  }

  /** Shows only rows that pass; `undefined` shows all. Positions begin anew; the first rows are tried at once. */
  filter(test: RowTest | undefined): void {
    this.test = test;
    this.passing = new NumberList();
    this.tried = this.store.first;
    this.scan(SCAN_ROWS);
  }

  /** Tries the filter on so many further rows. */
  scan(rows: number): void {
    if (this.test === undefined) return;
    const end = Math.min(this.store.total, this.tried + rows);
    for (let number = Math.max(this.tried, this.store.first); number < end; number++) {
      const row = this.store.at(number);
      if (row !== undefined && this.test(row)) this.passing.push(number);
    }
    this.tried = end;
  }

  /** Notes the answer on the row of the request, if it is still there. Messages are numbered by protocol. */
  answer(protocol: Message['protocol'], index: number, replyIn: number): void {
    this.store.answer(protocol, index, replyIn);
  }
}
