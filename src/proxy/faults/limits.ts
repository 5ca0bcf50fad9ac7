/** What the numbers of a fault's conditions may be, however the fault was written. */
import { InputError } from '../../base/problem.ts';
import { STATE_NAMES } from '../wire-states.ts';
import { faultKind, prepareAction } from './kinds.ts';
import type { FaultSpec } from './spec.ts';

const COUNT_MAX = 1_000_000_000;
const SECONDS_MAX = 366 * 86_400;
const SEED_MAX = 2 ** 32 - 1;
const NAME = /^[A-Za-z][\w.-]{0,63}$/;

/** What `isName` takes, for messages. */
export const NAME_EXPECTED = 'a letter, then letters, digits, dots, dashes; at most 64';

/** Whether a fault or a relationship can be called so. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Throws InputError that names the condition and what was expected. */
export function checkSpec(spec: FaultSpec): void {
  prepareAction(spec);
  checkWhole(spec, 'nth', 1, COUNT_MAX);
  checkWhole(spec, 'every', 1, COUNT_MAX);
  checkWhole(spec, 'times', 1, COUNT_MAX);
  checkWhole(spec, 'seed', 0, SEED_MAX);
  checkRange(spec, 'probability', 0, 1);
  checkRange(spec, 'after', 0, SECONDS_MAX);
  checkRange(spec, 'until', 0, SECONDS_MAX);
  checkRange(spec, 'duration', 0, SECONDS_MAX);
  if (spec.while !== undefined && !STATE_NAMES.includes(spec.while.state)) {
    const { who, state } = spec.while;
    throw mismatch(spec, `while ${who} is`, `one of ${STATE_NAMES.join(', ')}`, state, 'while');
  }
  checkSense(spec);
  if (spec.id !== undefined && !isName(spec.id)) throw mismatch(spec, 'id', NAME_EXPECTED, `"${spec.id}"`);
}

/** Throws InputError for conditions under which the fault could never be applied. */
function checkSense(spec: FaultSpec): void {
  const { trigger, connecting, onlyTypes } = faultKind(spec.do);
  const { types, after = 0, until, duration } = spec;
  if (trigger === 'connection') refuseConditions(spec, ['types', 'when'], 'connections');
  else if (connecting !== undefined)
    refuseConditions(spec, ['types', 'when', 'nth', 'every', 'times', 'probability'], 'everything');
  if (onlyTypes !== undefined && types?.some((type) => onlyTypes.includes(type)) === false)
    throw mismatch(spec, 'types', `${onlyTypes.join(' or ')}, the only one it acts on`, types.join(','));
  if (until !== undefined && until <= after) throw mismatch(spec, 'until', `more than ${after} s`, until);
  if (duration === 0) throw mismatch(spec, 'duration', 'more than 0 s', duration);
}

function refuseConditions(
  spec: FaultSpec,
  keys: readonly ('types' | 'when' | 'nth' | 'every' | 'times' | 'probability')[],
  what: string,
): void {
  const key = keys.find((each) => spec[each] !== undefined);
  if (key !== undefined)
    throw new InputError(
      `fault ${spec.do}: ${key}: it acts on ${what}, not on chosen messages, found ${spec[key]}`,
      [key],
    );
}

type NumberCondition = 'nth' | 'every' | 'times' | 'seed' | 'probability' | 'after' | 'until' | 'duration';

function checkWhole(spec: FaultSpec, name: NumberCondition, least: number, greatest: number): void {
  checkRange(spec, name, least, greatest, 'a whole number');
  const value = spec[name];
  if (value !== undefined && !Number.isInteger(value)) throw mismatch(spec, name, 'a whole number', value);
}

function checkRange(
  spec: FaultSpec,
  name: NumberCondition,
  least: number,
  greatest: number,
  what = 'a number',
): void {
  const value = spec[name];
  if (value === undefined || (value >= least && value <= greatest)) return;
  throw mismatch(spec, name, `${what} from ${least} to ${greatest}`, value);
}

function mismatch(
  { do: action }: FaultSpec,
  key: string,
  wanted: string,
  found: string | number,
  at = key,
): InputError {
  return new InputError(`fault ${action}: ${key}: expected ${wanted}, found ${found}`, [at]);
}
