/**
 * From arguments to an exit code: finds the command, runs it and turns whatever ends it into what a shell expects.
 * 0: done; 1: done, and it found something (a command sets it); 2: bad usage or bad input, told in one line.
 */
import { Command, CommanderError, Help, type Option } from 'commander';
import { InputError } from '../base/problem.ts';
import { describeSystemError } from '../base/system-error.ts';
import { safeText } from '../render/escape.ts';
import { commands } from './commands.ts';
import { EXIT_BAD_INPUT } from './exit-code.ts';
import { packageVersion } from './version.ts';

const HELP_AFTER = `
Examples:
  leasetap lab                         watch two servers, a proxy and clients on this machine; needs no set-up
  leasetap read capture.pcapng         one line for each failover message of a capture
  tcpdump -w - port 647 | leasetap read -
  leasetap help read                   everything about one command

Exit status: 0 done, 1 done with findings, 2 bad usage or input.`;

/** Runs the command that `args` (without node and script) names and returns its exit code; never throws. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = emptyProgram();
  try {
    for (const load of commandsNeededFor(args)) (await load()).register(program);
    for (const command of program.commands) command.enablePositionalOptions(false);
    refuseHelpOnNothing(args, program);
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/**
 * What stands behind a command is the command's (`enablePositionalOptions`): -V means something else there. Commands do not
 * inherit that: `fault list -C PLACE` is the same as `fault -C PLACE list`.
 */
function emptyProgram(): Command {
  return new Command('leasetap')
    .description(
      'Look into DHCPv6 failover (RFC 8156), tap it, break it on purpose, and run a pair of servers.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .enablePositionalOptions()
    .helpOption('-h, --help', 'explain the program or a command')
    .addHelpText('after', HELP_AFTER)
    .showSuggestionAfterError()
    .configureHelp({ optionDescription: withoutEmptyDefault })
    .configureOutput({ outputError: (text, write) => write(`leasetap: ${oneLine(text)}\n`) })
    .exitOverride();
}

/** That what may be given several times is empty at first says nothing. */
function withoutEmptyDefault(option: Option): string {
  return new Help().optionDescription(option).replace(' (default: [])', '');
}

/** The named command alone; all of them for help, and for a name that is none (to suggest the nearest). */
function commandsNeededFor(args: readonly string[]): (typeof commands)[string][] {
  const named = args[0] === 'help' ? args[1] : args[0];
  const load = named === undefined ? undefined : commands[named];
  if (load !== undefined) return [load];
  const versionOnly = named === '-V' || named === '--version';
  return versionOnly ? [] : Object.values(commands);
}

/** For a command that it does not know, commander would explain the program. */
function refuseHelpOnNothing([first, topic]: readonly string[], program: Command): void {
  if (first === 'help' && topic !== undefined && !topic.startsWith('-') && commands[topic] === undefined)
    program.parse([topic], { from: 'user' });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_BAD_INPUT;
  const message = error instanceof InputError ? error.message : describeSystemError(error);
  if (message !== undefined) process.stderr.write(`leasetap: ${oneLine(message)}\n`);
  else process.stderr.write(`leasetap: this is a bug: ${error instanceof Error ? error.stack : error}\n`);
  return EXIT_BAD_INPUT;
}

/** Names of files and answers of a control may hold what a terminal would obey. */
function oneLine(text: string): string {
  const line = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  return safeText(line);
}

/** Whoever reads us may go away (`| head`): then there is nobody to tell, and nothing is wrong. */
export function endQuietlyOnClosedPipes(): void {
  for (const [path, stream] of Object.entries({
    'standard output': process.stdout,
    'standard error': process.stderr,
  })) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') process.exit(exitCodeOf(Object.assign(error, { path })));
    });
  }
}
