/**
 * Goal: the library of scenarios is complete and true: a correct pair passes each with several seeds, and every transition
 * of the engine's table (RFC 8156 §8) is claimed by a scenario whose servers really went through it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LAB_CLIENTS } from '../../src/cli/lab/plan.ts';
import { pairOf } from '../../src/cli/sim/play.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import {
  leaveStartup,
  type MachineEvent,
  ON_EVENT,
  onEvent,
  onPartnerState,
  stateBeforeStartup,
} from '../../src/failover/machine.ts';
import { LASTING_STATES } from '../../src/failover/state.ts';
import { type Scenario, scenarioFrom } from '../../src/proxy/scenario/scenario.ts';
import { playInVirtualTime } from '../../src/sim/scenario.ts';
import { ROLES } from '../../src/sim/topology.ts';

const SEEDS = 5;
const folder = new URL('../../fixtures/scenarios/', import.meta.url);
const dissectors = loadDissectors();
const configs = pairOf([]);
const files = readdirSync(folder).sort();

function scenarioIn(file: string): Scenario {
  return scenarioFrom(parse(readFileSync(new URL(file, folder), 'utf8')), dissectors);
}

/** Every way from one state to another that the engine knows, in the words of scenarios. */
function arcsOfTable(): Set<string> {
  const arcs = new Set<string>();
  for (const own of LASTING_STATES) {
    for (const partner of LASTING_STATES) {
      const move = onPartnerState(own, partner);
      if (move !== null) arcs.add(`${own} to ${move.to}, partner ${partner}`);
    }
    for (const role of ROLES) {
      for (const event of Object.keys(ON_EVENT) as MachineEvent[]) {
        const move = onEvent(event, own, role);
        if (move !== null) arcs.add(`${own} to ${move.to}`);
      }
      const previous = stateBeforeStartup(own, role);
      for (const partnerState of LASTING_STATES) {
        for (const lastOperationTime of [undefined, 100, 300]) {
          const facts = {
            previous,
            partnerState,
            partnerStartTime: 200,
            lastOperationTime,
            lostMemory: false,
          };
          arcs.add(`STARTUP to ${leaveStartup(facts).to}`);
        }
      }
    }
  }
  return arcs;
}

describe('the library of scenarios', () => {
  it.each(files)('%s: our pair passes, and goes through what it claims', (file) => {
    const scenario = scenarioIn(file);
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { result } = playInVirtualTime({
        scenario,
        configs,
        dissectors,
        seed,
        clients: LAB_CLIENTS,
        tell: () => undefined,
      });
      const failed = result.phases.flatMap(({ name, judgements }) =>
        judgements.filter(({ ok }) => !ok).map((one) => `${seed} ${name}: ${one.expectation} ${one.detail}`),
      );
      expect(failed).toEqual([]);
    }
  });

  it('claims every transition of the table of §8, and no other', () => {
    const claimed = new Set(files.flatMap((file) => scenarioIn(file).transitions));
    expect([...claimed].sort()).toEqual([...arcsOfTable()].sort());
  });

  it('says in a sentence what a correct pair does', () => {
    for (const file of files) expect(scenarioIn(file).about).toMatch(/^[A-Z][^.]+\.$/);
  });
});
