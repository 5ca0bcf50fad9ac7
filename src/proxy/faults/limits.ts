/** What the numbers of a fault's conditions may be, however the fault was written. */
import { InputError } from '../../base/problem.ts';
import { STATE_NAMES } from '../wire-states.ts';
import { prepareAction } from './kinds.ts';
import type { FaultSpec } from './spec.ts';

const COUNT_MAX = 1_000_000_000;
const SECONDS_MAX = 366 * 86_400;
const SEED_MAX = 2 ** 32 - 1;
const NAME = /^[A-Za-z][\w.-]{0,63}$/;

/** Whether a fault or a relationship can be called so: a letter, then letters, digits, dots, dashes; at most 64. */
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
    throw new InputError(
      `fault ${spec.action}: while ${spec.while.who} is: expected one of ${STATE_NAMES.join(', ')}, got ${spec.while.state}`,
      ['while'],
    );
  }
  if (spec.id !== undefined && !isName(spec.id)) {
    throw new InputError(
      `fault ${spec.action}: id "${spec.id}" is no name (letters, digits, dots, dashes; at most 64)`,
      ['id'],
    );
  }
}

type NumberCondition = 'nth' | 'every' | 'times' | 'seed' | 'probability' | 'after' | 'until' | 'duration';

function checkWhole(spec: FaultSpec, name: NumberCondition, least: number, greatest: number): void {
  const value = spec[name];
  if (value !== undefined && !Number.isInteger(value)) {
    throw new InputError(`fault ${spec.action}: ${name} is a whole number, got ${value}`, [name]);
  }
  checkRange(spec, name, least, greatest);
}

function checkRange(spec: FaultSpec, name: NumberCondition, least: number, greatest: number): void {
  const value = spec[name];
  if (value === undefined || (value >= least && value <= greatest)) return;
  throw new InputError(`fault ${spec.action}: ${name} is from ${least} to ${greatest}, got ${value}`, [name]);
}
