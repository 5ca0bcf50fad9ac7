/** `leasetap sim`: two or three servers in virtual time, disturbed by a seed's faults, watched by invariants. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadDissectors } from '../../dissect/load.ts';
import { Coverage } from '../../sim/coverage.ts';
import { shrink } from '../../sim/explore.ts';
import { faultText } from '../../sim/fault.ts';
import { inspector } from '../../sim/inspect.ts';
import { type Plan, planOf } from '../../sim/plan.ts';
import type { ProxyPart } from '../../sim/stages-plan.ts';
import { type RunOptions, type RunResult, run } from '../../sim/world.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { onInterrupt } from '../interrupt.ts';
import { Output } from '../output.ts';

interface Options {
  readonly seed: number;
  readonly seeds: number;
  readonly hours: number;
  readonly clients?: number;
  readonly servers?: 2 | 3;
  readonly operatorsErr?: boolean;
  readonly proxy?: ProxyPart;
  readonly dissect?: boolean;
  readonly trace?: boolean;
  readonly only?: readonly number[];
}

const HELP = `
A seed decides everything: clocks, lifetimes, and which faults come when. The same seed gives the same run everywhere.
A run has so many hours with faults, then all heals and both servers have to be in NORMAL with equal bindings.

  leasetap sim                                  100 seeds of a day
  leasetap sim --seed 4711 --seeds 1 --trace    one run, all that happens
  leasetap sim --operators-err                  operators also say partner-down when it is not
  leasetap sim --proxy forging                  the proxy changes what the servers say

Every fourth seed has a proxy between the servers that drops, delays, cuts off and the like, unless --proxy says otherwise.`;

export function register(program: Command): void {
  program
    .command('sim')
    .description('run servers in virtual time with faults from a seed, and check what must always hold')
    .option('--seed <number>', 'first seed', wholeNumber, 1)
    .option('--seeds <number>', 'how many', wholeNumber, 100)
    .option('--hours <number>', 'with faults, in each run', wholeNumber, 24)
    .option('--clients <number>', 'DHCPv6 clients; the seed decides if not given', wholeNumber)
    .option('--servers <number>', '2 or 3; the seed decides if not given', twoOrThree)
    .option('--operators-err', 'mark the runs: operators make mistakes, so two clients may hold the same')
    .addOption(
      new Option('--proxy <part>', 'faults of the proxy between them; forging ones mark the runs').choices([
        'absent',
        'disturbing',
        'forging',
      ]),
    )
    .option('--dissect', 'read every message with the dissectors too (slow)')
    .option('--only <numbers>', 'keep only these faults of the plan, e.g. 0,3', listOfNumbers)
    .option('--trace', 'print all that happens')
    .addHelpText('after', HELP)
    .action(simulate);
}

async function simulate(options: Options): Promise<void> {
  const interrupt = onInterrupt();
  const out = new Output(process.stdout);
  const coverage = new Coverage();
  const dissectors = loadDissectors();
  const runOptions: RunOptions = {
    dissectors,
    ...(options.dissect && { inspect: inspector(dissectors) }),
    ...(options.trace && { trace: (millis, text) => out.line(`${(millis / 1000).toFixed(3)} ${text}`) }),
  };
  const began = performance.now();
  let simulated = 0;
  let runs = 0;
  for (; runs < options.seeds && !interrupt.signal.aborted; runs++) {
    const result = run(chosen(options, options.seed + runs), runOptions);
    coverage.add(result.coverage);
    simulated += result.simulatedSeconds;
    if (result.violation !== undefined) {
      tellFailure(out, options, result, runOptions);
      await out.flush();
      process.exitCode = EXIT_FINDINGS;
      return;
    }
    // Lets signals in.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = (performance.now() - began) / 1000;
  out.line(
    `${runs} runs, ${Math.round(simulated / 86_400)} days in ${seconds.toFixed(1)} s (${Math.round(simulated / seconds)} times real time): nothing found`,
  );
  const missing = coverage.missing(options.operatorsErr === true);
  if (missing.length > 0) out.line(`never seen: ${missing.join('; ')}`);
  await out.flush();
}

function chosen(options: Options, seed: number): Plan {
  const { hours, clients, servers, only } = options;
  const proxy = options.proxy ?? (seed % 4 === 0 ? 'disturbing' : 'absent');
  const plan = planOf({
    seed,
    seconds: 3600 * hours,
    marked: options.operatorsErr === true,
    proxy,
    ...(clients !== undefined && { clients }),
    ...(servers !== undefined && { servers }),
  });
  return only === undefined
    ? plan
    : { ...plan, faults: plan.faults.filter((_, index) => only.includes(index)) };
}

function tellFailure(out: Output, options: Options, failure: RunResult, runOptions: RunOptions): void {
  const { seed } = failure.plan;
  out.line(`seed ${seed}, after ${failure.violation?.seconds} s: ${failure.violation?.invariant}`);
  out.line(`  ${failure.violation?.text}`);
  const { trace: _silent, ...quiet } = runOptions;
  const shortest = shrink(failure, quiet);
  const { only: _, ...whole } = options;
  const all = chosen(whole, seed).faults;
  out.line(`shortest schedule that breaks it: ${shortest.plan.faults.length} of ${all.length} faults`);
  for (const fault of shortest.plan.faults) out.line(`  ${faultText(fault)}`);
  const only = shortest.plan.faults.map((fault) =>
    all.findIndex((one) => faultText(one) === faultText(fault)),
  );
  const again = [
    `leasetap sim --seed ${seed} --seeds 1 --hours ${options.hours}`,
    ...(options.clients === undefined ? [] : [`--clients ${options.clients}`]),
    ...(options.servers === undefined ? [] : [`--servers ${options.servers}`]),
    ...(options.operatorsErr ? ['--operators-err'] : []),
    ...(options.proxy === undefined ? [] : [`--proxy ${options.proxy}`]),
    `--only ${only.join(',')} --trace`,
  ];
  out.line(`run again: ${again.join(' ')}`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return value;
}

function twoOrThree(text: string): 2 | 3 {
  if (text === '2') return 2;
  if (text === '3') return 3;
  throw new InvalidArgumentError('expected 2 or 3');
}

function listOfNumbers(text: string): readonly number[] {
  return text.split(',').map(wholeNumber);
}
