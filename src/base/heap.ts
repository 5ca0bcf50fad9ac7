/** A binary heap: the entry that comes before all others is at hand, whatever is put in or taken out. */

export class Heap<T> {
  private readonly entries: T[] = [];
  private readonly isBefore: (a: T, b: T) => boolean;

  /** `isBefore` is a strict order; of entries that it leaves equal any may come first. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.isBefore = isBefore;
  }

  get size(): number {
    return this.entries.length;
  }

  /** The entry that comes first, or `undefined` if there is none. */
  first(): T | undefined {
    return this.entries[0];
  }

  push(entry: T): void {
    const { entries, isBefore } = this;
    let place = entries.length;
    entries.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = entries[parent] as T;
      if (!isBefore(entry, above)) break;
      entries[place] = above;
      place = parent;
    }
    entries[place] = entry;
  }

  /** Takes the first entry out. */
  pop(): T | undefined {
    const { entries, isBefore } = this;
    const first = entries[0];
    const last = entries.pop();
    const { length } = entries;
    if (last === undefined || length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(entries[child + 1] as T, entries[child] as T)) child++;
      if (!isBefore(entries[child] as T, last)) break;
      entries[place] = entries[child] as T;
      place = child;
    }
    entries[place] = last;
    return first;
  }
}
