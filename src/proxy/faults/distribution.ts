/** Random delays: a base with jitter around it, after the distributions that network emulators offer. */
import type { Random } from '../../base/clock.ts';

export const DISTRIBUTIONS = ['uniform', 'normal', 'exponential', 'pareto'] as const;

/** Longest delay that a distribution's tail may give, as a multiple of the jitter. */
const TAIL_MAX = 10;
/** Shape of the Pareto distribution; its mean is 1 with this shape and scale 2/3. */
const PARETO_SHAPE = 3;
const PARETO_SCALE = 2 / 3;

/**
 * Seconds, never negative. `uniform`: base ± jitter; `normal`: jitter is the standard deviation; `exponential` and
 * `pareto`: base plus a tail whose mean is the jitter.
 */
export function randomDelay(base: number, jitter: number, distribution: string, random: Random): number {
  if (jitter === 0) return base;
  return Math.max(0, base + jitter * Math.min(deviation(distribution, random), TAIL_MAX));
}

function deviation(distribution: string, random: Random): number {
  if (distribution === 'normal') return gaussian(random);
  const left = 1 - random.fraction();
  if (distribution === 'exponential') return -Math.log(left);
  if (distribution === 'pareto') return PARETO_SCALE * left ** (-1 / PARETO_SHAPE);
  return 1 - 2 * left;
}

/** Box and Muller. */
function gaussian(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.fraction()));
  return radius * Math.cos(2 * Math.PI * random.fraction());
}
