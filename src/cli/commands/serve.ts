/** `leasetap serve`: one failover server in the foreground, with its log on stderr. */
import { type Command, Option } from 'commander';
import { jsonText } from '../../base/json-text.ts';
import type { OpenControl } from '../../control/http-server.ts';
import { placeText } from '../../control/place.ts';
import { safeText } from '../../render/escape.ts';
import type { ServerConfig } from '../../server/config.ts';
import { loadServerConfig } from '../../server/config-file.ts';
import { openServerControl } from '../../server/control.ts';
import { FailoverServer } from '../../server/driver.ts';
import type { Told } from '../../server/news.ts';
import { newsLine, serverEvent } from '../../server/news-text.ts';
import { ConfigError } from '../../server/schema.ts';
import { openLmdbStore } from '../../server/store-lmdb.ts';
import { tlsTroubles } from '../../server/tls.ts';
import { EXIT_BAD_INPUT } from '../exit-code.ts';
import { onInterrupt } from '../interrupt.ts';

interface Options {
  readonly check?: true;
  readonly logFormat: 'text' | 'jsonl' | 'none';
}

/** The store failed: nothing can be promised any more. */
const EXIT_FAILED = 1;

const HELP = `
A server answers DHCPv6 clients and relays over UDP and keeps its leases the same as its partner's over TCP
(RFC 8156). The file says who the partner is and what may be leased; docs/examples/server.yaml explains every key.

  leasetap serve --check server.yaml            tell every mistake of the file and its certificates
  leasetap serve docs/examples/loopback-primary.yaml      a pair on this machine, without privileges:
  leasetap serve docs/examples/loopback-secondary.yaml    start each in a terminal of its own
  leasetap ctl docs/examples/loopback-primary.sock status

Ports 547 and 647 need a privilege: CAP_NET_BIND_SERVICE on Linux. Ctrl-C or SIGTERM tells the partner and ends; a
kill loses nothing that was promised to a client or to the partner.`;

export function register(program: Command): void {
  program
    .command('serve')
    .description('run one DHCPv6 failover server')
    .argument('<config>', 'YAML file of the server')
    .option('--check', 'read the file, tell every mistake, and end')
    .addOption(
      new Option('--log-format <format>', 'what happens, on stderr')
        .choices(['text', 'jsonl', 'none'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(async (file: string, options: Options, command: Command) => {
      const config = readConfig(file);
      if (config === undefined) process.exitCode = EXIT_BAD_INPUT;
      else if (options.check === true) check(file, config);
      else await serve(config, options, command.parent?.version() ?? '');
    });
}

/** The file is good; are those that it names? */
function check(file: string, { failover }: ServerConfig): void {
  const troubles = failover.tls === undefined ? [] : tlsTroubles(failover.tls, Date.now());
  for (const line of troubles) process.stderr.write(`${line}\n`);
  if (troubles.length > 0) process.exitCode = EXIT_BAD_INPUT;
  else process.stdout.write(`${file}: good\n`);
}

/** Tells every mistake, not only the first; `undefined` if there are any. */
function readConfig(file: string): ServerConfig | undefined {
  try {
    return loadServerConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.lines) process.stderr.write(`${line}\n`);
    return undefined;
  }
}

async function serve(config: ServerConfig, { logFormat }: Options, version: string): Promise<void> {
  const interrupt = onInterrupt();
  const clock = { nowMillis: () => Date.now() };
  const server = new FailoverServer(config, openLmdbStore(config.storeDirectory), clock);
  const stopped = new AbortController();
  server.news.listen((told) => write(logFormat, told));
  let control: OpenControl | undefined;
  try {
    if (config.control !== undefined) {
      const target = { server, version, now: clock.nowMillis, shutDown: () => stopped.abort() };
      control = await openServerControl(config.control, target);
      const where = placeText(control.place);
      server.news.tell(clock.nowMillis(), { kind: 'listening', what: 'control', where });
    }
    await server.start();
    const failure = await Promise.race([server.failed, aborted(interrupt.signal), aborted(stopped.signal)]);
    if (failure !== undefined) {
      process.stderr.write(`leasetap: ${failure.message}\n`);
      process.exitCode = EXIT_FAILED;
    }
  } finally {
    await server.stop();
    await control?.close();
    interrupt.release();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}

function write(format: Options['logFormat'], told: Told): void {
  // A line may quote the partner, which may send anything.
  if (format === 'text') process.stderr.write(`${safeText(newsLine(told))}\n`);
  else if (format === 'jsonl') process.stderr.write(`${jsonText(serverEvent(told))}\n`);
}
