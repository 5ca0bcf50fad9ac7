/**
 * Plots: faults one after another that lead together to where each by itself hardly ever does. Drawn apart from the other
 * faults, so that seeds without plots stay what they are.
 */
import { seededRandom } from '../base/clock.ts';
import type { Ground, TimedFault } from './fault.ts';
import { otherRole, type Relationship, ROLES } from './topology.ts';

/** What plots need: leases that end soon, and clients that come and go and have to share addresses. */
export const PLOTTED = { validLifetime: 600, addressesPerClient: 1.5, whimsPerDay: 40 };

/** Mean time from one plot to the next, beside what it lasts. */
const PLOT_EVERY_SECONDS = 1800;

export function hasPlots(seed: number): boolean {
  return seed % 10 === 1;
}

/**
 * A server is down for so long that clients turn to its partner, comes back and does not hear from it what it gave, and
 * then the partner goes down and the operator says so. Now its clients hold what this server takes for expired, and only
 * the MCLT keeps it from giving that to others (§4.2.2.1, §8.4.1).
 */
export function plotsOf(seed: number, { relationships, mclt }: Ground, seconds: number): TimedFault[] {
  const random = seededRandom(seed ^ 0x9107);
  const wait = () => -Math.log(1 - random.fraction()) * PLOT_EVERY_SECONDS;
  const faults: TimedFault[] = [];
  for (let at = 600 + wait(); at < seconds; at += wait()) {
    const relationship = random.below(relationships.length);
    const role = ROLES[random.below(2)] as keyof Relationship;
    const pair = relationships[relationship] as Relationship;
    const awaySeconds = PLOTTED.validLifetime * (1 + random.fraction() / 2);
    const back = at + awaySeconds;
    const apartSeconds = 60 + 600 * random.fraction();
    const lost = { kind: 'crash', silently: random.fraction() < 0.5, diskLost: false } as const;
    const story: readonly TimedFault[] = [
      { at, fault: { ...lost, server: pair[role], forSeconds: Math.round(awaySeconds) } },
      {
        at: back - 10,
        fault: { kind: 'partition', relationship, forSeconds: Math.round(apartSeconds) + 300 },
      },
      {
        at: back + apartSeconds,
        fault: {
          ...lost,
          server: pair[otherRole(role)],
          forSeconds: mclt + 600,
          partnerDownAfterSeconds: 1 + random.below(60),
        },
      },
    ];
    for (const one of story) faults.push({ ...one, at: Math.round(one.at) });
    at = back + apartSeconds + mclt + 1200;
  }
  return faults;
}
