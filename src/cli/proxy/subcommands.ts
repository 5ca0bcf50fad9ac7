/** `leasetap proxy plan` and `leasetap proxy check`: setting a proxy up between real servers. */
import type { Command } from 'commander';
import type { Endpoint } from '../../base/flow.ts';
import { InputError } from '../../base/problem.ts';
import { bareAddress, duration, socketAddress, wholeNumber } from '../arguments.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { checkPrimary, checkSecondary } from './check.ts';
import { planLines } from './plan.ts';

interface PlanOptions {
  readonly primary: string;
  readonly secondary: string;
  readonly port: number;
  readonly proxyPort: number;
  readonly bypass: boolean;
}

interface CheckOptions {
  readonly listen?: Endpoint;
  readonly to?: Endpoint;
  readonly from?: string;
  readonly wait: number;
}

export function addSubcommands(proxy: Command): void {
  proxy
    .command('plan')
    .description('print what a host between both servers needs, so that neither sees the proxy')
    .requiredOption('--primary <address>', 'address of the primary', bareAddress)
    .requiredOption('--secondary <address>', 'address of the secondary', bareAddress)
    .option('--port <number>', 'port of failover', wholeNumber, 647)
    .option('--proxy-port <number>', 'port of the proxy on its host', wholeNumber, 1647)
    .option('--no-bypass', 'without leasetap nothing passes, instead of everything directly')
    .action((options: PlanOptions) => {
      if (options.primary.includes(':') !== options.secondary.includes(':')) {
        throw new InputError('expected two IPv6 or two IPv4 addresses');
      }
      process.stdout.write(`${planLines(options).join('\n')}\n`);
    });
  proxy
    .command('check')
    .description(
      'prove that the secondary can be dialled and that the primary comes; ends the proof with a reset',
    )
    .option('-l, --listen <address:port>', 'where the primary connects', socketAddress)
    .option('-t, --to <address:port>', 'the secondary', socketAddress)
    .option('--from <address>', 'address to dial from', bareAddress)
    .option('--wait <time>', 'how long to wait for the primary', duration, 60)
    .action(runCheck);
}

async function runCheck(_: unknown, command: Command): Promise<void> {
  // Options that the parent command has, too, are found there.
  const { listen, to, from, wait } = command.optsWithGlobals<CheckOptions>();
  if (listen === undefined || to === undefined) throw new InputError('expected --listen and --to');
  const input = { listen, to, from, seconds: wait };
  const [secondary, primary] = await Promise.all([checkSecondary(input), checkPrimary(input)]);
  for (const { ok, text } of [secondary, primary])
    process.stdout.write(`${ok ? 'ok    ' : 'FAIL  '}${text}\n`);
  if (!secondary.ok || !primary.ok) process.exitCode = EXIT_FINDINGS;
}
