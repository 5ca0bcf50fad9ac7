/** "Sometimes": what runs have been through. A simulator that never gets somewhere proves nothing about it. */

/** What `Coverage` counts messages under that the dissectors have read too. */
export const DISSECTED = 'dissected';

export class Coverage {
  readonly counts = new Map<string, number>();

  saw(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** What was seen with how often, the rarest first. */
  sorted(): readonly (readonly [string, number])[] {
    return [...this.counts].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1));
  }
}
