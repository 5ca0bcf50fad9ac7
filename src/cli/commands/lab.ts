/** `leasetap lab`: two servers, the proxy between them and clients, on this machine alone. */
import type { Command } from 'commander';
import { TIMER_MILLIS_MAX } from '../../base/clock.ts';
import type { Scenario } from '../../proxy/scenario/scenario.ts';
import { duration, gather, wholeNumber } from '../arguments.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { onInterrupt } from '../interrupt.ts';
import { Lab } from '../lab/lab.ts';
import { ORDERS_HELP } from '../lab/orders.ts';
import { printSession } from '../print-session.ts';
import { playScenarios } from '../proxy/play.ts';
import { checkReport, readScenario } from '../proxy/scenario-file.ts';
import { hasTerminal, showSession } from '../show-session.ts';
import { soleWriter } from '../sole-writer.ts';

interface Options {
  readonly duration?: number;
  readonly seed: number;
  readonly write: string;
  readonly log?: string;
  readonly scenario: readonly string[];
  readonly report?: string;
  readonly tui: boolean;
}

const HELP = `
On a terminal this opens the UI; otherwise, or with --no-tui, it prints one line for each thing that happens.
Everything is on loopback, needs no root and no configuration, and is gone afterwards except the recording.
Times are short: MCLT 30 s, leases of a minute, a lost partner is noticed after 12 s.

Orders at the : prompt of the UI:
  ${ORDERS_HELP.join('\n  ')}

Examples:
  leasetap lab
  leasetap lab --no-tui --duration 60s | grep STATE
  leasetap lab --no-tui --scenario fixtures/scenarios/lost-replies.yaml
  leasetap lab --write first-try.pcapng && leasetap read first-try.pcapng`;

export function register(program: Command): void {
  program
    .command('lab')
    .description('watch two servers, a proxy and clients on this machine; needs no set-up')
    .option('-d, --duration <time>', 'end by itself after so long, e.g. 90s', duration)
    .option('--seed <number>', 'of the clients and of random faults', wholeNumber, 1)
    .option('-w, --write <file>', 'recording (pcapng)', 'leasetap-lab.pcapng')
    .option('--log <file>', 'everything that happens as JSON lines')
    .option('--scenario <file>', 'play a scenario, then end; may be given several times', gather, [])
    .option('--report <file>', 'report of the scenarios: text, or .json, or .xml (JUnit)')
    .option('--no-tui', 'print lines even on a terminal')
    .addHelpText('after', HELP)
    .action(runLab);
}

async function runLab(options: Options): Promise<void> {
  const interrupt = onInterrupt();
  const dissectors = dissectorsInUse();
  const scenarios = options.scenario.map((path) => readScenario(path, dissectors));
  if (options.report !== undefined) checkReport(options.report);
  await soleWriter([options.write, options.log]);
  const lab = await Lab.prepare({
    recording: options.write,
    log: options.log,
    seed: options.seed,
    program: process.argv[1] as string,
    dissectors,
  });
  const ends = new AbortController();
  interrupt.signal.addEventListener('abort', () => ends.abort());
  const { duration } = options;
  const timer =
    duration === undefined
      ? undefined
      : setTimeout(() => ends.abort(), Math.min(duration * 1000, TIMER_MILLIS_MAX));
  try {
    const playing =
      scenarios.length === 0
        ? Promise.resolve()
        : play(lab, scenarios, options, ends.signal).finally(() => ends.abort());
    // It is awaited below; until then its failure only ends what is shown.
    playing.catch(() => undefined);
    if (options.tui && hasTerminal())
      await showSession(lab.session, dissectors, ends.signal, { begin: () => lab.start() });
    else await printSession(lab.session, ends.signal, { begin: () => lab.start(), end: () => lab.close() });
    await playing;
  } finally {
    clearTimeout(timer);
    await lab.close();
    interrupt.release();
  }
  process.stderr.write(
    `recorded in ${options.write}; leasetap read -i primary-leg ${options.write} prints it\n`,
  );
}

/** The exit code tells whether all scenarios have passed. */
async function play(
  lab: Lab,
  scenarios: readonly Scenario[],
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const passed = await playScenarios(
    {
      proxy: lab.proxy,
      seed: options.seed,
      signal,
      note: (text, alarming) => lab.note(text, alarming),
      order: async (text) => {
        await lab.session.command?.(text);
      },
    },
    scenarios,
    options.report,
  );
  if (!passed) process.exitCode = EXIT_FINDINGS;
}
