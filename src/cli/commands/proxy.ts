/** `leasetap proxy`: the tap between two real servers, as lines, with recording, log, faults and scenarios. */
import { once } from 'node:events';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../base/problem.ts';
import type { SocketAddress } from '../../base/socket-address.ts';
import type { OpenControl } from '../../control/http-server.ts';
import { controlPlace, placeText } from '../../control/place.ts';
import { controlTarget, openProxyControl } from '../../proxy/control.ts';
import { isName } from '../../proxy/faults/limits.ts';
import { parseFault } from '../../proxy/faults/short-form.ts';
import type { ProxyGroup } from '../../proxy/group.ts';
import type { Rotation } from '../../proxy/recorder-file.ts';
import { type RelationshipSettings, UNNAMED } from '../../proxy/relationship.ts';
import { CONNECTIONS_DEFAULT_MAX } from '../../proxy/relay.ts';
import type { Scenario } from '../../proxy/scenario/scenario.ts';
import { keepFreedMemory } from '../../proxy/warm-memory.ts';
import { sessionOfProxy } from '../../tui/proxy-session.ts';
import { bareAddress, duration, gather, octets, socketAddress, wholeNumber } from '../arguments.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { onInterrupt } from '../interrupt.ts';
import { note, withOwnItems } from '../own-items.ts';
import { printSession } from '../print-session.ts';
import { confinedTo } from '../proxy/confined.ts';
import { printDryRun } from '../proxy/dry-run.ts';
import { eachSecond } from '../proxy/each-second.ts';
import { readFaultsFile } from '../proxy/faults-file.ts';
import { checkOrders, type Order, type OrderSetup, ordersOf } from '../proxy/orders.ts';
import { playScenarios } from '../proxy/play.ts';
import { checkReport, readScenario } from '../proxy/scenario-file.ts';
import {
  type NamedEnd,
  proxyGroup,
  type RelationshipOptions,
  relationshipsOf,
  withSuffix,
} from '../proxy/setup.ts';
import { steppingCommand, steppingOf } from '../proxy/stepping.ts';
import { addSubcommands } from '../proxy/subcommands.ts';
import { addTlsOptions, tlsOf } from '../proxy/tls.ts';
import { hasTerminal, showSession } from '../show-session.ts';

interface Options extends RelationshipOptions {
  readonly rotateSize?: number;
  readonly rotateEvery?: number;
  readonly keep?: number;
  readonly fault: readonly string[];
  readonly faults?: string;
  readonly tui?: true;
  readonly quiet?: true;
  readonly relationship?: string;
  readonly scenario: readonly string[];
  readonly report?: string;
  readonly onOrder?: string;
  readonly strangersFrom?: string;
  readonly dryRun?: string;
  readonly control?: string;
  readonly tokenFile?: string;
  readonly controlFolder: readonly string[];
  readonly seed?: number;
  readonly maxConnections: number;
  readonly findings: boolean;
}

const HELP = `
The primary is configured to find its partner at --listen; the proxy dials the secondary at --to.
Every message is one line on stdout. Faults are armed from the start and act on both directions unless told:

  leasetap proxy --listen '[::1]:1647' --to '[::1]:647' --write tap.pcapng
  leasetap proxy --listen '[::]:647' --to '[2001:db8:f::2]:647' \\
    --fault 'drop s>p BNDREPLY where lease in 2001:db8:1::/64 nth 3 times 2' \\
    --fault 'skew p>s bump +7s after 1m for 30s'
  leasetap proxy --listen '[::1]:1647' --to '[::1]:647' --control tap.sock     (see leasetap help fault, watch)
  leasetap proxy --dry-run capture.pcapng --fault 'drop BNDREPLY where status-code != 0'
  leasetap proxy --listen '[::]:647' --to '[2001:db8:f::2]:647' --scenario lost-replies.yaml --report report.xml

Several relationships: --listen and --to several times, in pairs, or a file (docs/staging.md). Each has its own files:

  leasetap proxy -l '[::]:1647' -t 'campus=[2001:db8:f::2]:647' -l ':1648' -t branch=192.0.2.2:647 --write tap.pcapng
  leasetap proxy --config relationships.yaml --control tap.sock

TLS behind STARTTLS is passed on unread, or terminated on both sides with certificates that both believe (docs/tls.md):

  leasetap proxy -l '[::]:1647' -t '[2001:db8:f::2]:647' --tls terminate --tls-cert secondary.pem --tls-key secondary.key \\
    --tls-to-cert primary.pem --tls-to-key primary.key --tls-ca ca.pem --write tap.pcapng

Directions: p>s is what the primary (who connects) sends, s>p what the secondary sends.
The recording has an interface for each leg, every message as it came and as it went, and a comment where a fault
was applied. What has been written survives a kill of the proxy, up to the last tenth of a second, on a machine that is
short of time up to the last second: what cannot be written down soon enough makes the servers wait.

Exit status: 0 done, 1 a scenario has failed, 2 bad usage or input.`;

export function register(program: Command): void {
  const proxy = program
    .command('proxy')
    // Its options may stand behind the names of its own commands.
    .enablePositionalOptions(false)
    .description('sit between two servers: show, record and disturb what they say')
    .option('-l, --listen <address:port>', 'where the primary connects, e.g. [::1]:1647', listenAddress, [])
    .option('-t, --to <[name=]address:port>', 'the secondary', secondaryAddress, [])
    .option('--config <file>', 'relationships and faults from a YAML file')
    .option('--from <address>', 'address to dial from', bareAddress)
    .option('-w, --write <file>', 'recording (pcapng)')
    .option('--log <file>', 'everything that happens as JSON lines')
    .option('--tui', 'show the terminal UI instead of lines')
    .option('-q, --quiet', 'print no lines; the log has everything')
    .option('--rotate-size <octets>', 'begin the next file after so many octets, e.g. 100M', octets)
    .option('--rotate-every <time>', 'begin the next file after so long, e.g. 1h', duration)
    .option('--keep <number>', 'keep only the newest files when rotating', wholeNumber)
    .option('-f, --fault <fault>', 'arm a fault; may be given several times', gather, [])
    .option('--faults <file>', 'arm the faults of a YAML file')
    .option('--scenario <file>', 'play a scenario, then end; may be given several times', gather, [])
    .option('-r, --relationship <name>', 'where scenarios are played, if there are several')
    .option('--report <file>', 'report of the scenarios: text, or .json, or .xml (JUnit)')
    .option('--on-order <program>', 'carries out the orders of scenarios: PROGRAM secondary kill')
    .option('--strangers-from <address>', 'dials from there for the order `secondary strangers`', bareAddress)
    .option('--dry-run <capture>', 'relay nothing; tell what the faults would have hit in a capture')
    .option('-C, --control <place>', 'control: a path for a unix socket, or ADDRESS:PORT with a token')
    .option('--token-file <file>', 'token of a control on TCP')
    .option('--control-folder <folder>', 'where a control on TCP may name files, e.g. recordings', gather, [])
    .option('--alive-set <family/table/set>', 'sign of life for the rules of `leasetap proxy plan`')
    .option('--seed <number>', 'of the random decisions of faults', wholeNumber)
    .option('--no-findings', 'do not tell what is against RFC 8156 (docs/checks.md)')
    .option('--max-connections <number>', 'at the same time', wholeNumber, CONNECTIONS_DEFAULT_MAX)
    .addHelpText('after', HELP)
    .action((options: Options, command: Command) => runProxy(options, command.parent?.version() ?? ''));
  addTlsOptions(proxy);
  addSubcommands(proxy);
}

function listenAddress(text: string, before: readonly SocketAddress[]): readonly SocketAddress[] {
  return [...before, socketAddress(text)];
}

function secondaryAddress(text: string, before: readonly NamedEnd[]): readonly NamedEnd[] {
  const [, name, end = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? [];
  if (name !== undefined && !isName(name))
    throw new InvalidArgumentError('expected a name of letters, digits, dots and dashes before "=".');
  return [...before, { name, end: socketAddress(end) }];
}

async function runProxy(options: Options, version: string): Promise<void> {
  const dissectors = dissectorsInUse();
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const faults = [
    ...options.fault.map(parseFault),
    ...(options.faults === undefined ? [] : readFaultsFile(options.faults, dissectors)),
  ];
  if (options.dryRun !== undefined) {
    await printDryRun(options.dryRun, faults, dissectors, seed);
    return;
  }
  if (options.tui === true && !hasTerminal()) throw new InputError('--tui needs a terminal');
  const scenarios = options.scenario.map((path) => readScenario(path, dissectors));
  checkOrders(scenarios, ordersBy(options));
  if (options.report !== undefined) checkReport(options.report);
  const relationships = relationshipsOf(options, faults, dissectors);
  const stage = stageOf(options, relationships);
  const tls = tlsOf(options);
  keepFreedMemory();
  const interrupt = onInterrupt();
  const group = proxyGroup({
    dissectors,
    seed,
    version,
    connectionsMax: options.maxConnections,
    scenarios: options.scenario,
    judge: options.findings,
    tell: (line) => process.stderr.write(`${line}\n`),
    ...(tls === undefined ? {} : { tls }),
    ...rotationOf(options),
  });
  const session = sessionOfProxy(group, {
    title: 'proxy',
    command: steppingCommand(steppingOf(group)),
    eachSecond,
  });
  const order = orderOf(group, relationships, stage, options);
  let control: OpenControl | undefined;
  const begin = async (): Promise<void> => {
    let isReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      isReady = resolve;
    });
    // Before anything is opened: if its place is taken, another proxy's recording may be, too.
    control = await controlOf(group, options, version, ready);
    for (const settings of relationships) await group.add(settings);
    isReady();
    if (control !== undefined) process.stderr.write(`control at ${placeText(control.place)}\n`);
  };
  try {
    if (scenarios.length === 0 && options.tui !== true && options.quiet !== true) {
      await printSession(session, interrupt.signal, { begin, end: () => group.close() });
    } else {
      await begin();
      if (order !== undefined) await playAll(group, stage, order, scenarios, options, seed, interrupt.signal);
      else if (options.tui === true) await showSession(session, dissectors, interrupt.signal);
      else if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort');
    }
  } finally {
    await control?.close();
    await group.close();
    interrupt.release();
  }
  for (const { write } of relationships)
    if (write !== undefined)
      process.stderr.write(
        `recorded in ${options.rotateSize || options.rotateEvery ? withSuffix(write, '*') : write}\n`,
      );
}

/** The relationship in which scenarios are played. */
function stageOf(
  { relationship, scenario }: Options,
  relationships: readonly RelationshipSettings[],
): string {
  const names = relationships.map(({ name }) => name);
  const [only = '', another] = names;
  if (relationship !== undefined && !names.includes(relationship))
    throw new InputError(`--relationship ${relationship}: expected one of ${names.join(', ')}`);
  if (relationship === undefined && another !== undefined && scenario.length > 0)
    throw new InputError(`--scenario needs --relationship with one of ${names.join(', ')}`);
  return relationship ?? only;
}

/** Opens the control that was asked for, which answers once `ready` is. What it tells begins here. */
async function controlOf(
  group: ProxyGroup,
  { control, tokenFile, controlFolder }: Options,
  version: string,
  ready: Promise<void>,
): Promise<OpenControl | undefined> {
  if (control === undefined) return undefined;
  const place = controlPlace(control, tokenFile, '--token-file');
  const confine = place.kind === 'tcp' ? { confine: confinedTo(controlFolder) } : {};
  return await openProxyControl(place, controlTarget(group, { version, ...confine }), ready);
}

function ordersBy({ onOrder, strangersFrom }: Options): Pick<OrderSetup, 'program' | 'strangersFrom'> {
  return {
    ...(onOrder === undefined ? {} : { program: onOrder }),
    ...(strangersFrom === undefined ? {} : { strangersFrom }),
  };
}

/** For scenarios. To be asked for before anything is relayed: it has to hear the first word. */
function orderOf(
  group: ProxyGroup,
  relationships: readonly RelationshipSettings[],
  stage: string,
  options: Options,
): Order | undefined {
  const settings = relationships.find(({ name }) => name === stage);
  if (settings === undefined || options.scenario.length === 0) return undefined;
  const { to, from } = settings;
  return ordersOf({
    ...ordersBy(options),
    secondary: to,
    ...(from === undefined ? {} : { from }),
    subscribe: (listener) =>
      group.subscribe((event) => {
        if ((event.relationship ?? UNNAMED) === stage) listener(event);
      }),
  });
}

/** Prints what happens while the scenarios are played; the exit code tells whether all have passed. */
async function playAll(
  group: ProxyGroup,
  stage: string,
  order: Order,
  scenarios: readonly Scenario[],
  options: Options,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const ends = new AbortController();
  const { session, tell } = withOwnItems(sessionOfProxy(group, { title: 'proxy' }));
  const printed = printSession(session, AbortSignal.any([signal, ends.signal]), {
    end: () => group.close(),
  });
  const passed = await playScenarios(
    { proxy: group.of(stage), seed, order, note: (text, alarming) => tell(note(text, alarming)), signal },
    scenarios,
    options.report,
  );
  ends.abort();
  await printed;
  if (!passed) process.exitCode = EXIT_FINDINGS;
}

/** The files are numbered as soon as one of the limits is given. */
function rotationOf({ rotateSize, rotateEvery, keep }: Options): { readonly rotation?: Rotation } {
  if (rotateSize === undefined && rotateEvery === undefined) {
    if (keep !== undefined) throw new InputError('--keep needs --rotate-size or --rotate-every');
    return {};
  }
  return {
    rotation: {
      ...(rotateSize === undefined ? {} : { octets: rotateSize }),
      ...(rotateEvery === undefined ? {} : { seconds: rotateEvery }),
      ...(keep === undefined ? {} : { keep }),
    },
  };
}
