/**
 * Goal: runs hold their invariants, the same seed is the same run, and what a run is about can be seen from outside. The
 * many seeds are `leasetap sim`; here are a few.
 */
import { describe, expect, it } from 'vitest';
import { loadDissectors } from '../../src/dissect/load.ts';
import { ACCESS_KINDS } from '../../src/sim/access.ts';
import type { Fault } from '../../src/sim/fault.ts';
import { inspector } from '../../src/sim/inspect.ts';
import { type Plan, planOf } from '../../src/sim/plan.ts';
import { TOPOLOGIES, TOPOLOGY_NAMES } from '../../src/sim/topology.ts';
import { run } from '../../src/sim/world.ts';

const HOUR = 3600;

function calm(more: Partial<Plan> = {}): Plan {
  const plan = planOf({ seed: 1, seconds: 3 * HOUR, clients: 10, servers: 2, marked: false });
  return { ...plan, topology: 'pair', mclt: 600, validLifetime: 3600, faults: [], ...more };
}

describe('a run', () => {
  it('without faults is in NORMAL from beginning to end, and prefixes go to the secondary', () => {
    const { violation, coverage } = run(calm());
    expect(violation).toBeUndefined();
    expect(coverage.counts.get('state primary COMMUNICATIONS-INTERRUPTED')).toBeUndefined();
    expect(coverage.counts.get('update FREE-BACKUP')).toBeGreaterThan(0);
    expect(coverage.counts.get('update ACTIVE')).toBeGreaterThan(10);
  });

  it('is the same for the same plan', () => {
    const plan = planOf({ seed: 5, seconds: 6 * HOUR, clients: 10, marked: false });
    const lines = [0, 1].map(() => {
      const said: string[] = [];
      run(plan, { trace: (millis, text) => said.push(`${millis} ${text}`) });
      return said.join('\n');
    });
    expect(lines[0]).toBe(lines[1]);
    expect(lines[0]).toContain('fault');
  });

  it('sends nothing in which the dissectors find a problem or other values than were meant', () => {
    const inspect = inspector(loadDissectors());
    let messages = 0;
    const looked = (message: Uint8Array) => {
      messages++;
      return inspect(message);
    };
    for (const seed of [2, 3]) {
      const result = run(planOf({ seed, seconds: 6 * HOUR, clients: 10, marked: false }), {
        inspect: looked,
        inspectAll: true,
      });
      expect(result.violation).toBeUndefined();
    }
    expect(messages).toBeGreaterThan(1000);
  });

  const faults: readonly Fault[] = [
    {
      kind: 'crash',
      server: 'A',
      forSeconds: 900,
      silently: true,
      diskLost: false,
      partnerDownAfterSeconds: 120,
    },
    { kind: 'crash', server: 'B', forSeconds: 900, silently: false, diskLost: true },
    { kind: 'shutdown', server: 'B', forSeconds: 60 },
    { kind: 'cut', relationship: 0 },
    { kind: 'half-open', relationship: 0 },
    { kind: 'partition', relationship: 0, forSeconds: 3000 },
    { kind: 'partition', relationship: 0, forSeconds: 3000, only: 'secondary' },
    { kind: 'stall', relationship: 0, forSeconds: 45 },
    { kind: 'slow', relationship: 0, delaySeconds: 7, forSeconds: 600 },
    { kind: 'drop', relationship: 0, from: 'secondary', messageType: 34, count: 2 },
    { kind: 'drop', relationship: 0, from: 'secondary', messageType: 25, count: 20 },
    { kind: 'clock', server: 'B', seconds: 7, forSeconds: 600 },
    { kind: 'disk-stall', server: 'A', forSeconds: 40 },
  ];
  for (const fault of faults) {
    it(`survives ${JSON.stringify(fault)}`, () => {
      expect(run(calm({ faults: [{ at: 4000, fault }] })).violation).toBeUndefined();
    });
  }

  for (const topology of TOPOLOGY_NAMES) {
    it(`has all relationships of ${topology} in NORMAL while one server is lost for a while`, () => {
      const fault: Fault = { kind: 'crash', server: 'B', forSeconds: 900, silently: true, diskLost: true };
      const { violation, coverage } = run(calm({ topology, clients: 24, faults: [{ at: 4000, fault }] }));
      expect(violation).toBeUndefined();
      const relationships = TOPOLOGIES[topology].length;
      expect(coverage.counts.get('state primary NORMAL')).toBeGreaterThanOrEqual(relationships);
      expect(coverage.counts.get('message CONNECT')).toBeGreaterThanOrEqual(relationships + 1);
      for (const kind of ACCESS_KINDS) expect(coverage.counts.get(`client ${kind}`)).toBeGreaterThan(0);
    });
  }

  it('lets a fault lie in wait for a state', () => {
    const crash: Fault = { kind: 'crash', server: 'B', forSeconds: 60, silently: true, diskLost: true };
    const when = { relationship: 0, server: 'secondary', state: 'RECOVER', afterMillis: 0 } as const;
    const said: string[] = [];
    const faults = [
      { at: 4000, fault: crash },
      { at: 4001, when, fault: { kind: 'cut', relationship: 0 } as const },
    ];
    const trace = (_: number, text: string) => said.push(text);
    expect(run(calm({ faults }), { trace }).violation).toBeUndefined();
    // The first time is the first day.
    const recovering = said.findLastIndex((text) => text.includes('to RECOVER:'));
    expect(said.findIndex((text) => text.startsWith('fault 4001 s'))).toBe(recovering + 1);
  });

  it('keeps a server off that cannot meet its partner, which was told at this very moment that it is down (seed 3081)', () => {
    const partition: Fault = { kind: 'partition', relationship: 0, forSeconds: 900 };
    const crash = { kind: 'crash', server: 'B', silently: false, diskLost: false } as const;
    const faults = [
      { at: 4000, fault: partition },
      { at: 4300, fault: { ...crash, forSeconds: 1, partnerDownAfterSeconds: 1 } },
    ];
    const said: string[] = [];
    const { violation } = run(calm({ faults }), { trace: (_, text) => said.push(text) });
    expect(violation).toBeUndefined();
    const told = said.findIndex((text) =>
      text.includes('primary COMMUNICATIONS-INTERRUPTED to PARTNER-DOWN'),
    );
    const next = said.slice(told).find((text) => text.includes('secondary STARTUP'));
    expect(next).toContain('STARTUP to RECOVER: the partner is in PARTNER-DOWN');
  });

  it('keeps a server off whose clock is wrong while its partner is in PARTNER-DOWN: CONNECT is rejected (seed 6801)', () => {
    const crash = { kind: 'crash', server: 'B', silently: false, diskLost: false } as const;
    const faults = [
      { at: 4000, fault: { ...crash, forSeconds: 300, partnerDownAfterSeconds: 60 } },
      { at: 4200, fault: { kind: 'clock', server: 'B', seconds: 7, forSeconds: 600 } as const },
    ];
    const said: string[] = [];
    const { violation } = run(calm({ faults }), { trace: (_, text) => said.push(text) });
    expect(violation).toBeUndefined();
    expect(said.join('\n')).toContain('primary COMMUNICATIONS-INTERRUPTED to PARTNER-DOWN');
    expect(said.join('\n')).not.toContain('secondary STARTUP to COMMUNICATIONS-INTERRUPTED');
  });

  it('keeps a server off that died unheard while its partner is in PARTNER-DOWN, until the partner dials again (seed 9631)', () => {
    const crash = { kind: 'crash', server: 'B', diskLost: false } as const;
    const when = { relationship: 0, server: 'secondary', state: 'RECOVER', afterMillis: 0 } as const;
    const faults = [
      { at: 4000, fault: { ...crash, forSeconds: 900, silently: false, partnerDownAfterSeconds: 20 } },
      { at: 4001, when, fault: { ...crash, forSeconds: 3, silently: true } },
    ];
    const said: string[] = [];
    const { violation } = run(calm({ faults }), { trace: (_, text) => said.push(text) });
    expect(violation).toBeUndefined();
    const died = said.findIndex((text) => text.startsWith('fault 4001 s'));
    const next = said.slice(died).find((text) => text.includes('secondary STARTUP'));
    expect(next).toContain('STARTUP to RECOVER: the partner is in PARTNER-DOWN');
  });

  it('goes on when the STATEs after a new connection are lost (seed 19 once waited for ever)', () => {
    const lost: Fault = { kind: 'drop', relationship: 0, from: 'secondary', messageType: 34, count: 2 };
    const faults = [
      { at: 4000, fault: lost },
      { at: 4001, fault: { kind: 'cut', relationship: 0 } as const },
    ];
    expect(run(calm({ faults })).violation).toBeUndefined();
  });

  it('survives operators who err, as far as that is possible', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const result = run(planOf({ seed, seconds: 6 * HOUR, clients: 10, marked: true }));
      expect(result.violation).toBeUndefined();
    }
  });
});
