/** `leasetap fault`: arm, list and remove the faults of a running proxy. */
import { type Command, Option } from 'commander';
import { jsonText } from '../../base/json-text.ts';
import { controlPlace } from '../../control/place.ts';
import type { FaultView } from '../../proxy/events.ts';
import { FAULT_KINDS } from '../../proxy/faults/kinds.ts';
import { DIRECTIONS, type FaultDirection } from '../../proxy/faults/spec.ts';
import { toJsonKeys } from '../../proxy/json-keys.ts';
import { safeText } from '../../render/escape.ts';
import { wholeNumber } from '../arguments.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { onInterrupt } from '../interrupt.ts';
import { ProxyClient } from '../proxy/control-client.ts';

interface Options {
  readonly control: string;
  readonly tokenFile?: string;
  readonly relationship?: string;
}

const FAULT_NAME_COLUMNS = Math.max(...FAULT_KINDS.map(({ name }) => name.length));

const HELP = `
Faults:
${FAULT_KINDS.map(({ name, summary }) => `  ${name.padEnd(FAULT_NAME_COLUMNS)} ${summary}`).join('\n')}

Examples:
  leasetap proxy --listen '[::1]:1647' --to '[::1]:647' --control tap.sock
  leasetap fault -C tap.sock add 'drop s>p BNDREPLY nth 3 times 2'
  leasetap fault -C tap.sock add 'hold s>p BNDREPLY where lease in 2001:db8:1::/64 id H'
  leasetap fault -C tap.sock list
  leasetap fault -C tap.sock release H 2 0 1
  leasetap fault -C tap.sock -r campus add 'drop s>p BNDREPLY'        where the proxy serves several
  leasetap fault -C tap.sock pause 'type == BNDREPLY && status != Success'
  leasetap fault -C tap.sock step
  leasetap fault -C tap.sock resume
  leasetap fault -C tap.sock reset`;

export function register(program: Command): void {
  const fault = program
    .command('fault')
    // Its options may stand behind the names of its own commands.
    .enablePositionalOptions(false)
    .description('arm, list and remove faults of a running proxy')
    .requiredOption('-C, --control <place>', 'the control of the proxy: a path, or ADDRESS:PORT')
    .option('--token-file <file>', 'token of a control on TCP')
    .option('-r, --relationship <name>', 'which one, if the proxy serves several')
    .addHelpText('after', HELP);
  fault
    .command('add')
    .description('arm a fault (docs/writing-a-fault.md)')
    .argument('<words...>', 'the fault, e.g. drop s>p BNDREPLY times 2')
    .option('--tied', 'stay, and remove the fault at the end of this command')
    .action(async (words: readonly string[], options: { readonly tied?: true }, command: Command) => {
      const client = clientOf(command);
      const view = await client.add(words.join(' '));
      process.stdout.write(`${lineOf(view)}\n`);
      if (options.tied === true) await stay(client, view.id);
    });
  fault
    .command('list')
    .description('list the faults that are armed')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true }, command: Command) => {
      const views = await clientOf(command).list();
      const text = options.json === true ? jsonText(toJsonKeys(views)) : views.map(lineOf).join('\n');
      if (text !== '') process.stdout.write(`${text}\n`);
    });
  fault
    .command('rm')
    .description('remove faults; what they hold goes onward')
    .argument('<id...>')
    .action(async (ids: readonly string[], _: unknown, command: Command) => {
      for (const id of ids) await clientOf(command).remove(id);
    });
  fault
    .command('release')
    .description(
      'let go what a hold fault keeps: all, or these positions of `list` in this order (0 is the oldest)',
    )
    .argument('<id>')
    .argument('[positions...]')
    .action(async (id: string, positions: readonly string[], _: unknown, command: Command) => {
      const order = positions.length === 0 ? undefined : positions.map(wholeNumber);
      const released = await clientOf(command).release(id, order);
      if (!released) process.stdout.write(`nothing is held${order === undefined ? '' : ' there'}\n`);
    });
  addStepping(fault);
  fault
    .command('reset')
    .description('remove all faults')
    .action(async (_: unknown, command: Command) => {
      for (const id of await clientOf(command).reset()) process.stdout.write(`${id} removed\n`);
    });
}

/** Message by message, as with a debugger. */
function addStepping(fault: Command): void {
  fault
    .command('pause')
    .description('hold everything from now on, or from the first message that matches (a breakpoint)')
    .addOption(
      new Option('--direction <direction>', 'stop only this one; unless told, both').choices(DIRECTIONS),
    )
    .argument('[filter...]', 'e.g. type == BNDUPD, as in `leasetap read -Y`')
    .action(
      async (filter: readonly string[], { direction }: { direction?: FaultDirection }, command: Command) => {
        const when = filter.length === 0 ? {} : { when: filter.join(' ') };
        const view = await clientOf(command).pause({ ...when, ...(direction && { direction }) });
        process.stdout.write(`${lineOf(view)}\n`);
      },
    );
  fault
    .command('step')
    .description('let the oldest message that is held go')
    .action(async (_: unknown, command: Command) => {
      const released = await clientOf(command).step();
      process.stdout.write(released ? 'one message let go\n' : 'nothing is held\n');
    });
  fault
    .command('resume')
    .description('let everything go and go on')
    .action(async (_: unknown, command: Command) => {
      await clientOf(command).resume();
    });
}

/** Ends with Ctrl-C or with the proxy; the proxy removes the fault when the stream is gone. */
async function stay(client: ProxyClient, id: string): Promise<void> {
  const interrupt = onInterrupt();
  for await (const event of client.events(dissectorsInUse(), interrupt.signal, [id])) {
    if (event.kind !== 'fault-gone') continue;
    if (event.fault.id === id || `${event.relationship}/${event.fault.id}` === id) break;
  }
  interrupt.release();
}

function clientOf(command: Command): ProxyClient {
  const { control, tokenFile, relationship } = command.parent?.opts<Options>() ?? { control: '' };
  return new ProxyClient(controlPlace(control, tokenFile, '--token-file'), relationship);
}

function lineOf(view: FaultView): string {
  const now = Date.now();
  const { id, sentence, seed, matched, hits, heldOctets, keepaliveEndsMillis, waiting = [] } = view;
  const left = keepaliveEndsMillis === undefined ? undefined : Math.round((keepaliveEndsMillis - now) / 1000);
  const countdown = left === undefined ? '' : `, ${Math.max(0, left)} s until the receiver gives up`;
  const held = heldOctets === 0 ? '' : `, ${heldOctets} octets held${countdown}`;
  const lines = waiting.map(({ direction, type, transactionId, octets, arrivedMillis }, position) => {
    const xid = transactionId === undefined ? '' : ` x${transactionId.toString(16).padStart(6, '0')}`;
    const age = ((now - arrivedMillis) / 1000).toFixed(1);
    return `\n  ${position}  ${direction} ${type ?? `${octets} octets`}${xid}, held for ${age} s`;
  });
  return `${id} ${safeText(sentence)} (hit ${hits} of ${matched} matching${held}; seed ${seed})${lines.join('')}`;
}
