/**
 * Which lease times out next, among millions: a binary heap with one valid entry per lease. A renewal, which only moves
 * a timeout further away, costs nothing: the old entry comes up in its time and is put back.
 */
import { Heap } from '../base/heap.ts';
import type { Slot } from './slot.ts';

/** One that is not what its slot says is a leftover. */
interface Entry {
  /** Unix seconds, which are small integers where milliseconds would each be an object of their own. */
  readonly at: number;
  readonly slot: Slot;
}

export class ExpiryQueue {
  private readonly heap = new Heap<Entry>((a, b) => a.at < b.at);

  /** The soonest Unix second at which something may have timed out, or Infinity. */
  next(): number {
    return this.heap.first()?.at ?? Number.POSITIVE_INFINITY;
  }

  /** `slot` times out at `at`, Unix seconds, or later. */
  schedule(slot: Slot, at: number): void {
    if (slot.dueAt !== undefined && slot.dueAt <= at) return;
    slot.dueAt = at;
    this.heap.push({ at, slot });
  }

  /** A slot that may have timed out by `now`, Unix seconds, or `undefined`. What has not is scheduled again by the caller. */
  takeDue(now: number): Slot | undefined {
    for (let top = this.heap.first(); top !== undefined && top.at <= now; top = this.heap.first()) {
      this.heap.pop();
      if (top.slot.dueAt !== top.at) continue;
      top.slot.dueAt = undefined;
      return top.slot;
    }
    return undefined;
  }
}
