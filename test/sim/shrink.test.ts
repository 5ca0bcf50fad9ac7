/** Goal: of a failure's faults those remain that it needs, in few runs, and a failure after healing keeps its time. */
import { describe, expect, it } from 'vitest';
import { Coverage } from '../../src/sim/coverage.ts';
import { type Plan, planOf } from '../../src/sim/plan.ts';
import { shrink } from '../../src/sim/shrink.ts';
import type { RunResult } from '../../src/sim/world.ts';

/** A plan of a day with a cut in every minute for an hour and a half, so that the number of a fault is its minute. */
const PLAN: Plan = {
  ...planOf({ seed: 1, seconds: 86_400, marked: false }),
  faults: Array.from({ length: 90 }, (_, minute) => ({
    at: 60 * minute,
    fault: { kind: 'cut', relationship: 0 } as const,
  })),
};

/** A world in which these minutes together break an invariant at `seconds`, or at the end if that is sooner. */
function world(needed: readonly number[], seconds: number) {
  const plans: Plan[] = [];
  const replay = (plan: Plan): RunResult => {
    plans.push(plan);
    const breaks = needed.every((minute) => plan.faults.some(({ at }) => at === 60 * minute));
    const violation = { invariant: 'it holds', text: '', seconds };
    return { plan, coverage: new Coverage(), simulatedSeconds: 0, ...(breaks && { violation }) };
  };
  return { plans, replay };
}

const minutes = ({ plan }: RunResult): number[] => plan.faults.map(({ at }) => at / 60);

describe('shrinking', () => {
  it('keeps what is needed, and replays nothing that comes after the failure', () => {
    const { plans, replay } = world([3, 41], 3000);
    const { result, cutShort } = shrink(replay(PLAN), replay);
    expect(minutes(result)).toEqual([3, 41]);
    expect(cutShort).toBe(false);
    // Minute 50 is when it breaks; a quarter of the runs that leaving out one by one takes.
    expect(plans.slice(1).every(({ seconds, faults }) => seconds === 3001 && faults.length <= 51)).toBe(true);
    expect(plans.length).toBeLessThan(30);
    // The command that shows it again runs the whole time.
    expect(result.plan.seconds).toBe(86_400);
  });

  it('replays all of a failure that came after the healing', () => {
    const { plans, replay } = world([89], 90_000);
    expect(minutes(shrink(replay(PLAN), replay).result)).toEqual([89]);
    expect(plans.every(({ seconds }) => seconds === 86_400)).toBe(true);
  });

  it('takes no failure for the same that came only because healing came sooner', () => {
    const replay = (plan: Plan): RunResult => {
      const seconds = plan.faults.length === 90 ? 3000 : plan.seconds + 900;
      const violation = { invariant: 'it holds', text: '', seconds };
      return { plan, coverage: new Coverage(), simulatedSeconds: 0, violation };
    };
    expect(minutes(shrink(replay(PLAN), replay).result)).toHaveLength(51);
  });

  it('takes no other broken invariant for the same, and says when its time was up', () => {
    const { plans, replay } = world([3, 41], 3000);
    const first = replay(PLAN);
    const other = { ...first, violation: { invariant: 'another', text: '', seconds: 3000 } };
    expect(minutes(shrink(other, replay).result)).toHaveLength(51);
    const before = plans.length;
    const { result, cutShort } = shrink(first, replay, () => plans.length < before + 4);
    expect(cutShort).toBe(true);
    expect(plans).toHaveLength(before + 4);
    expect(minutes(result)).toEqual(expect.arrayContaining([3, 41]));
  });
});
