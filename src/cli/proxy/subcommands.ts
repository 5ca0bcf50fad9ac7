/** `leasetap proxy plan` and `leasetap proxy check`: setting a proxy up between real servers. */
import type { Command } from 'commander';
import { FAILOVER_PORT } from '../../base/ports.ts';
import { InputError } from '../../base/problem.ts';
import { UNNAMED } from '../../proxy/relationship.ts';
import { bareAddress, duration, portNumber } from '../arguments.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { checkPrimary, checkSecondary } from './check.ts';
import { planLines } from './plan.ts';
import { addRelationshipCommands } from './relationship-commands.ts';
import { type RelationshipOptions, relationshipsOf } from './setup.ts';

/** Where the proxy listens on its host, unless told: no privilege is needed for it. */
const PROXY_PORT = 1647;

interface PlanOptions {
  readonly primary: string;
  readonly secondary: string;
  readonly port: number;
  readonly proxyPort: number;
  readonly bypass: boolean;
}

interface CheckOptions extends RelationshipOptions {
  readonly wait: number;
}

export function addSubcommands(proxy: Command): void {
  addRelationshipCommands(proxy);
  proxy
    .command('plan')
    .description('print what a host between both servers needs, so that neither sees the proxy')
    .requiredOption('--primary <address>', 'address of the primary', bareAddress)
    .requiredOption('--secondary <address>', 'address of the secondary', bareAddress)
    .option('--port <number>', 'port of failover', portNumber, FAILOVER_PORT)
    .option('--proxy-port <number>', 'port of the proxy on its host', portNumber, PROXY_PORT)
    .option('--no-bypass', 'without leasetap nothing passes, instead of everything directly')
    .action((options: PlanOptions) => {
      if (options.primary.includes(':') !== options.secondary.includes(':')) {
        throw new InputError('expected two IPv6 or two IPv4 addresses');
      }
      if (options.primary === options.secondary)
        throw new InputError('expected the addresses of two servers, found the same twice');
      process.stdout.write(`${planLines(options).join('\n')}\n`);
    });
  proxy
    .command('check')
    .description(
      'prove that the secondary can be dialled and that the primary comes; ends the proof with a reset',
    )
    .usage('--listen ADDRESS:PORT --to ADDRESS:PORT [--from ADDRESS] | --config FILE')
    .option('--wait <time>', 'how long to wait for the primary', duration, 60)
    .action(runCheck);
}

async function runCheck(_: unknown, command: Command): Promise<void> {
  // --listen, --to, --from and --config are those of the parent command.
  const { wait, ...options } = command.optsWithGlobals<CheckOptions>();
  const relationships = relationshipsOf(options, [], dissectorsInUse());
  const legs = await Promise.all(
    relationships.map(async ({ name, listen, to, from }) => {
      const input = { listen, to, from, seconds: wait };
      const found = await Promise.all([checkSecondary(input), checkPrimary(input)]);
      return found.map(({ ok, text }) => ({ ok, text: name === UNNAMED ? text : `${name}: ${text}` }));
    }),
  );
  for (const { ok, text } of legs.flat()) process.stdout.write(`${ok ? 'ok    ' : 'FAIL  '}${text}\n`);
  if (legs.flat().some(({ ok }) => !ok)) process.exitCode = EXIT_FINDINGS;
}
