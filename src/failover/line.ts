/**
 * Things that wait in line, each once. Each keeps its own place, so that asking for one, adding it and taking it out, at
 * the front or anywhere, look nothing up and leave no memory behind: a Set that is filled and emptied at every message
 * becomes a chain of old tables that the garbage collector copies again and again.
 */
import { InvariantError } from '../base/invariant.ts';

/** Where a thing keeps its place in a line: any whole number, 0 to begin with. */
export interface Place<T> {
  get(item: T): number;
  set(item: T, place: number): void;
}

/** Places that may stand empty before those who wait move up. */
const SPARE_PLACES = 1024;

export class Line<T> {
  private readonly place: Place<T>;
  /** A place says something of who stands there only. */
  private items: (T | undefined)[] = [];
  /** Nobody waits before this place. */
  private head = 0;
  private waiting = 0;

  /** `place`: for this line alone, as long as it is in use. */
  constructor(place: Place<T>) {
    this.place = place;
  }

  get size(): number {
    return this.waiting;
  }

  has(item: T): boolean {
    return this.items[this.place.get(item)] === item;
  }

  /** To the end of the line; one that waits already keeps its place. */
  add(item: T): void {
    if (this.has(item)) return;
    if (this.items.length > 2 * this.waiting + SPARE_PLACES) this.moveUp();
    this.place.set(item, this.items.length);
    this.items.push(item);
    this.waiting++;
  }

  /** Returns whether it waited. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    this.items[this.place.get(item)] = undefined;
    if (--this.waiting === 0) this.head = this.items.length;
    return true;
  }

  /** The one that waits longest. */
  first(): T | undefined {
    if (this.waiting === 0) return undefined;
    for (; this.head < this.items.length; this.head++) {
      const item = this.items[this.head];
      if (item !== undefined) return item;
    }
    throw new InvariantError('one that waits has a place');
  }

  /** All of them, the one that waits longest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let place = this.head; place < this.items.length; place++) {
      const item = this.items[place];
      if (item !== undefined) yield item;
    }
  }

  private moveUp(): void {
    this.items = [...this];
    this.head = 0;
    for (let place = 0; place < this.items.length; place++) this.place.set(this.items[place] as T, place);
  }
}
