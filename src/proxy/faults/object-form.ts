/**
 * Faults as objects of YAML or JSON: `{ do: skew, direction: p>s, mode: bump, by: 7s, nth: 3 }`. Everything that is no
 * condition is a parameter of the action; a string in the place of an object is the short form.
 */
import { InputError } from '../../base/problem.ts';
import { parseSeconds } from './kind.ts';
import { checkSpec } from './limits.ts';
import { parseFault } from './short-form.ts';
import {
  type CONDITION_KEYS,
  directionOf,
  type FaultSpec,
  type ParameterRecord,
  type ParameterValue,
  type StateCondition,
} from './spec.ts';

type Draft = { -readonly [K in keyof FaultSpec]: FaultSpec[K] };
type Reader = (draft: Draft, value: unknown, key: string) => void;

const READERS: Readonly<Record<(typeof CONDITION_KEYS)[number] | 'do' | 'parameters', Reader>> = {
  do: (draft, value, key) => {
    draft.do = text(value, key);
  },
  id: (draft, value, key) => {
    draft.id = text(value, key);
  },
  relationship: (draft, value, key) => {
    draft.relationship = text(value, key);
  },
  direction: (draft, value, key) => {
    const direction = directionOf(value);
    if (direction === undefined) throw mismatch(key, 'p>s, s>p or both', value);
    draft.direction = direction;
  },
  types: (draft, value, key) => {
    draft.types = (Array.isArray(value) ? value : [value]).map((item) => text(item, key).toUpperCase());
  },
  when: (draft, value, key) => {
    draft.when = text(value, key);
  },
  while: (draft, value) => {
    draft.while = stateCondition(value);
  },
  nth: numeric('nth'),
  every: numeric('every'),
  times: numeric('times'),
  probability: numeric('probability'),
  seed: numeric('seed'),
  after: seconds('after'),
  until: seconds('until'),
  duration: seconds('duration'),
  parameters: (draft, value, key) => {
    if (!isRecord(value)) throw mismatch(key, 'names with values', value);
    draft.parameters = { ...draft.parameters, ...(value as ParameterRecord) };
  },
};

const CONDITIONS: Readonly<Record<string, Reader>> = READERS;

/** Reads one fault. Throws InputError that names the key and what was expected. */
export function faultFromObject(value: unknown): FaultSpec {
  if (typeof value === 'string') return parseFault(value);
  if (!isRecord(value)) throw mismatch('fault', 'a line of text or an object with "do"', value);
  const draft: Draft = { do: '', parameters: {}, direction: 'both' };
  for (const [key, item] of Object.entries(value)) {
    const reader = CONDITIONS[key];
    if (reader !== undefined) reader(draft, item, key);
    else draft.parameters = { ...draft.parameters, [key]: parameterValue(item, key) };
  }
  if (draft.do === '') throw new InputError('fault: expected "do" with an action such as drop');
  checkSpec(draft);
  return draft;
}

function numeric(name: 'nth' | 'every' | 'times' | 'probability' | 'seed'): Reader {
  return (draft, value, key) => {
    if (typeof value !== 'number') throw mismatch(key, 'a number', value);
    draft[name] = value;
  };
}

function seconds(name: 'after' | 'until' | 'duration'): Reader {
  return (draft, value, key) => {
    const time = typeof value === 'number' || typeof value === 'string' ? parseSeconds(value) : undefined;
    if (time === undefined) throw mismatch(key, 'a time such as 30s', value);
    draft[name] = time;
  };
}

function stateCondition(value: unknown): StateCondition {
  const parts = typeof value === 'string' ? /^(primary|secondary) is ([\w-]+)$/.exec(value.trim()) : null;
  if (parts !== null) {
    return { who: parts[1] as StateCondition['who'], state: (parts[2] as string).toUpperCase() };
  }
  if (isRecord(value) && (value['who'] === 'primary' || value['who'] === 'secondary')) {
    return { who: value['who'], state: text(value['state'], 'while.state').toUpperCase() };
  }
  throw mismatch('while', '"primary is NORMAL" or the like', value);
}

function parameterValue(value: unknown, key: string): ParameterValue {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((item) => parameterValue(item, key));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, parameterValue(item, name)]),
    );
  }
  throw mismatch(key, 'a value', value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, key: string): string {
  if (typeof value === 'string') return value;
  throw mismatch(key, 'text', value);
}

function mismatch(key: string, wanted: string, found: unknown): InputError {
  return new InputError(`${key}: expected ${wanted}, found ${JSON.stringify(found)}`, key.split('.'));
}
