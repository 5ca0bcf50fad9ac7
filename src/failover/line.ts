/**
 * Things that wait in line, each once. A Set alone would do, but asking one for its first element after many were taken
 * from its front walks over all that were there: a resynchronization would cost the square of its leases.
 */
export class Line<T> {
  private readonly waiting: Set<T>;
  /** Stands behind `front`; a live iterator comes to what is added later. */
  private walk: Iterator<T>;
  private front: T | undefined;

  constructor(begin: Iterable<T> = []) {
    this.waiting = new Set(begin);
    this.walk = this.waiting.values();
  }

  get size(): number {
    return this.waiting.size;
  }

  has(item: T): boolean {
    return this.waiting.has(item);
  }

  /** To the end of the line; one that waits already keeps its place. */
  add(item: T): void {
    this.waiting.add(item);
  }

  /** Returns whether it waited. */
  delete(item: T): boolean {
    if (this.front === item) this.front = undefined;
    return this.waiting.delete(item);
  }

  /** The one that waits longest. */
  first(): T | undefined {
    if (this.front !== undefined || this.waiting.size === 0) return this.front;
    let step = this.walk.next();
    if (step.done === true) {
      // The walk has ended before these came.
      this.walk = this.waiting.values();
      step = this.walk.next();
    }
    this.front = step.done === true ? undefined : step.value;
    return this.front;
  }
}
