/** Takes lines from the belt in the order of the messages, and writes as many at once as are there. */
import type { Belt } from './belt.ts';

/** Parcels whose lines are written at once, so that their slots are free again before all others are used. */
const PARCELS_MAX = 8;

/** Resolves when all is written; false if nobody reads any more. @throws what else the system says */
export type WriteAll = (pieces: readonly Uint8Array[]) => Promise<boolean>;

export class Writer {
  private readonly belt: Belt;
  private readonly writeAll: WriteAll;

  constructor(belt: Belt, writeAll: WriteAll) {
    this.belt = belt;
    this.writeAll = writeAll;
  }

  /** Writes whatever comes, until the process ends. @throws what the system says */
  async run(): Promise<never> {
    for (;;) await this.step();
  }

  /** Writes what is printed by now, or, if nothing is, waits until something is. */
  async step(): Promise<void> {
    const belt = this.belt;
    const first = belt.written;
    await belt.untilPrinted(first);
    const pieces: Uint8Array[] = [];
    let next = first;
    let isWhole = true;
    while (isWhole && next < first + PARCELS_MAX && belt.isPrinted(next)) {
      const lines = belt.lines(next);
      if (lines.length > 0) pieces.push(lines);
      isWhole = belt.isWhole(next);
      if (isWhole) next++;
    }
    if (pieces.length > 0 && !belt.closed && !(await this.writeAll(pieces))) belt.close();
    if (!isWhole) belt.wrotePart(next);
    if (next > first) belt.wrote(next);
  }
}
