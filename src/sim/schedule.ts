/** Virtual time: what happens when. Events at the same moment happen in the order in which they were planned. */
import { Heap } from '../base/heap.ts';

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Schedule {
  /** Unix milliseconds of the world, with fractions. */
  now: number;
  private readonly heap = new Heap(isBefore);
  private order = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** `run` happens at `at`, or now if that has passed. */
  at(at: number, run: () => void): void {
    this.heap.push({ at: Math.max(at, this.now), order: this.order++, run });
  }

  after(millis: number, run: () => void): void {
    this.at(this.now + millis, run);
  }

  /** Runs the next event that is planned up to `end`; false if there is none, and then it is `end`. */
  step(end: number): boolean {
    const next = this.heap.first();
    if (next === undefined || next.at > end) {
      this.now = end;
      return false;
    }
    this.heap.pop();
    this.now = next.at;
    next.run();
    return true;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
