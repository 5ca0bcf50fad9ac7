/**
 * What every fault file exports: the verb, its parameters with their types, the sentence about it, and its stage.
 * The short form, YAML, the control API, help and docs all read the parameters from this one declaration.
 */
import { parseDuration } from '../../base/duration.ts';
import { located } from '../../base/located.ts';
import { suggestion } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Stage, StageSetup } from '../stage.ts';
import {
  CONDITION_KEYS,
  type FaultSpec,
  type ParameterRecord,
  type ParameterValue,
  WORDS_OF_LINES,
} from './spec.ts';

/** How a parameter is written and checked. Seconds are written `250ms`, `7s`, `+7s`, `2m`, `1h` or as a plain number. */
export interface ParameterDefinition<T> {
  readonly type: 'seconds' | 'number' | 'integer' | 'word' | 'flag' | 'numbers' | 'fields';
  readonly doc: string;
  /** Absent: the parameter must be given. */
  readonly fallback?: T;
  /** Least and greatest number. */
  readonly range?: readonly [number, number];
  /** Of a word. */
  readonly choices?: readonly string[];
  /** In the short form the value may stand without its name. */
  readonly positional?: boolean;
}

type ParameterDefinitions<P> = { readonly [K in keyof P]: ParameterDefinition<P[K]> };

/** What can be wrong with a certificate. */
export type CertificateFlaw = 'self-signed' | 'wrong-name' | 'expired';

/** What a fault is apart from its parameters. */
interface Traits {
  readonly name: string;
  /** One line for help and docs. */
  readonly summary: string;
  /**
   * `message`: acts on the messages that its conditions choose. `moment`: without conditions on messages it acts once,
   * when its time window opens. `connection`: acts on new connections alone.
   */
  readonly trigger: 'message' | 'moment' | 'connection';
  /** A moment's fault that is over once it has acted. */
  readonly once?: boolean;
  /** Acting by itself in both directions, it acts once a connection. */
  readonly perConnection?: boolean;
  /** What happens to connections that come while the fault is open. */
  readonly connecting?: 'refuse' | 'wait';
  /** The only messages that it can do anything to. */
  readonly onlyTypes?: readonly string[];
  /** It is about TLS that passes unread, or about TLS that the proxy terminates. */
  readonly aboutTls?: 'passed' | 'terminated';
  /** In the short form, a message name is its parameter and no condition. */
  readonly takesMessageName?: boolean;
}

export interface FaultDefinition<P> extends Traits {
  readonly parameters: ParameterDefinitions<P>;
  /** Verb phrase with its object, e.g. `delays BNDUPD by 2 s`. */
  describe(parameters: P, subject: string): string;
  /** What cannot be checked without the dissectors: names of fields, values. Throws InputError. */
  check?(parameters: P, dissectors: Dissectors): void;
  /** Of a fault that shows new connections another certificate, where TLS is terminated. */
  certificate?(parameters: P): CertificateFlaw;
  stage(parameters: P, setup: StageSetup, spec: FaultSpec): Stage;
}

/** A fault file's definition with the type of its parameters hidden, so that all fit in one list. */
export interface FaultKind extends Traits {
  readonly parameters: ReadonlyMap<string, ParameterDefinition<unknown>>;
  /** Checks the parameters. Throws InputError that names the parameter and what was expected. */
  prepare(parameters: ParameterRecord): PreparedAction;
}

export interface PreparedAction {
  describe(subject: string): string;
  check(dissectors: Dissectors): void;
  certificate(): CertificateFlaw | undefined;
  stage(setup: StageSetup, spec: FaultSpec): Stage;
}

export function defineFault<P extends object>(definition: FaultDefinition<P>): FaultKind {
  const parameters = new Map(
    Object.entries<ParameterDefinition<unknown>>(definition.parameters as Record<string, never>),
  );
  const { describe, stage, check, certificate, parameters: _declared, ...traits } = definition;
  return {
    ...traits,
    parameters,
    prepare: (given) => {
      const checked = checkParameters(definition.name, parameters, given) as P;
      return {
        describe: (subject) => describe(checked, subject),
        check: (dissectors) => check?.(checked, dissectors),
        certificate: () => certificate?.(checked),
        stage: (setup, spec) => stage(checked, setup, spec),
      };
    },
  };
}

const WORDS: Readonly<Record<string, string>> = WORDS_OF_LINES;

function checkParameters(
  action: string,
  definitions: ReadonlyMap<string, ParameterDefinition<unknown>>,
  given: ParameterRecord,
): Record<string, unknown> {
  for (const name of Object.keys(given)) {
    if (definitions.has(name)) continue;
    const own = [...definitions.keys()];
    const key = CONDITION_KEYS.find((condition) => WORDS[condition] === name);
    const hint = suggestion(
      key ?? name,
      [...own, ...CONDITION_KEYS],
      `it takes: ${own.join(', ') || 'none'}`,
    );
    throw new InputError(`fault ${action}: unknown parameter "${name}"${hint}`, [name]);
  }
  const checked: Record<string, unknown> = {};
  for (const [name, definition] of definitions) {
    const value = given[name];
    if (value !== undefined)
      checked[name] = located([name], () => checkValue(`fault ${action}: ${name}`, definition, value));
    else if ('fallback' in definition) checked[name] = definition.fallback;
    else throw new InputError(`fault ${action}: ${name} is missing (${definition.doc})`);
  }
  return checked;
}

function checkValue(where: string, definition: ParameterDefinition<unknown>, value: ParameterValue): unknown {
  switch (definition.type) {
    case 'seconds':
      return checkNumber(where, definition, parseSeconds(value), value, 'a time such as 250ms, 7s or 2m');
    case 'number':
      return checkNumber(where, definition, Number(value), value, 'a number');
    case 'integer': {
      const number = Number(value);
      const whole = Number.isInteger(number) ? number : undefined;
      return checkNumber(where, definition, whole, value, 'a whole number');
    }
    case 'word':
      return checkWord(where, definition, value);
    case 'flag':
      if (typeof value === 'boolean') return value;
      throw expected(where, 'true or false', value);
    case 'numbers':
      return checkNumbers(where, definition, value);
    case 'fields':
      if (typeof value === 'object' && !Array.isArray(value)) return value;
      throw expected(where, 'field=value pairs', value);
  }
}

const ANY = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

function checkNumber(
  where: string,
  { range }: ParameterDefinition<unknown>,
  number: number | undefined,
  value: ParameterValue,
  wanted: string,
): number {
  const [least, greatest] = range ?? ANY;
  if (number === undefined || !Number.isFinite(number)) throw expected(where, wanted, value);
  if (number < least || number > greatest)
    throw expected(where, `${wanted} from ${least} to ${greatest}`, value);
  return number;
}

function checkWord(where: string, { choices }: ParameterDefinition<unknown>, value: ParameterValue): string {
  if (typeof value !== 'string') throw expected(where, 'a word', value);
  if (choices !== undefined && !choices.includes(value)) throw expected(where, choices.join(' or '), value);
  return value;
}

function checkNumbers(
  where: string,
  { range }: ParameterDefinition<unknown>,
  value: ParameterValue,
): number[] {
  const [least, greatest] = range ?? ANY;
  const items = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  const numbers = items.map(Number);
  const fits = (number: number): boolean => Number.isInteger(number) && number >= least && number <= greatest;
  if (numbers.length > 0 && numbers.every(fits)) return numbers;
  const span = range === undefined ? '' : ` from ${least} to ${greatest}`;
  throw expected(where, `whole numbers${span} separated by commas`, value);
}

function expected(where: string, wanted: string, found: ParameterValue): InputError {
  return new InputError(`${where}: expected ${wanted}, found ${JSON.stringify(found)}`);
}

/** Seconds of a plain number or a length of time with a unit; `undefined` if it is none of these. */
export function parseSeconds(value: ParameterValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
