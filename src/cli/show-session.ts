/** A session in the terminal UI, until its user quits or the signal comes. */
import type { Dissectors } from '../dissect/compile.ts';
import type { Session } from '../tui/session.ts';
import { COLOUR_RULES_VARIABLE } from './arguments.ts';
import { colourRules } from './colour-rules.ts';
import { filterCompiler } from './read/filter-compiler.ts';

/** Whether there is a terminal to show it on: one that takes keys and can place a cursor. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** What the user has asked for. */
export interface ShowOptions {
  /** To begin with. */
  readonly filter?: string;
  /** File; unless given, the one that the environment names. */
  readonly colorRules?: string;
  /** What to start once it is shown, so that nothing of it is missed. */
  readonly begin?: () => Promise<void>;
}

export async function showSession(
  session: Session,
  dissectors: Dissectors,
  signal: AbortSignal,
  { filter, colorRules = process.env[COLOUR_RULES_VARIABLE], begin }: ShowOptions = {},
): Promise<void> {
  const { runTui } = await import('../tui/terminal.ts');
  const shown = runTui(session, {
    input: process.stdin,
    output: process.stdout,
    environment: process.env,
    compileFilter: filterCompiler(dissectors),
    colourRules: colourRules(dissectors, colorRules),
    signal,
    ...(filter === undefined ? {} : { filter }),
  });
  await Promise.all([begin?.(), shown]);
}
