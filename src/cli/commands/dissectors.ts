/** `leasetap dissectors`: what can be dissected, how, and whether a file that adds to it is right. */
import type { Command } from 'commander';
import { InputError } from '../../base/problem.ts';
import { runExamples } from '../../dissect/examples.ts';
import { loadDissectors } from '../../dissect/load.ts';
import { wiresharkLua } from '../../dissect/lua.ts';
import { listLines, showLines } from '../dissectors/describe.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { Output } from '../output.ts';

const HELP = `
Examples:
  leasetap dissectors list
  leasetap dissectors show dhcpv6-failover         all its messages and options
  leasetap dissectors show BNDUPD                  one message, or an option by name or number
  leasetap dissectors check my-vendor.yaml         is it right, and do its examples come out?
  leasetap dissectors export --wireshark-lua > failover6.lua
  tshark -X lua_script:failover6.lua -r FILE       Wireshark reads RFC 8156
  LEASETAP_DISSECTORS=my-vendor.yaml leasetap read FILE     all commands use what is named there, files or folders`;

export function register(program: Command): void {
  const dissectors = program
    .command('dissectors')
    .description('list, explain and check the YAML files that dissection is made from')
    .addHelpText('after', HELP);
  dissectors
    .command('list')
    .description('all files: what they define and from which document')
    .action(async () => print(listLines(dissectorsInUse())));
  dissectors
    .command('show <name>')
    .description('a protocol, or messages and options by name or number: fields, types, names of values')
    .action(async (name: string) => print(showLines(dissectorsInUse(), name)));
  dissectors
    .command('check [files...]')
    .description('load files beside our own and run the examples of all of them')
    .action(check);
  dissectors
    .command('export')
    .description('write the definitions for another program')
    .requiredOption('--wireshark-lua', 'a dissector for RFC 8156 that Wireshark and tshark load')
    .action(async () => print([wiresharkLua(dissectorsInUse()).trimEnd()]));
}

async function check(files: readonly string[]): Promise<void> {
  const dissectors = loadDissectors({ files });
  const { count, failures } = runExamples(dissectors);
  const [first] = failures;
  if (first === undefined)
    return print([`${dissectors.files.length} files are right; ${count} examples come out`]);
  await print(failures.map(({ where, hex, message }) => `${where}: example ${hex}: ${message}`));
  throw new InputError(`${failures.length} examples do not come out as their files say`);
}

async function print(lines: readonly string[]): Promise<void> {
  const out = new Output(process.stdout);
  for (const line of lines) out.line(line);
  await out.flush();
}
