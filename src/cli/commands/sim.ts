/** `leasetap sim`: two or three servers in virtual time, disturbed by a seed's faults, watched by invariants. */
import { type Command, InvalidArgumentError, Option } from 'commander';

import { inspector } from '../../sim/inspect.ts';
import { type RunOptions, run } from '../../sim/world.ts';
import { gather, positiveNumber, wholeNumber } from '../arguments.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { onInterrupt } from '../interrupt.ts';
import { Output } from '../output.ts';
import { chosenPlan, type RunChoice } from '../sim/choice.ts';
import { JOBS_MAX, runInJobs, serveAsJob } from '../sim/jobs.ts';
import { type Outcome, outcomeOf, Tally } from '../sim/outcome.ts';
import { playInSimulator } from '../sim/play.ts';
import { coverageLines, failureLines, totalsLine } from '../sim/report.ts';

interface Options extends RunChoice {
  readonly seed: number;
  readonly seeds: number;
  readonly scenario: readonly string[];
  readonly config: readonly string[];
  readonly report?: string;
  readonly write?: string;
  readonly jobs: number;
  readonly keepGoing?: boolean;
  readonly coverage?: boolean;
  readonly dissect?: boolean;
  readonly trace?: boolean;
  readonly worker?: boolean;
}

const HELP = `
A seed decides everything: servers, clients, clocks, lifetimes, and which faults come when. The same seed gives the same run
everywhere. A run has so many hours with faults, then all heals and both servers have to be in NORMAL with equal bindings.

  leasetap sim                                  100 seeds of a day
  leasetap sim --seeds 1000 --jobs 4            a thousand, over four processes
  leasetap sim --seed 4711 --seeds 1 --trace    one run, all that happens
  leasetap sim --scenario fixtures/scenarios/partner-down.yaml --config primary.yaml --config secondary.yaml
                                                a scenario on servers with these files: an MCLT of an hour in a moment

In every fourth seed a proxy between the servers drops, delays, cuts off and the like; in every sixteenth it also forges what
they say; in every eighth the operators err and say partner-down when it is not; every tenth is about what one server gave and
the other never heard of. --proxy and --operators-err say it for all seeds. Where contents are forged or operators err, invariants that cannot hold are not checked.`;

export function register(program: Command): void {
  program
    .command('sim')
    .description('run servers in virtual time with faults from a seed, and check what must always hold')
    .option('--seed <number>', 'first seed', wholeNumber, 1)
    .option('--seeds <number>', 'how many; a scenario is played once if not given', positiveNumber, 100)
    .option('--hours <number>', 'with faults, in each run', wholeNumber, 24)
    .option('--clients <number>', 'DHCPv6 clients; the seed decides if not given', clients)
    .option('--servers <number>', '2 or 3; the seed decides if not given', twoOrThree)
    .option('--operators-err', 'operators make mistakes in all runs, so two clients may hold the same')
    .option('--no-operators-err', 'operators make no mistakes in any run')
    .addOption(
      new Option(
        '--proxy <part>',
        'faults of the proxies between servers; the seed decides if not given',
      ).choices(['absent', 'disturbing', 'forging']),
    )
    .option('--jobs <number>', 'processes to spread the seeds over', jobs, 1)
    .option('--keep-going', 'after a failure too; tells each in one line')
    .option('--coverage', 'print all that the runs have been through')
    .option('--dissect', 'read every message with the dissectors too, not only a sample (slow)')
    .option('--only <numbers>', 'keep only these faults of the plan, e.g. 0,3, or none', listOfNumbers)
    .option('--trace', 'print all that happens')
    .option('--scenario <file>', 'play a scenario instead; may be given several times', gather, [])
    .option('--config <file>', 'of both servers of a scenario, instead of those of the lab', gather, [])
    .option('--report <file>', 'report of the scenarios: text, or .json, or .xml (JUnit)')
    .option('-w, --write <file>', 'recording of the scenario (pcapng)')
    .addOption(new Option('--worker').hideHelp())
    .addHelpText('after', HELP)
    .action(simulate);
}

async function simulate(options: Options, command: Command): Promise<void> {
  const out = new Output(process.stdout);
  const dissectors = dissectorsInUse();
  const inspect = inspector(dissectors);
  const runOptions: RunOptions = { dissectors, inspect, inspectAll: options.dissect === true };
  if (options.worker) {
    await serveAsJob((seed) => outcomeOf(run(chosenPlan(options, seed), runOptions)));
    return;
  }
  const interrupt = onInterrupt();
  if (options.scenario.length > 0) {
    const seeds = command.getOptionValueSource('seeds') === 'default' ? 1 : options.seeds;
    const passed = await playInSimulator({ ...options, seeds }, dissectors, out, interrupt.signal);
    if (!passed) process.exitCode = EXIT_FINDINGS;
    interrupt.release();
    await out.flush();
    return;
  }
  const began = performance.now();
  const tally = new Tally();
  const failed = await explore(options, runOptions, tally, interrupt.signal, out);
  interrupt.release();
  const seconds = (performance.now() - began) / 1000;
  const [first] = failed;
  if (first !== undefined) {
    process.exitCode = EXIT_FINDINGS;
    for (const line of failureLines(options, first, runOptions)) out.line(line);
  }
  const found = first === undefined ? 'nothing found' : `${failed.length} failed`;
  const ended = interrupt.signal.aborted ? 'interrupted, ' : '';
  out.line(`${totalsLine(tally, seconds)}: ${ended}${found}`);
  for (const line of coverageLines(tally.coverage)) out.line(line);
  if (options.coverage) for (const [what, count] of tally.coverage.sorted()) out.line(`  ${count} ${what}`);
  await out.flush();
}

/** Runs the seeds and returns those that failed, smallest first. */
async function explore(
  options: Options,
  runOptions: RunOptions,
  tally: Tally,
  interrupted: AbortSignal,
  out: Output,
): Promise<readonly number[]> {
  const { seed: first, seeds, keepGoing } = options;
  const failed: number[] = [];
  let next = first;
  const nextSeed = (): number | undefined => {
    const enough = failed.length > 0 && keepGoing !== true;
    return enough || interrupted.aborted || next >= first + seeds ? undefined : next++;
  };
  const done = (outcome: Outcome): void => {
    const { seed, violation } = outcome;
    tally.add(outcome);
    if (violation !== undefined) failed.push(seed);
    if (violation !== undefined && keepGoing === true) {
      out.line(`seed ${seed}, after ${violation.seconds} s: ${violation.invariant}: ${violation.text}`);
      void out.flush();
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${tally.runs} of ${seeds} `);
  };
  if (options.jobs > 1 && !options.trace) await runInJobs(Math.min(options.jobs, seeds), nextSeed, done);
  else await runHere(options, runOptions, nextSeed, done, out);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return failed.sort((a, b) => a - b);
}

async function runHere(
  options: Options,
  runOptions: RunOptions,
  next: () => number | undefined,
  done: (outcome: Outcome) => void,
  out: Output,
): Promise<void> {
  const trace = (millis: number, text: string) => out.line(`${(millis / 1000).toFixed(3)} ${text}`);
  for (let seed = next(); seed !== undefined; seed = next()) {
    const plan = chosenPlan(options, seed);
    done(outcomeOf(run(plan, { ...runOptions, ...(options.trace && { trace }) })));
    await out.ready();
    // Lets signals in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Client numbers have 16 bits. */
const CLIENTS_MAX = 10_000;

function clients(text: string): number {
  return within(text, 1, CLIENTS_MAX);
}

function jobs(text: string): number {
  return within(text, 1, JOBS_MAX);
}

function within(text: string, low: number, high: number): number {
  const value = wholeNumber(text);
  if (value >= low && value <= high) return value;
  throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}.`);
}

function twoOrThree(text: string): 2 | 3 {
  if (text === '2') return 2;
  if (text === '3') return 3;
  throw new InvalidArgumentError('expected 2 or 3.');
}

function listOfNumbers(text: string): readonly number[] {
  return text === 'none' ? [] : text.split(',').map(wholeNumber);
}
