/** What users of tshark type by habit: taken as the option of ours that does it, or answered with its name. */
import { type Command, Option } from 'commander';
import { InputError } from '../../base/problem.ts';
import { gather } from '../arguments.ts';
import type { FormatName } from './format.ts';

export interface Habits {
  readonly r: readonly string[];
  /** Names are never resolved. */
  readonly n?: boolean;
  readonly V?: boolean;
  readonly q?: boolean;
  readonly z?: string;
  readonly d?: string;
  readonly t?: string;
}

/** Not in the list of options: each is there under its own name, or not at all. */
export function withTsharkHabits(command: Command): Command {
  const hidden = (flags: string): Option => new Option(flags).hideHelp();
  return command
    .addOption(hidden('-r <file>').argParser(gather).default([]))
    .addOption(hidden('-V'))
    .addOption(hidden('-n'))
    .addOption(hidden('-q'))
    .addOption(hidden('-z <statistics>'))
    .addOption(hidden('-d <layer>'))
    .addOption(hidden('-t <format>'));
}

/** @throws InputError if there is none, or for an option that is called otherwise here */
export function filesOf(files: readonly string[], { r, q, z, d, t }: Habits): readonly string[] {
  if (z !== undefined) throw new InputError(`-z ${z}: statistics of all kinds are --stats`);
  if (q === true) throw new InputError('-q would print nothing; statistics are --stats');
  if (d !== undefined) throw new InputError(`-d ${d}: say --decode-as PORT=PROTOCOL`);
  if (t !== undefined)
    throw new InputError(`-t ${t}: times are columns: -o date,time,delta,clock and others`);
  const all = [...r, ...files];
  if (all.length === 0) throw new InputError("missing required argument 'files'");
  return all;
}

export function typeOf(type: FormatName, { V }: Habits): FormatName {
  return V === true ? 'tree' : type;
}
