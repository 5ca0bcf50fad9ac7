/** Virtual time: what happens when. Events at the same moment happen in the order in which they were planned. */

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Schedule {
  /** Unix milliseconds of the world, with fractions. */
  now: number;
  private readonly heap: Planned[] = [];
  private order = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** `run` happens at `at`, or now if that has passed. */
  at(at: number, run: () => void): void {
    const { heap } = this;
    const entry: Planned = { at: Math.max(at, this.now), order: this.order++, run };
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Planned;
      if (!isBefore(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  after(millis: number, run: () => void): void {
    this.at(this.now + millis, run);
  }

  /** Runs the next event that is planned up to `end`; false if there is none, and then it is `end`. */
  step(end: number): boolean {
    const next = this.heap[0];
    if (next === undefined || next.at > end) {
      this.now = end;
      return false;
    }
    this.pop();
    this.now = next.at;
    next.run();
    return true;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Planned;
    const { length } = heap;
    if (length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1] as Planned, heap[child] as Planned)) child++;
      if (!isBefore(heap[child] as Planned, last)) break;
      heap[place] = heap[child] as Planned;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
