/**
 * What the user can tell the UI to do: one registry for keys, for the `:` line and for the help. A command takes the
 * rest of its line and answers with the next model and what the outside world shall do.
 */
import { suggestion } from '../base/nearest.ts';
import { InputError } from '../base/problem.ts';
import { parseFault } from '../proxy/faults/short-form.ts';
import type { FaultSpec } from '../proxy/faults/spec.ts';
import { comparing } from './comparing.ts';
import { clamp } from './draw.ts';
import { find, findBreach, selected, setFilter } from './filtering.ts';
import { contentRows, helpRows, LEASE_HEADINGS, placeOf } from './layout.ts';
import { nextMark, toggledMark } from './marks.ts';
import { type Effect, type ListState, type Model, PANES, type PaneName, type Step } from './model.ts';
import { leaseRows, rangeOf, shownRelationship } from './rows.ts';

export interface Command {
  readonly name: string;
  /** What may stand behind the name, for the help. */
  readonly takes?: string;
  readonly help: string;
  /** Throws InputError when told nonsense. */
  run(model: Model, rest: string): Step;
}

const ANSWER_MILLIS = 6_000;
/** BNDREPLYs that `drop-replies` drops unless told how many. */
const DROPS = 3;

/** The command that opens the line at the bottom. */
export const ASK = 'ask';

const LIST: readonly Command[] = [
  { name: 'quit', help: 'leave', run: (model) => [model, [{ kind: 'quit' }]] },
  { name: 'help', help: 'show this page, the next one, or none', run: (model) => [nextHelp(model), []] },
  {
    name: 'next-pane',
    takes: '[STEP]',
    help: 'go to the next pane, or back',
    run: (model, rest) => focused(model, neighbour(model.focus, rest === '' ? 1 : wholeNumber(rest))),
  },
  {
    name: 'pane',
    takes: PANES.join('|'),
    help: 'go to a pane',
    run: (model, rest) => focused(model, oneOf(rest, PANES)),
  },
  { name: 'back', help: 'leave the pane, forget the filter', run: back },
  {
    name: 'move',
    takes: 'ROWS',
    help: 'move the cursor',
    run: (model, rest) => moved(model, wholeNumber(rest)),
  },
  {
    name: 'page',
    takes: 'PAGES',
    help: 'move the cursor by pages',
    run: (model, rest) =>
      moved(model, wholeNumber(rest) * Math.max(1, contentRows(placeOf(model.size, model.focus)) - 1)),
  },
  {
    name: 'jump',
    takes: 'first|last',
    help: 'go to the first or last row',
    run: (model, rest) =>
      moved(
        model,
        oneOf(rest, ['first', 'last']) === 'first' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      ),
  },
  { name: 'pause', help: 'let the list stand still, or go on', run: (model) => [paused(model), []] },
  {
    name: 'relationship',
    help: 'show the next relationship at the top',
    run: (model) => [nextRelationship(model), []],
  },
  { name: 'follow', help: 'keep the newest message selected', run: (model) => [following(model), []] },
  {
    name: 'drop-replies',
    takes: '[COUNT]',
    help: `drop the next ${DROPS} BNDREPLYs, or so many`,
    run: (model, rest) => arm(model, dropSpec(rest === '' ? DROPS : wholeNumber(rest))),
  },
  {
    name: 'skew',
    takes: 'primary|secondary SECONDS',
    help: "skew one side's clock for the other side",
    run: (model, rest) => arm(model, skewSpec(rest)),
  },
  {
    name: 'fault',
    takes: 'FAULT',
    help: 'arm a fault, e.g. delay s>p BNDREPLY 2s',
    run: (model, rest) => arm(model, parseFault(rest)),
  },
  { name: 'disarm', takes: '[ID|all]', help: 'remove the selected fault, or all', run: disarm },
  {
    name: 'divergent',
    help: 'list only leases that may differ',
    run: (model) => [{ ...model, onlyDivergent: !model.onlyDivergent }, []],
  },
  { name: 'follow-lease', help: 'list the messages about the selected lease', run: followLease },
  {
    name: 'filter',
    takes: '[FILTER]',
    help: 'list only messages that match',
    run: (model, rest) => [setFilter(model, rest), []],
  },
  {
    name: 'find',
    takes: '[FILTER]',
    help: 'go to the next message that matches',
    run: (model, rest) => [find(model, 1, rest === '' ? undefined : rest), []],
  },
  {
    name: 'find-again',
    takes: '[STEP]',
    help: 'the next or the last message that matched',
    run: (model, rest) => [find(model, stepOf(rest)), []],
  },
  { name: 'mark', help: 'mark the message, or no longer', run: (model) => [toggledMark(model), []] },
  {
    name: 'next-mark',
    takes: '[STEP]',
    help: 'go to the next mark, or back',
    run: (model, rest) => [nextMark(model, stepOf(rest)), []],
  },
  {
    name: 'next-finding',
    takes: '[STEP]',
    help: 'go to the next breach of RFC 8156, or back',
    run: (model, rest) => [findBreach(model, stepOf(rest)), []],
  },
  {
    name: 'compare',
    help: 'two marked messages, or request and reply',
    run: (model) => [comparing(model), []],
  },
  {
    name: ASK,
    takes: 'command|filter|find',
    help: 'open the line at the bottom',
    run: (model, rest) => [
      {
        ...model,
        prompt: {
          kind: oneOf(rest, ['command', 'filter', 'find']),
          text: rest === 'filter' ? model.filterText : rest === 'find' ? model.findText : '',
          problem: undefined,
        },
      },
      [],
    ],
  },
];

export const COMMANDS: ReadonlyMap<string, Command> = new Map(LIST.map((command) => [command.name, command]));

/** What the help tells of, a row each. The keys that open the line at the bottom stand beside what is asked there. */
export const HELP_COMMANDS: readonly Command[] = LIST.filter(({ name }) => name !== ASK);

/** Runs a command line; one that this registry does not know goes to the session. */
export function runCommand(model: Model, line: string): Step {
  const [name = '', ...words] = line.trim().split(/\s+/);
  if (name === '') return [model, []];
  const command = COMMANDS.get(name);
  if (command === undefined) return [model, [{ kind: 'command', line: line.trim() }]];
  try {
    return command.run(model, words.join(' '));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [answered(model, `${name}: ${error.message}`, true), []];
  }
}

/** Which of our commands a line was meant to be that the session refused, as a question to put behind its answer. */
export function didYouMean(line: string): string {
  return suggestion(line.split(/\s+/, 1)[0] ?? '', [...COMMANDS.keys()]);
}

/** Shows a line at the bottom for a while. */
export function answered(model: Model, text: string, alarming: boolean): Model {
  return { ...model, answer: { text, alarming, untilMillis: model.nowMillis + ANSWER_MILLIS } };
}

function focused(model: Model, focus: PaneName): Step {
  return [{ ...model, focus, help: 0 }, []];
}

function nextHelp(model: Model): Model {
  const pages = Math.ceil(HELP_COMMANDS.length / helpRows(model.size));
  return { ...model, help: (model.help + 1) % (pages + 1) };
}

function neighbour(pane: PaneName, step: number): PaneName {
  return PANES[(((PANES.indexOf(pane) + step) % PANES.length) + PANES.length) % PANES.length] as PaneName;
}

function back(model: Model): Step {
  if (model.help > 0) return [{ ...model, help: 0 }, []];
  if (model.search !== undefined) return [{ ...model, search: undefined }, []];
  if (model.comparison !== undefined) return [comparing(model), []];
  if (model.focus !== 'messages') return focused(model, 'messages');
  return [model.filterText === '' ? model : setFilter(model, ''), []];
}

function moved(model: Model, rows: number): Step {
  const pane = model.focus;
  const range = rangeOf(model, pane);
  const cursor = Math.max(range.begin, Math.min(range.end - 1, model.lists[pane].cursor + rows));
  if (pane !== 'messages') return [withList(model, pane, { ...model.lists[pane], cursor }), []];
  const atEnd = cursor === range.end - 1 && model.pausedAt === undefined;
  return [{ ...selected(model, cursor), wanted: undefined, follow: atEnd && model.live }, []];
}

/** The model with a list moved, its first visible row following the cursor. */
export function withList(model: Model, pane: PaneName, list: ListState): Model {
  const headings = pane === 'leases' ? LEASE_HEADINGS : 0;
  const rows = contentRows(placeOf(model.size, pane)) - headings;
  return { ...model, lists: { ...model.lists, [pane]: clamp(list, rangeOf(model, pane), rows) } };
}

function paused(model: Model): Model {
  if (model.pausedAt !== undefined) return { ...model, pausedAt: undefined };
  return { ...model, pausedAt: model.history.end, follow: false };
}

function nextRelationship(model: Model): Model {
  const keys = model.analysis.relationships().map(({ key }) => key);
  const at = model.shown === undefined ? keys.length - 1 : keys.indexOf(model.shown);
  return { ...model, shown: keys[(at + 1) % keys.length] };
}

function following(model: Model): Model {
  if (model.follow) return { ...model, follow: false };
  const end = model.history.end - 1;
  return withList({ ...model, follow: true, pausedAt: undefined }, 'messages', { cursor: end, top: end });
}

function arm(model: Model, spec: FaultSpec): Step {
  if (!model.canFault) throw new InputError('nothing can be faulted here: no proxy is running');
  // Where there are several relationships, the one at the top is meant.
  const relationship = spec.relationship ?? shownRelationship(model)?.connection.relationship;
  const placed = relationship === undefined ? spec : { ...spec, relationship };
  return [model, [{ kind: 'arm', spec: placed }]];
}

function dropSpec(times: number): FaultSpec {
  return { do: 'drop', parameters: {}, direction: 'both', types: ['BNDREPLY'], times };
}

function skewSpec(rest: string): FaultSpec {
  const [who = '', seconds = ''] = rest.split(/\s+/);
  const role = oneOf(who, ['primary', 'secondary']);
  return {
    do: 'skew',
    parameters: { by: wholeNumber(seconds) },
    direction: role === 'primary' ? 'p>s' : 's>p',
  };
}

function disarm(model: Model, rest: string): Step {
  const selected = model.faults[model.lists.faults.cursor]?.id;
  const ids = rest === 'all' ? model.faults.map((fault) => fault.id) : rest === '' ? [selected] : [rest];
  const known = ids.filter((id): id is string => id !== undefined);
  if (known.length === 0) throw new InputError('no fault is armed');
  const effect: Effect = { kind: 'remove', ids: known };
  return [model, [effect]];
}

function followLease(model: Model): Step {
  const lease = leaseRows(model)[model.lists.leases.cursor];
  if (lease === undefined) return [model, []];
  return focused(setFilter(model, `lease == ${lease.text}`), 'messages');
}

/** 1 unless a negative number is given. */
function stepOf(word: string): 1 | -1 {
  return word !== '' && wholeNumber(word) < 0 ? -1 : 1;
}

function oneOf<T extends string>(word: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === word);
  if (found === undefined) throw new InputError(`expected ${choices.join(' or ')}, found "${word}"`);
  return found;
}

function wholeNumber(word: string): number {
  if (!/^[+-]?\d{1,9}$/.test(word)) throw new InputError(`expected a whole number, found "${word}"`);
  return Number(word);
}
