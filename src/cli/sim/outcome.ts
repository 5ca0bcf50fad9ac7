/** What is left of a run once it is over, as a value that processes can tell each other. */
import { Coverage } from '../../sim/coverage.ts';
import type { RunResult } from '../../sim/world.ts';

export interface Outcome {
  readonly seed: number;
  readonly simulatedSeconds: number;
  /** What the run has been through, and how many times. */
  readonly seen: readonly (readonly [string, number])[];
  readonly violation?: RunResult['violation'];
}

export function outcomeOf({ plan, coverage, simulatedSeconds, violation }: RunResult): Outcome {
  const seen = [...coverage.counts];
  return { seed: plan.seed, simulatedSeconds, seen, ...(violation && { violation }) };
}

/** Many outcomes together. */
export class Tally {
  readonly coverage = new Coverage();
  runs = 0;
  simulatedSeconds = 0;

  add({ seen, simulatedSeconds }: Outcome): void {
    this.runs++;
    this.simulatedSeconds += simulatedSeconds;
    for (const [what, count] of seen) this.coverage.saw(what, count);
  }
}
