/**
 * Faults as people type them: `drop s>p BNDREPLY where lease in 2001:db8:1::/64 nth 3 times 2`. The grammar:
 *
 *   ACTION [p>s|s>p|both] [TYPE[,TYPE]] [VALUE | NAME=VALUE | NAME VALUE | FLAG]... [CONDITION]...
 *   CONDITION: where FILTER | while primary|secondary is STATE | nth N | every N | times N | probability P
 *            | after TIME | until TIME | for TIME | seed N | id NAME | relationship NAME
 *
 * Types are the RFC's names in capitals; a filter reaches to the next condition or the end; quotes keep words together.
 */
import { InputError } from '../../base/problem.ts';
import { type FaultKind, parseSeconds } from './kind.ts';
import { faultKind } from './kinds.ts';
import { checkSpec } from './limits.ts';
import {
  directionOf,
  type FaultSpec,
  type ParameterValue,
  type StateCondition,
  WORDS_OF_LINES,
} from './spec.ts';

const MESSAGE_NAME = /^[A-Z][A-Z0-9-]+$/;
const SHORT_FORM_CHARACTERS_MAX = 4096;

/** What a number of a condition is stored as, by its keyword. */
const NUMBERS: Readonly<Record<string, NumberKey>> = {
  nth: 'nth',
  every: 'every',
  times: 'times',
  probability: 'probability',
  seed: 'seed',
};
const TIMES: Readonly<Record<string, TimeKey>> = { after: 'after', until: 'until', for: 'duration' };
const WORDS: Readonly<Record<string, string>> = WORDS_OF_LINES;
const TEXT_KEYWORDS: readonly string[] = ['where', 'while', 'id', 'relationship'];

type NumberKey = 'nth' | 'every' | 'times' | 'probability' | 'seed';
type TimeKey = 'after' | 'until' | 'duration';

type Draft = { -readonly [K in keyof FaultSpec]: FaultSpec[K] } & {
  parameters: Record<string, ParameterValue>;
};

/** Reads the short form. Throws InputError that quotes the word that does not fit and says what would. */
export function parseFault(text: string): FaultSpec {
  if (text.length > SHORT_FORM_CHARACTERS_MAX)
    throw new InputError(`fault: longer than ${SHORT_FORM_CHARACTERS_MAX} characters`);
  const words = wordsOf(text);
  const action = words.shift();
  if (action === undefined) throw new InputError('fault: expected an action such as drop or delay');
  const kind = faultKind(action);
  const draft: Draft = { do: action, parameters: {}, direction: 'both' };
  const reader = new WordReader(text, words);
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    if (!readCondition(draft, word, reader)) readArgument(draft, kind, word, reader);
  }
  checkSpec(draft);
  return draft;
}

class WordReader {
  private readonly text: string;
  private readonly words: string[];
  /** A direction was among the words. */
  directed = false;

  constructor(text: string, words: string[]) {
    this.text = text;
    this.words = words;
  }

  next(): string | undefined {
    return this.words.shift();
  }

  after(keyword: string, wanted: string): string {
    const word = this.words.shift();
    if (word === undefined)
      throw new InputError(`fault "${this.text}": expected ${wanted} after "${keyword}"`);
    return word;
  }

  /** All words up to the next keyword of a condition. */
  upToKeyword(): string {
    const end = this.words.findIndex(isKeyword);
    return this.words.splice(0, end < 0 ? this.words.length : end).join(' ');
  }

  reject(word: string, wanted: string): InputError {
    return new InputError(`fault "${this.text}": expected ${wanted}, found "${word}"`);
  }
}

function isKeyword(word: string): boolean {
  return word in NUMBERS || word in TIMES || TEXT_KEYWORDS.includes(word);
}

function readCondition(draft: Draft, word: string, reader: WordReader): boolean {
  const numberKey = NUMBERS[word];
  const timeKey = TIMES[word];
  if (numberKey !== undefined) draft[numberKey] = readNumber(word, reader);
  else if (timeKey !== undefined) draft[timeKey] = readTime(word, reader);
  else if (word === 'where') draft.when = readFilter(word, reader);
  else if (word === 'while') draft.while = readState(reader);
  else if (word === 'id' || word === 'relationship') draft[word] = reader.after(word, 'a name');
  else return false;
  return true;
}

function readNumber(keyword: string, reader: WordReader): number {
  const word = reader.after(keyword, 'a number');
  const percent = keyword === 'probability' && word.endsWith('%');
  const value = percent ? Number(word.slice(0, -1)) / 100 : Number(word);
  if (!Number.isFinite(value)) throw reader.reject(word, `a number after "${keyword}"`);
  return value;
}

function readTime(keyword: string, reader: WordReader): number {
  const word = reader.after(keyword, 'a time such as 30s');
  const seconds = parseSeconds(word);
  if (seconds === undefined) throw reader.reject(word, `a time such as 30s after "${keyword}"`);
  return seconds;
}

function readFilter(keyword: string, reader: WordReader): string {
  const filter = reader.upToKeyword();
  if (filter === '') reader.after(keyword, 'a filter');
  return filter;
}

function readState(reader: WordReader): StateCondition {
  const who = reader.after('while', 'primary or secondary');
  if (who !== 'primary' && who !== 'secondary')
    throw reader.reject(who, 'primary or secondary after "while"');
  const is = reader.after(who, 'is');
  if (is !== 'is') throw reader.reject(is, `"is" after "while ${who}"`);
  return { who, state: reader.after('is', 'a state such as NORMAL').toUpperCase() };
}

function readArgument(draft: Draft, kind: FaultKind, word: string, reader: WordReader): void {
  const direction = directionOf(word);
  if (direction !== undefined) {
    if (reader.directed) throw reader.reject(word, 'one direction, or "both"');
    reader.directed = true;
    draft.direction = direction;
    return;
  }
  const assignment = /^([\w/-]+)=(.*)$/s.exec(word);
  if (assignment !== null) {
    assign(draft, kind, assignment[1] as string, assignment[2] as string);
    return;
  }
  const named = kind.parameters.get(word);
  if (named?.type === 'flag') draft.parameters[word] = true;
  else if (named !== undefined) draft.parameters[word] = reader.after(word, named.doc);
  else if (MESSAGE_NAME.test(word.split(',')[0] as string) && kind.takesMessageName !== true)
    readTypes(draft, word, reader);
  else assignPositional(draft, kind, word, reader);
}

function readTypes(draft: Draft, word: string, reader: WordReader): void {
  const { types } = draft;
  if (types !== undefined) throw reader.reject(word, `types joined by a comma, "${[...types, word].join()}"`);
  draft.types = word.split(',');
}

function assign(draft: Draft, kind: FaultKind, name: string, value: string): void {
  const fields = [...kind.parameters].find(([, definition]) => definition.type === 'fields')?.[0];
  if (kind.parameters.has(name) || fields === undefined) draft.parameters[name] = value;
  else draft.parameters[fields] = { ...(draft.parameters[fields] as object | undefined), [name]: value };
}

function assignPositional(draft: Draft, kind: FaultKind, word: string, reader: WordReader): void {
  for (const [name, { positional, choices }] of kind.parameters) {
    if (positional !== true || name in draft.parameters) continue;
    if (choices !== undefined && !choices.includes(word)) continue;
    draft.parameters[name] = word;
    return;
  }
  const names = [...kind.parameters.keys()];
  const takes =
    names.length === 0 ? `${kind.name} takes no parameters` : `${kind.name} takes ${names.join(', ')}`;
  const meant = WORDS[word];
  throw reader.reject(
    word,
    meant === undefined ? `a message type, a direction or a condition (${takes})` : `"${meant}"`,
  );
}

/** Words at white space; quotes, single or double, keep what is between them together and go away. */
function wordsOf(text: string): string[] {
  const open = text.replace(/"[^"]*"|'[^']*'/g, '').match(/["']/);
  if (open !== null) throw new InputError(`fault: ${text}: there is no second ${open[0]}`);
  const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
}
