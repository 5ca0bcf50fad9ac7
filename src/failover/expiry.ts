/**
 * Which lease times out next, among millions: a binary heap with one valid entry per lease. A renewal, which only moves
 * a timeout further away, costs nothing: the old entry comes up in its time and is put back.
 */

interface Entry {
  /** Unix milliseconds. */
  readonly at: number;
  readonly key: string;
}

export class ExpiryQueue {
  private readonly heap: Entry[] = [];
  /** The entry of each key that counts; others in the heap are leftovers. */
  private readonly scheduled = new Map<string, number>();

  /** The soonest time at which something may have timed out, or Infinity. */
  next(): number {
    return this.heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** `key` times out at `at` or later. */
  schedule(key: string, at: number): void {
    const known = this.scheduled.get(key);
    if (known !== undefined && known <= at) return;
    this.scheduled.set(key, at);
    this.push({ at, key });
  }

  /** A key that may have timed out by `now`, or `undefined`. What has not is scheduled again by the caller. */
  takeDue(now: number): string | undefined {
    for (let top = this.heap[0]; top !== undefined && top.at <= now; top = this.heap[0]) {
      this.pop();
      if (this.scheduled.get(top.key) !== top.at) continue;
      this.scheduled.delete(top.key);
      return top.key;
    }
    return undefined;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.at <= entry.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Entry;
    const { length } = heap;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && (heap[child + 1] as Entry).at < (heap[child] as Entry).at) child++;
      if ((heap[child] as Entry).at >= last.at) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}
