/** Goal: a plot is the story that it says it is, in the seeds that have plots, and other seeds have none. */
import { describe, expect, it } from 'vitest';
import { planOf } from '../../src/sim/plan.ts';
import { hasPlots, PLOTTED, plotsOf } from '../../src/sim/plots.ts';

const GROUND = { relationships: [{ primary: 'A', secondary: 'B' }], mclt: 900, marked: false } as const;

describe('a plot', () => {
  it('keeps a server away for longer than leases last, then apart from its partner, which goes down and is said to be', () => {
    const faults = plotsOf(11, GROUND, 86_400);
    expect(faults.length).toBeGreaterThan(15);
    for (let at = 0; at < faults.length; at += 3) {
      const [away, apart, down] = faults.slice(at, at + 3);
      if (away?.fault.kind !== 'crash' || apart?.fault.kind !== 'partition' || down?.fault.kind !== 'crash')
        throw new Error('a crash, a partition and a crash');
      expect(away.fault.forSeconds).toBeGreaterThanOrEqual(PLOTTED.validLifetime);
      expect(down.fault.server).not.toBe(away.fault.server);
      const back = away.at + away.fault.forSeconds;
      expect(apart.at).toBeLessThan(back);
      expect(down.at).toBeGreaterThan(back);
      const told = down.at + (down.fault.partnerDownAfterSeconds ?? 0);
      expect(told).toBeLessThan(apart.at + apart.fault.forSeconds);
      expect(down.fault.forSeconds).toBeGreaterThan(GROUND.mclt);
    }
  });

  it('is in every tenth seed', () => {
    const plotted = Array.from({ length: 30 }, (_, seed) => seed).filter(hasPlots);
    expect(plotted).toEqual([1, 11, 21]);
    const plan = planOf({ seed: 11, seconds: 86_400, marked: false });
    expect(plan).toMatchObject(PLOTTED);
    expect(
      plan.faults.some(({ fault }) => 'forSeconds' in fault && fault.forSeconds === plan.mclt + 600),
    ).toBe(true);
  });
});
