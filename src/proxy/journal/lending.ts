/**
 * Two threads on a single processor: whoever hands something over lends the other thread the processor until it is done.
 * Left to the scheduler, both would take turns for several times as long, and every message of that time would wait in
 * between: not one in some hundreds, and longer. Sans-IO, but for the waiting itself.
 */

/** How many batches are done with, in memory of both threads. */
export class BatchesDone {
  readonly memory: SharedArrayBuffer;
  private readonly counts: Int32Array;

  constructor(memory = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.counts = new Int32Array(memory);
  }

  /** Another one is. */
  add(): void {
    Atomics.add(this.counts, 0, 1);
    Atomics.notify(this.counts, 0);
  }

  /** Does nothing until `batches` (modulo 2^32) are done with, or so many milliseconds of `now` are over. */
  wait(batches: number, millis: number, now: () => number): void {
    const end = now() + millis;
    for (;;) {
      const done = Atomics.load(this.counts, 0);
      const left = end - now();
      if (done === (batches | 0) || left <= 0) return;
      Atomics.wait(this.counts, 0, done, left);
    }
  }
}
