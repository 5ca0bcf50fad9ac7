/**
 * Keys that wait in line, each once. A Set alone would do, but asking one for its first element after many were taken
 * from its front walks over all that were there: a resynchronization would cost the square of its leases.
 */
export class Line {
  private readonly keys: Set<string>;
  /** Stands behind `front`; a live iterator comes to what is added later. */
  private walk: Iterator<string>;
  private front: string | undefined;

  constructor(keys: Iterable<string> = []) {
    this.keys = new Set(keys);
    this.walk = this.keys.values();
  }

  get size(): number {
    return this.keys.size;
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** To the end of the line; one that waits already keeps its place. */
  add(key: string): void {
    this.keys.add(key);
  }

  /** Returns whether it waited. */
  delete(key: string): boolean {
    if (this.front === key) this.front = undefined;
    return this.keys.delete(key);
  }

  /** The one that waits longest. */
  first(): string | undefined {
    if (this.front !== undefined || this.keys.size === 0) return this.front;
    let step = this.walk.next();
    if (step.done === true) {
      // The walk has ended before these came.
      this.walk = this.keys.values();
      step = this.walk.next();
    }
    this.front = step.done === true ? undefined : step.value;
    return this.front;
  }
}
