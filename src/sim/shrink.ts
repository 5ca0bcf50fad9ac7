/** The shortest way back to a failure: which of its faults are needed. */
import type { Plan } from './plan.ts';
import type { RunResult } from './world.ts';

/** A failure that needs more attempts stays as long as it is. */
const RUNS_MAX = 200;

export interface Shrunk {
  readonly result: RunResult;
  /** Attempts were left when the budget was spent: it may be shorter. */
  readonly cutShort: boolean;
}

/**
 * Leaves out faults, halves first and single ones last, as long as the same invariant breaks before the healing. `replay`
 * runs a plan; `goOn` says before each run whether there is time for it.
 */
export function shrink(
  failure: RunResult,
  replay: (plan: Plan) => RunResult,
  goOn: () => boolean = () => true,
): Shrunk {
  const invariant = failure.violation?.invariant;
  let best = failure;
  let plan = untilItBreaks(failure);
  let runs = 0;
  let cutShort = false;
  const fails = (faults: Plan['faults']): boolean => {
    if (runs >= RUNS_MAX || !goOn()) {
      cutShort = true;
      return false;
    }
    runs++;
    const result = replay({ ...plan, faults });
    const { violation } = result;
    if (violation === undefined || violation.invariant !== invariant) return false;
    // A run that was to end sooner has healed sooner, which the whole one would not have.
    if (plan.seconds < failure.plan.seconds && violation.seconds > plan.seconds) return false;
    best = result;
    plan = untilItBreaks(result);
    return true;
  };
  for (let size = Math.ceil(plan.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < plan.faults.length && !cutShort; ) {
      const faults = plan.faults.filter((_, index) => index < at || index >= at + size);
      if (!fails(faults)) at += size;
    }
  }
  return { result: { ...best, plan: { ...plan, seconds: failure.plan.seconds } }, cutShort };
}

/** Nothing that comes after it can have led to it, and nothing after it has to be run again. */
function untilItBreaks({ plan, violation }: RunResult): Plan {
  if (violation === undefined || violation.seconds > plan.seconds) return plan;
  const faults = plan.faults.filter(({ at }) => at <= violation.seconds);
  return { ...plan, faults, seconds: Math.min(plan.seconds, violation.seconds + 1) };
}
