/** `leasetap watch`: a running proxy, from another terminal. */
import type { Command } from 'commander';
import { controlPlace } from '../../control/place.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { onInterrupt } from '../interrupt.ts';
import { printSession } from '../print-session.ts';
import { ProxyClient } from '../proxy/control-client.ts';
import { remoteSession } from '../proxy/remote-session.ts';
import { hasTerminal, showSession } from '../show-session.ts';

interface Options {
  readonly tokenFile?: string;
  readonly relationship?: string;
  readonly tui: boolean;
}

const HELP = `
On a terminal this opens the UI; otherwise, or with --no-tui, it prints one line for each thing that happens.
Leaving it leaves the proxy and its faults as they are.

Example:
  leasetap watch tap.sock
  leasetap watch tap.sock -r campus`;

export function register(program: Command): void {
  program
    .command('watch')
    .description('watch a running proxy through its control')
    .argument('<control>', 'the control of the proxy: a path, or ADDRESS:PORT')
    .option('--token-file <file>', 'token of a control on TCP')
    .option('-r, --relationship <name>', 'only this one, if the proxy serves several')
    .option('--no-tui', 'print lines even on a terminal')
    .addHelpText('after', HELP)
    .action(runWatch);
}

async function runWatch(control: string, options: Options): Promise<void> {
  const dissectors = dissectorsInUse();
  const interrupt = onInterrupt();
  const over = new AbortController();
  const ends = AbortSignal.any([interrupt.signal, over.signal]);
  const { tokenFile, relationship } = options;
  const client = new ProxyClient(controlPlace(control, tokenFile, '--token-file'), relationship);
  const title = relationship === undefined ? control : `${control} ${relationship}`;
  const session = await remoteSession(client, title, dissectors, ends, () => over.abort());
  if (options.tui && hasTerminal()) await showSession(session, dissectors, ends);
  else await printSession(session, ends, { end: async () => undefined });
  over.abort();
  interrupt.release();
}
