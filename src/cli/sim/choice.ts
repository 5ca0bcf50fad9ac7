/** Which runs were asked for: from the options of `leasetap sim` to the plan of a seed, and back to the options. */
import { type Plan, planOf, variantOf } from '../../sim/plan.ts';
import type { ProxyPart } from '../../sim/stages-plan.ts';

export interface RunChoice {
  readonly hours: number;
  readonly clients?: number;
  readonly servers?: 2 | 3;
  readonly operatorsErr?: boolean;
  readonly proxy?: ProxyPart;
  /** Indexes of the faults to keep. */
  readonly only?: readonly number[];
}

/** The run of a seed. What the options leave open is up to the seed. */
export function chosenPlan(choice: RunChoice, seed: number): Plan {
  const { hours, clients, servers, operatorsErr, proxy, only } = choice;
  const variant = variantOf(seed);
  const plan = planOf({
    seed,
    seconds: 3600 * hours,
    marked: operatorsErr ?? variant.marked,
    proxy: proxy ?? variant.proxy,
    ...(clients !== undefined && { clients }),
    ...(servers !== undefined && { servers }),
  });
  return only === undefined
    ? plan
    : { ...plan, faults: plan.faults.filter((_, index) => only.includes(index)) };
}

/** The command that runs these faults of a seed again. */
export function commandFor(choice: RunChoice, seed: number, only: readonly number[]): string {
  const { hours, clients, servers, operatorsErr, proxy } = choice;
  return [
    `leasetap sim --seed ${seed} --seeds 1 --hours ${hours}`,
    ...(clients === undefined ? [] : [`--clients ${clients}`]),
    ...(servers === undefined ? [] : [`--servers ${servers}`]),
    ...(operatorsErr === undefined ? [] : [operatorsErr ? '--operators-err' : '--no-operators-err']),
    ...(proxy === undefined ? [] : [`--proxy ${proxy}`]),
    `--only ${only.length === 0 ? 'none' : only.join(',')} --trace`,
  ].join(' ');
}
