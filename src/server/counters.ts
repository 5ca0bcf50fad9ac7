/** Counts by kind, with a bound on how many kinds are told apart. */

/** Kinds counted by name; reasons may hold numbers that a client chooses. */
const KINDS_MAX = 100;
const OTHERS = 'others';

export class Counters {
  private readonly counts = new Map<string, number>();

  add(kind: string): void {
    const name = this.counts.has(kind) || this.counts.size < KINDS_MAX ? kind : OTHERS;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** By kind, in their order. */
  counted(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
