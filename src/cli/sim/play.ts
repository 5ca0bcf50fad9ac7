/** `leasetap sim --scenario`: scenarios in virtual time, on servers with the configuration of the lab or of given files. */
import { writeFileSync } from 'node:fs';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { recordingBeginning } from '../../proxy/recorder.ts';
import { reportLines } from '../../proxy/scenario/report.ts';
import type { ScenarioResult } from '../../proxy/scenario/run.ts';
import type { Scenario } from '../../proxy/scenario/scenario.ts';
import { parseServerConfig, type ServerConfig } from '../../server/config.ts';
import { loadServerConfig } from '../../server/config-file.ts';
import { playInVirtualTime } from '../../sim/scenario.ts';
import { checkOrders } from '../../sim/scenario-orders.ts';
import { LAB_CLIENTS, LAB_TIMES, type LabPlan, type ServerName, serverYaml } from '../lab/plan.ts';
import type { Output } from '../output.ts';
import { checkReport, readScenario, writeReport } from '../proxy/scenario-file.ts';
import { soleWriter } from '../sole-writer.ts';
import { packageVersion } from '../version.ts';

export interface PlayOptions {
  readonly scenario: readonly string[];
  readonly config: readonly string[];
  readonly seed: number;
  /** How many seeds, from `seed` on. */
  readonly seeds: number;
  readonly clients?: number;
  readonly report?: string;
  readonly write?: string;
  readonly trace?: boolean;
}

/** Plays all scenarios with all seeds; whether all have passed. */
export async function playInSimulator(
  options: PlayOptions,
  dissectors: Dissectors,
  out: Output,
  signal: AbortSignal,
): Promise<boolean> {
  const scenarios = options.scenario.map((path) => {
    const scenario = readScenario(path, dissectors);
    checkOrders(
      path,
      scenario.phases.flatMap(({ orders }) => orders),
    );
    return scenario;
  });
  const configs = pairOf(options.config);
  if (options.report !== undefined) checkReport(options.report);
  const { write, clients } = options;
  if (write !== undefined && scenarios.length * options.seeds > 1) {
    throw new InputError('--write: expected one scenario and one seed');
  }
  const giveBack = await soleWriter([write]);
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    for (let seed = options.seed; seed < options.seed + options.seeds && !signal.aborted; seed++) {
      const blocks: Uint8Array[] = [];
      const { result } = playInVirtualTime({
        scenario,
        configs,
        dissectors,
        seed,
        clients: clients === undefined ? LAB_CLIENTS : { ...LAB_CLIENTS, count: clients },
        ...(write !== undefined && { record: (block) => blocks.push(block.slice()) }),
        tell: (seconds, text) => {
          if (options.trace) out.line(`${seconds.toFixed(3)} ${text}`);
        },
      });
      for (const line of reportLines(result)) out.line(line);
      results.push(result);
      if (write !== undefined) writeRecording(write, scenario, seed, blocks);
      // Lets signals in.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  giveBack();
  if (options.report !== undefined) writeReport(options.report, results);
  return results.length === scenarios.length * options.seeds && results.every(({ ok }) => ok);
}

function writeRecording(path: string, { name }: Scenario, seed: number, blocks: readonly Uint8Array[]): void {
  const comments = [`simulated: ${name}, seed ${seed}`];
  const beginning = recordingBeginning({ application: `leasetap ${packageVersion()}`, comments });
  writeFileSync(path, Buffer.concat([...beginning, ...blocks]));
}

/** The configuration of a pair from the files of two servers, in whatever order; without files that of the lab. */
export function pairOf(files: readonly string[]): Readonly<Record<ServerName, ServerConfig>> {
  if (files.length === 0) return { primary: labConfig('primary'), secondary: labConfig('secondary') };
  const configs = files.map(loadServerConfig);
  const withRole = (role: ServerName): ServerConfig => {
    const [found] = configs.filter(({ relationships }) => relationships[0]?.role === role);
    if (configs.length === 2 && found !== undefined) return found;
    throw new InputError('--config: expected the files of two servers, a primary and its secondary');
  };
  return { primary: withRole('primary'), secondary: withRole('secondary') };
}

function labConfig(name: ServerName): ServerConfig {
  const ports = { proxy: 1, failover: 2, clients: { primary: 3, secondary: 4 } };
  const plan: LabPlan = { folder: '', ports, times: LAB_TIMES };
  return parseServerConfig(name, serverYaml(plan, name), (path) => path);
}
