/** `leasetap proxy`: the tap between two real servers, as lines or JSON, with recording, log and faults. */
import { type Command, InvalidArgumentError } from 'commander';
import { seededRandom } from '../../base/clock.ts';
import type { Endpoint } from '../../base/flow.ts';
import { formatSocketAddress, normalAddress, parseSocketAddress } from '../../base/socket-address.ts';
import { loadDissectors } from '../../dissect/load.ts';
import { parseFault } from '../../proxy/faults/short-form.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import { CONNECTIONS_DEFAULT_MAX, type ProxyOptions, ProxySession } from '../../proxy/relay.ts';
import { colourDepth } from '../../render/style.ts';
import { sessionOfProxy } from '../../tui/proxy-session.ts';
import { onInterrupt } from '../interrupt.ts';
import { Output } from '../output.ts';
import { readFaultsFile } from '../proxy/faults-file.ts';
import { sessionLines } from '../session-lines.ts';

interface Options {
  readonly listen: Endpoint;
  readonly to: Endpoint;
  readonly from?: string;
  readonly write?: string;
  readonly log?: string;
  readonly fault: readonly string[];
  readonly faults?: string;
  readonly seed?: number;
  readonly maxConnections: number;
}

const HELP = `
The primary is configured to find its partner at --listen; the proxy dials the secondary at --to.
Every message is one line on stdout. Faults are armed from the start and act on both directions unless told:

  leasetap proxy --listen [::1]:1647 --to [::1]:647 --write tap.pcapng
  leasetap proxy --listen [::]:647 --to [2001:db8:f::2]:647 \\
    --fault 'drop s>p BNDREPLY where lease in 2001:db8:1::/64 nth 3 times 2' \\
    --fault 'skew p>s bump +7s after 1m for 30s'

Directions: p>s is what the primary (who connects) sends, s>p what the secondary sends.
The recording has an interface for each leg, every message as it came and as it went, and a comment where a fault
was applied. What has been written survives a kill of the proxy, up to the last tenth of a second.`;

export function register(program: Command): void {
  program
    .command('proxy')
    .description('sit between two servers: show, record and disturb what they say')
    .requiredOption(
      '-l, --listen <address:port>',
      'where the primary connects, e.g. [::1]:1647',
      socketAddress,
    )
    .requiredOption('-t, --to <address:port>', 'the secondary', socketAddress)
    .option('--from <address>', 'address to dial from', bareAddress)
    .option('-w, --write <file>', 'recording (pcapng)')
    .option('--log <file>', 'everything that happens as JSON lines')
    .option('-f, --fault <fault>', 'arm a fault; may be given several times', gather, [])
    .option('--faults <file>', 'arm the faults of a YAML file')
    .option('--seed <number>', 'of the random decisions of faults', wholeNumber)
    .option('--max-connections <number>', 'at the same time', wholeNumber, CONNECTIONS_DEFAULT_MAX)
    .addHelpText('after', HELP)
    .action((options: Options, command: Command) => runProxy(options, command.parent?.version() ?? ''));
}

async function runProxy(options: Options, version: string): Promise<void> {
  const interrupt = onInterrupt();
  const faults = [
    ...options.fault.map(parseFault),
    ...(options.faults === undefined ? [] : readFaultsFile(options.faults)),
  ];
  const proxy = await ProxySession.start(proxyOptions(options, faults, version));
  process.stderr.write(
    `listening on ${formatSocketAddress(proxy.listening)}, the secondary is ${formatSocketAddress(options.to)}\n`,
  );
  for (const { id, sentence } of proxy.listFaults()) process.stderr.write(`${id} ${sentence}\n`);
  try {
    await printLines(proxy, interrupt.signal);
  } finally {
    await proxy.close();
    interrupt.release();
  }
  if (options.write !== undefined) process.stderr.write(`recorded in ${options.write}\n`);
}

function proxyOptions(options: Options, faults: readonly FaultSpec[], version: string): ProxyOptions {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const { listen, to, from, write, log } = options;
  const comments = [
    `leasetap ${version} between primary at ${formatSocketAddress(listen)} and secondary at ${formatSocketAddress(to)}`,
    `seed ${seed}`,
  ];
  return {
    listen,
    dial: to,
    faults,
    random: seededRandom(seed),
    dissectors: loadDissectors(),
    connectionsMax: options.maxConnections,
    onFileError: (path, error) =>
      process.stderr.write(`leasetap: ${path}: ${error.message}; relaying goes on\n`),
    ...(from === undefined ? {} : { from }),
    ...(write === undefined
      ? {}
      : { record: { path: write, header: { application: `leasetap ${version}`, comments } } }),
    ...(log === undefined ? {} : { logPath: log }),
  };
}

/** Until the signal, or until nobody reads the lines any more. */
async function printLines(proxy: ProxySession, signal: AbortSignal): Promise<void> {
  const out = new Output(process.stdout);
  const lines = sessionLines(colourDepth('auto', process.stdout.isTTY === true, process.env));
  const stop = sessionOfProxy(proxy, { title: 'proxy' }).subscribe((item) => {
    for (const line of lines.of(item, Date.now())) out.line(line);
    void out.flush();
  });
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
    process.stdout.on('error', () => resolve());
    if (signal.aborted) resolve();
  });
  await proxy.close();
  stop();
  await out.flush();
}

function socketAddress(text: string): Endpoint {
  const end = parseSocketAddress(text);
  if (end === undefined)
    throw new InvalidArgumentError('expected ADDRESS:PORT such as [::1]:647 or 192.0.2.1:647.');
  return end;
}

function bareAddress(text: string): string {
  const address = normalAddress(text);
  if (address === undefined) throw new InvalidArgumentError('expected an IPv6 or IPv4 address.');
  return address;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

function gather(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
