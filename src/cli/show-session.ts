/** A live session in the terminal UI, until its user quits or the signal comes. */
import type { Dissectors } from '../dissect/compile.ts';
import type { Session } from '../tui/session.ts';
import { COLOUR_RULES_VARIABLE } from './arguments.ts';
import { colourRules } from './colour-rules.ts';
import { filterCompiler } from './read/filter-compiler.ts';

/** Whether there is a terminal to show it on. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

export async function showSession(
  session: Session,
  dissectors: Dissectors,
  signal: AbortSignal,
): Promise<void> {
  const { runTui } = await import('../tui/terminal.ts');
  await runTui(session, {
    input: process.stdin,
    output: process.stdout,
    environment: process.env,
    compileFilter: filterCompiler(dissectors),
    colourRules: colourRules(dissectors, process.env[COLOUR_RULES_VARIABLE]),
    signal,
  });
}
