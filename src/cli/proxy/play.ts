/** Plays a scenario on a running proxy, in real time. */
import type { ProxyHandle } from '../../proxy/handle.ts';
import { reportLines } from '../../proxy/scenario/report.ts';
import type { ScenarioOutput, ScenarioResult } from '../../proxy/scenario/run.ts';
import { ScenarioRun } from '../../proxy/scenario/run.ts';
import type { Scenario } from '../../proxy/scenario/scenario.ts';
import { safeText } from '../../render/escape.ts';
import type { Order } from './orders.ts';
import { writeReport } from './scenario-file.ts';

export interface Play {
  readonly proxy: ProxyHandle;
  readonly scenario: Scenario;
  readonly seed: number;
  /** Carries out an order to a server, e.g. `secondary kill`; rejects if that failed. */
  readonly order: Order;
  readonly note: (text: string, alarming: boolean) => void;
  readonly signal: AbortSignal;
}

/** Resolves with the result, or `undefined` if it was interrupted. */
function playScenario({
  proxy,
  scenario,
  seed,
  order,
  note,
  signal,
}: Play): Promise<ScenarioResult | undefined> {
  const run = new ScenarioRun(scenario, seed);
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const queue: ScenarioOutput[] = [];
    let busy = false;
    const finish = (result: ScenarioResult | undefined): void => {
      clearInterval(timer);
      unsubscribe();
      resolve(result);
    };
    // Arming a fault is itself an event: what comes out of that waits for its turn.
    const carryOut = (outputs: readonly ScenarioOutput[]): void => {
      queue.push(...outputs);
      if (busy) return;
      busy = true;
      for (let output = queue.shift(); output !== undefined; output = queue.shift()) act(output);
      busy = false;
    };
    const act = (output: ScenarioOutput): void => {
      if (output.kind === 'arm') proxy.armFault(output.fault);
      else if (output.kind === 'remove') proxy.removeFault(output.id);
      else if (output.kind === 'note') note(output.text, output.alarming);
      else if (output.kind === 'finished') finish(output.result);
      else ordered = ordered.then(() => obey(output.text));
    };
    // One after the other: a server that is to be started has to have stopped.
    let ordered = Promise.resolve();
    const obey = async (text: string): Promise<void> => {
      note(`order: ${text}`, false);
      const why = await order(text).then(
        () => undefined,
        (error: Error) => error.message,
      );
      carryOut(run.orderEnded(text, why, Date.now()));
    };
    const unsubscribe = proxy.subscribe((event) => carryOut(run.event(event)));
    signal.addEventListener('abort', () => finish(undefined));
    timer = setInterval(() => carryOut(run.tick(Date.now())), 200);
    carryOut(run.start(Date.now(), proxy.stats()));
  });
}

/** Plays one after the other, prints and writes their reports; whether all have passed. An interruption is a failure. */
export async function playScenarios(
  play: Omit<Play, 'scenario'>,
  scenarios: readonly Scenario[],
  report: string | undefined,
): Promise<boolean> {
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const result = await playScenario({ ...play, scenario, seed: scenario.seed ?? play.seed });
    if (result === undefined) break;
    results.push(result);
  }
  for (const line of results.flatMap(reportLines)) process.stderr.write(`${safeText(line)}\n`);
  if (report !== undefined) writeReport(report, results);
  return results.length === scenarios.length && results.every(({ ok }) => ok);
}
