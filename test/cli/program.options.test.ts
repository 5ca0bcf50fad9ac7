/** Goal: what the documents and the help tell people to type exists: commands, and their options by name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['docs', 'docs/decisions'];
/** What was measured names options of other programs, too. */
const pages = ['README.md', 'CONTRIBUTING.md', ...folders.flatMap(markdownBelow)].filter(
  (page) => page !== 'docs/benchmarks.md',
);
const program = new Command('leasetap');

beforeAll(async () => {
  for (const load of Object.values(commands)) (await load()).register(program);
});

function markdownBelow(folder: string): string[] {
  const names = readdirSync(join(top, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => `${folder}/${name}`);
}

/** Of the command and of those above and below it: options may stand before and behind the name of a subcommand. */
function optionsOf(command: Command): string[] {
  const below = command.commands.flatMap(optionsOf);
  const own = command.options.flatMap(({ long, short }) => [long ?? '', short ?? '']);
  return [...own, ...below, '--help', '-h'];
}

interface Line {
  readonly text: string;
  readonly command: string;
  readonly options: readonly string[];
}

/** Lines of code that run our program, those that end with a backslash joined; what is said behind three spaces or `#` is left out. */
const CODE = /^ {2,}(?:[^`]*\| |\$ |npx |[A-Z_]+=\S+ )*leasetap ([a-z]+)(.*?)(?: {3}| # | \| |$)/;

function linesIn(text: string): Line[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => {
      const [, command, rest] = CODE.exec(line) ?? [];
      if (command === undefined || rest === undefined) return [];
      const unquoted = rest.replace(/'[^']*'|"[^"]*"/g, '');
      const options = [...unquoted.matchAll(/\s(--?[a-z][a-z-]*)/gi)].map((match) => match[1] as string);
      return [{ text: line.trim(), command, options }];
    });
}

/** What in these lines does not exist. */
function strange(text: string): string[] {
  return linesIn(text).flatMap((line) => {
    const command = program.commands.find((one) => one.name() === line.command);
    if (line.command === 'help') return [];
    if (command === undefined) return [`${line.text}: no command ${line.command}`];
    const known = optionsOf(command);
    const unknown = line.options.filter((option) => !known.includes(option));
    return unknown.map((option) => `${line.text}: no option ${option}`);
  });
}

describe('what people are told to type', () => {
  it.each(pages)('in %s exists', (page) => {
    expect(strange(readFileSync(join(top, page), 'utf8'))).toEqual([]);
  });

  it('in the help of commands exists', () => {
    const helps = program.commands.flatMap((command) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) });
      command.outputHelp();
      return strange(help);
    });
    expect(helps).toEqual([]);
  });

  it('is seen by this test', () => {
    const text =
      '    leasetap read --nonsense x\n  tcpdump | leasetap raed -\n    leasetap read -Y "--x" -x\n';
    expect(strange(text)).toEqual([
      'leasetap read --nonsense x: no option --nonsense',
      'tcpdump | leasetap raed -: no command raed',
    ]);
    expect(pages.flatMap((page) => linesIn(readFileSync(join(top, page), 'utf8'))).length).toBeGreaterThan(
      70,
    );
  });

  it('is an option of some command where a page names one alone', () => {
    const all = new Set(program.commands.flatMap(optionsOf));
    const wrong = pages.flatMap((page) =>
      [...readFileSync(join(top, page), 'utf8').matchAll(/`(--[a-z][a-z-]*)[^`]*`/g)]
        .map((match) => match[1] as string)
        .filter((option) => !all.has(option))
        .map((option) => `${page}: ${option}`),
    );
    expect(wrong).toEqual([]);
  });
});
