/**
 * Which lease times out next, among millions: a binary heap with one valid entry per lease. A renewal, which only moves
 * a timeout further away, costs nothing: the old entry comes up in its time and is put back.
 */
import type { Slot } from './slot.ts';

/** One that is not what its slot says is a leftover. */
interface Entry {
  /** Unix seconds, which are small integers where milliseconds would each be an object of their own. */
  readonly at: number;
  readonly slot: Slot;
}

export class ExpiryQueue {
  private readonly heap: Entry[] = [];

  /** The soonest Unix second at which something may have timed out, or Infinity. */
  next(): number {
    return this.heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** `slot` times out at `at`, Unix seconds, or later. */
  schedule(slot: Slot, at: number): void {
    if (slot.dueAt !== undefined && slot.dueAt <= at) return;
    slot.dueAt = at;
    this.push({ at, slot });
  }

  /** A slot that may have timed out by `now`, Unix seconds, or `undefined`. What has not is scheduled again by the caller. */
  takeDue(now: number): Slot | undefined {
    for (let top = this.heap[0]; top !== undefined && top.at <= now; top = this.heap[0]) {
      this.pop();
      if (top.slot.dueAt !== top.at) continue;
      top.slot.dueAt = undefined;
      return top.slot;
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
