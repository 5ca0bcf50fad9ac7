/**
 * Goal: the proxy of the simulated network is the real one. With nothing armed it changes nothing at all; each of its
 * faults really happens there; and a pair keeps what it promises under all of them that forge nothing.
 */
import { describe, expect, it } from 'vitest';
import { loadDissectors } from '../../src/dissect/load.ts';
import { FAULT_KINDS } from '../../src/proxy/faults/kinds.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import type { TimedFault } from '../../src/sim/fault.ts';
import { type Plan, planOf } from '../../src/sim/plan.ts';
import { shrink } from '../../src/sim/shrink.ts';
import { proxyKinds } from '../../src/sim/stages-plan.ts';
import { run } from '../../src/sim/world.ts';

const HOUR = 3600;
const dissectors = loadDissectors();

function planWith(more: Partial<Plan>): Plan {
  const plan = planOf({ seed: 1, seconds: 2 * HOUR, clients: 10, marked: false });
  return { ...plan, topology: 'pair', mclt: 300, validLifetime: 600, whimsPerDay: 40, faults: [], ...more };
}

function traceOf(plan: Plan): string {
  const lines: string[] = [];
  const { violation } = run(plan, {
    dissectors,
    trace: (millis, text) => lines.push(`${millis} ${text}`),
  });
  return [...lines, violation?.text ?? ''].join('\n');
}

/** Proxy faults that a correct pair bears, one of each kind; they last ten minutes. */
const BORNE: Readonly<Record<string, string>> = {
  drop: 'drop s>p BNDREPLY times 3',
  delay: 'delay both 2s jitter=1s distribution=pareto',
  hold: 'hold both BNDUPD all times 2',
  duplicate: 'duplicate both BNDUPD,BNDREPLY 2',
  reorder: 'reorder both BNDREPLY 3 within 2s',
  skew: 'skew p>s bump +7s',
  restamp: 'restamp both',
  split: 'split both size=3 gap=1ms',
  coalesce: 'coalesce both BNDUPD 4 within 1s',
  throttle: 'throttle both 200',
  stall: 'stall s>p',
  'half-close': 'half-close s>p',
  'half-open': 'half-open p>s',
  reset: 'reset both BNDUPD times 2',
  refuse: 'refuse',
  partition: 'partition',
};

describe('the proxy in the simulated network', () => {
  it('changes nothing while no fault is armed: the same run to the last line', () => {
    for (const seed of [2, 6, 9]) {
      const plan = planOf({ seed, seconds: 12 * HOUR, clients: 10, marked: false });
      const without = traceOf(plan);
      expect(traceOf({ ...plan, proxy: 'disturbing' })).toBe(without);
      expect(without).toContain('to NORMAL');
    }
  });

  it('draws from all kinds of faults but those of TLS, which simulated servers do not speak', () => {
    const all = FAULT_KINDS.map(({ name }) => name).filter((name) => !/(tls|certificate)$/.test(name));
    expect(Object.keys(BORNE).sort()).toEqual([...proxyKinds('disturbing')].sort());
    expect([...new Set(proxyKinds('forging'))].sort()).toEqual(all.sort());
  });

  it.each(Object.entries(BORNE))('applies %s, and the pair bears it', (kind, fault) => {
    const timed = (at: number, text: string): TimedFault => ({
      at,
      fault: { kind: 'proxy', relationship: 0, fault: text, forSeconds: 600 },
    });
    // Connections are refused, or meet a partition, only if they have to be made.
    const cut = { at: 3601, fault: { kind: 'cut', relationship: 0 } } as const;
    const faults = kind === 'refuse' || kind === 'partition' ? [cut] : [];
    const plan = planWith({ proxy: 'disturbing', faults: [timed(3600, `${fault} seed 1`), ...faults] });
    const { violation, coverage } = run(plan, { dissectors });
    expect(violation).toBeUndefined();
    expect(coverage.counts.get(`proxy ${kind}`)).toBeGreaterThan(0);
  });

  it('draws lines that the proxy takes', () => {
    for (let seed = 0; seed < 40; seed++) {
      const plan = planOf({ seed, seconds: 24 * HOUR, clients: 5, marked: false, proxy: 'forging' });
      for (const { fault } of plan.faults) {
        if (fault.kind === 'proxy') expect(parseFault(fault.fault).seed).toBeDefined();
      }
    }
  });

  it('leaves a seed the other faults that it has without a proxy', () => {
    const options = { seed: 3, seconds: 24 * HOUR, clients: 5, marked: false };
    const faults = planOf({ ...options, proxy: 'disturbing' }).faults;
    expect(faults.filter(({ fault }) => fault.kind !== 'proxy')).toEqual(planOf(options).faults);
    expect(faults.length).toBeGreaterThan(planOf(options).faults.length);
  });

  it('lets forged messages break what they must break, and nothing else', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const plan = planOf({ seed, seconds: 12 * HOUR, clients: 10, marked: false, proxy: 'forging' });
      expect(run(plan, { dissectors }).violation).toBeUndefined();
    }
  });

  it('is shrunk to the fault that matters', () => {
    const faults = ['delay both 1s', 'edit p>s BNDUPD binding-status=ABANDONED', 'restamp both'];
    const plan = planWith({
      // Said to forge nothing, so that what the forgery breaks is found.
      proxy: 'disturbing',
      faults: faults.map((fault, index) => ({
        at: 3600 + index,
        fault: { kind: 'proxy', relationship: 0, fault: `${fault} seed 1`, forSeconds: 3000 },
      })),
    });
    const found = run(plan, { dissectors });
    expect(found.violation).toBeDefined();
    const { faults: left } = shrink(found, (plan) => run(plan, { dissectors })).result.plan;
    expect(left.map(({ fault }) => fault.kind === 'proxy' && fault.fault)).toEqual([`${faults[1]} seed 1`]);
  });
});
