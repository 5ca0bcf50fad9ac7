/** The shortest way back to a failure. */
import type { Plan } from './plan.ts';
import { type RunOptions, type RunResult, run } from './world.ts';

/** Runs are bounded: a failure that needs more attempts to shrink stays as long as it is. */
const SHRINK_RUNS_MAX = 200;

/** Leaves out faults, and days after the last one, as long as the same invariant still breaks. */
export function shrink(failure: RunResult, runOptions: RunOptions = {}): RunResult {
  const invariant = failure.violation?.invariant;
  let best = failure;
  let runs = 0;
  const attempt = (plan: Plan): boolean => {
    if (runs >= SHRINK_RUNS_MAX) return false;
    runs++;
    const result = run(plan, runOptions);
    if (result.violation?.invariant !== invariant) return false;
    best = result;
    return true;
  };
  for (
    let size = Math.ceil(best.plan.faults.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < best.plan.faults.length; ) {
      const { plan } = best;
      const faults = plan.faults.filter((_, index) => index < at || index >= at + size);
      if (faults.length === plan.faults.length || !attempt({ ...plan, faults })) at += size;
    }
  }
  const last = best.plan.faults.at(-1)?.at ?? 0;
  if (last + 60 < best.plan.seconds) attempt({ ...best.plan, seconds: last + 60 });
  return best;
}
