/** Counts what clients ask and what they get, with a bound on how many kinds are told apart. */

/** Kinds counted by name; reasons may hold numbers that a client chooses. */
const KINDS_MAX = 100;
const OTHERS = 'others';

export class Counters {
  private readonly counts = new Map<string, number>();

  add(kind: string): void {
    const name = this.counts.has(kind) || this.counts.size < KINDS_MAX ? kind : OTHERS;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  entries(): readonly (readonly [kind: string, count: number])[] {
    return [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
