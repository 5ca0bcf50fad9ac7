/** What `leasetap sim` says: of a failure, how to see it again; of all runs, what they have been through. */
import { type Coverage, DISSECTED } from '../../sim/coverage.ts';
import { summary } from '../../sim/expected.ts';
import { faultText } from '../../sim/fault.ts';
import { shrink } from '../../sim/shrink.ts';
import { namesOf, TOPOLOGIES } from '../../sim/topology.ts';
import { type RunOptions, run } from '../../sim/world.ts';
import { chosenPlan, commandFor, type RunChoice } from './choice.ts';
import type { Tally } from './outcome.ts';

/** Shrinking a failure ends after so long. */
const SHRINK_SECONDS = 60;

/** Runs a failing seed again, shrinks it and tells of it. */
export function failureLines(choice: RunChoice, seed: number, options: RunOptions): string[] {
  const failure = run(chosenPlan(choice, seed), options);
  const { plan, violation } = failure;
  if (violation === undefined) return [`seed ${seed} failed, but not when it was run again`];
  const { only: _, ...whole } = choice;
  const all = chosenPlan(whole, seed).faults.map(faultText);
  const end = performance.now() + 1000 * SHRINK_SECONDS;
  const shrunk = shrink(
    failure,
    (attempt) => run(attempt, options),
    () => performance.now() < end,
  );
  const { faults } = shrunk.result.plan;
  const kept = faults.map((fault) => all.indexOf(faultText(fault)));
  const relationships = namesOf(TOPOLOGIES[plan.topology]).join(' ');
  return [
    `seed ${seed}, after ${violation.seconds} s: ${violation.invariant}`,
    `  ${violation.text}`,
    `servers ${relationships}, ${plan.clients} clients, MCLT ${plan.mclt} s, valid lifetime ${plan.validLifetime} s${plan.marked ? ', operators err' : ''}${plan.proxy === 'absent' ? '' : `, proxy ${plan.proxy}`}`,
    `${shrunk.cutShort ? 'shortest schedule found in the time for it' : 'shortest schedule that breaks it'}: ${faults.length} of ${all.length} faults`,
    ...faults.map((fault) => `  ${faultText(fault)}`),
    `run again: ${commandFor(choice, seed, kept)}`,
  ];
}

/** How much was run in how many seconds. */
export function totalsLine({ runs, simulatedSeconds }: Tally, seconds: number): string {
  const days = Math.round(simulatedSeconds / 86_400);
  return `${runs} runs, ${days} days in ${seconds.toFixed(1)} s (${Math.round(simulatedSeconds / seconds)} times real time)`;
}

/** What was seen of all that runs may go through, what was not, and what cannot be. */
export function coverageLines(coverage: Coverage): string[] {
  const lines = summary(coverage).map(({ what, seen, of, missing }) => {
    const never = missing.length === 0 ? '' : `; never ${missing.join(', ')}`;
    return `${what}: ${seen} of ${of}${never}`;
  });
  const dissected = coverage.counts.get(DISSECTED) ?? 0;
  return [...lines, `messages read by the dissectors too, and understood as they were meant: ${dissected}`];
}
