/** `leasetap ctl`: look at a running server and give it orders, through its control. */
import type { Command } from 'commander';
import { jsonText } from '../../base/json-text.ts';
import { suggestion } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import { controlPlace } from '../../control/place.ts';
import { safeText } from '../../render/escape.ts';
import { ControlClient, type LeaseQuery } from '../../server/control-client.ts';
import { leaseHeading, leaseLine, statusLines } from '../ctl/status-text.ts';
import { onInterrupt } from '../interrupt.ts';
import { Output } from '../output.ts';

interface Options {
  readonly json?: true;
  readonly relationship?: string;
  readonly status?: string;
  readonly in?: string;
  readonly client?: string;
  readonly tokenFile?: string;
}

interface Asked {
  readonly client: ControlClient;
  readonly options: Options;
  readonly argument: string | undefined;
  readonly out: Output;
}

interface Action {
  readonly help: string;
  run(asked: Asked): Promise<void>;
}

/** The only action that is about a resource. */
const RESET = 'reset';

const ACTIONS: Readonly<Record<string, Action>> = {
  status: { help: 'states, timers, what happens next and when, pools', run: status },
  leases: { help: 'every lease; --status, --in, --client and --relationship select', run: leases },
  events: { help: 'what happens, as it happens', run: events },
  metrics: { help: 'figures for Prometheus', run: metrics },
  'partner-down': {
    help: 'the partner is known to be down: serve alone (RFC 8156 §8.4)',
    run: order('partner-down'),
  },
  resync: { help: 'end the connection to the partner and begin anew', run: order('resync') },
  [RESET]: { help: 'make an ABANDONED address or prefix usable again: reset 2001:db8::1', run: order(RESET) },
  reload: { help: 'read certificates and keys again, for connections to come', run: order('reload') },
  shutdown: { help: 'tell the partners and end', run: order('shutdown') },
};

const HELP = `
CONTROL is the path of the server's socket (\`control:\` in its file), or ADDRESS:PORT with --token-file.

Actions:
${Object.entries(ACTIONS)
  .map(([name, { help }]) => `  ${name.padEnd(14)} ${help}`)
  .join('\n')}

  leasetap ctl primary.sock status
  leasetap ctl primary.sock leases --status active --in 2001:db8:1::/64 --json
  leasetap ctl primary.sock partner-down --relationship campus

The same over HTTP, described in docs/openapi-server.yaml:  curl --unix-socket primary.sock http://localhost/status`;

export function register(program: Command): void {
  program
    .command('ctl')
    .description('look at a running server, and give it orders')
    .argument('<control>', 'where its control is')
    .argument('[action]', Object.keys(ACTIONS).join(', '), 'status')
    .argument('[resource]', 'address or prefix, for reset')
    .option('--json', 'as JSON; leases and events one object a line')
    .option('-r, --relationship <name>', 'which one, if the server has several')
    .option('--status <status>', 'leases of this binding-status')
    .option('--in <prefix>', 'leases within this prefix')
    .option('--client <duid>', 'leases of this client, DUID in hexadecimal')
    .option('--token-file <file>', 'token of a control on TCP')
    .addHelpText('after', HELP)
    .action(async (control: string, name: string, argument: string | undefined, options: Options) => {
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
      if (action === undefined) throw unknownAction(name);
      if (argument !== undefined && name !== RESET)
        throw new InputError(`${name} takes no resource, found "${argument}"`);
      if (argument === undefined && name === RESET)
        throw new InputError('expected the address or prefix to reset, e.g. reset 2001:db8::1');
      const client = new ControlClient(controlPlace(control, options.tokenFile, '--token-file'));
      const out = new Output(process.stdout);
      await action.run({ client, options, argument, out });
      await out.flush();
    });
}

function unknownAction(name: string): InputError {
  const known = Object.keys(ACTIONS);
  return new InputError(`unknown action "${name}"${suggestion(name, known, `expected ${known.join(', ')}`)}`);
}

async function status({ client, options, out }: Asked): Promise<void> {
  const value = await client.status();
  if (options.json === true) out.line(jsonText(value, 2));
  else for (const line of statusLines(value)) out.line(line);
}

async function leases({ client, options, out }: Asked): Promise<void> {
  if (options.json !== true) out.line(leaseHeading);
  for await (const lease of client.leases(leaseQuery(options))) {
    out.line(options.json === true ? jsonText(lease) : leaseLine(lease));
    if (out.closed) return;
    await out.ready();
  }
}

function leaseQuery({ relationship, status: wanted, in: within, client }: Options): LeaseQuery {
  return {
    ...(relationship === undefined ? {} : { relationship }),
    ...(wanted === undefined ? {} : { status: wanted }),
    ...(within === undefined ? {} : { in: within }),
    ...(client === undefined ? {} : { client }),
  };
}

async function events({ client, options, out }: Asked): Promise<void> {
  const interrupt = onInterrupt();
  for await (const event of client.events(interrupt.signal)) {
    const { time_iso, relationship, kind, text, section } = event;
    const line = [time_iso, relationship ?? '', `${kind}:`, text, section ?? ''].filter(
      (part) => part !== '',
    );
    out.line(options.json === true ? jsonText(event) : safeText(line.join(' ')));
    await out.flush();
    if (out.closed) break;
  }
  interrupt.release();
}

async function metrics({ client, out }: Asked): Promise<void> {
  out.line((await client.metrics()).trimEnd());
}

function order(name: string): Action['run'] {
  return async ({ client, options, argument, out }) => {
    const { relationship } = options;
    const done = await client.order({
      name,
      ...(relationship === undefined ? {} : { relationship }),
      ...(argument === undefined ? {} : { body: { resource: argument } }),
    });
    if (options.json === true) out.line(jsonText(done));
    else
      out.line(done.relationship === null ? done.text : `${done.relationship}: ${done.state}; ${done.text}`);
  };
}
