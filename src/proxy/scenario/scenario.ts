/**
 * A scenario as data: phases with faults, orders to the servers and expectations, then healing. Read from an object of
 * YAML or JSON; everything is checked before anything happens.
 */
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { checkFault } from '../faults/armed.ts';
import { parseSeconds } from '../faults/kind.ts';
import { faultFromObject } from '../faults/object-form.ts';
import type { FaultSpec } from '../faults/spec.ts';
import { type Expectation, mustComeTrue, mustLast, parseExpectation } from './expectation.ts';

export interface Phase {
  readonly name: string;
  /** Armed when the phase begins, removed when it ends, unless the next phase has a fault with the same `id`. */
  readonly faults: readonly FaultSpec[];
  /** Given to the operator's hook in this order when the phase begins, e.g. `secondary partner-down`. */
  readonly orders: readonly string[];
  /** The phase lasts at least so many seconds. */
  readonly seconds: number;
  readonly expect: readonly Expectation[];
}

export interface Scenario {
  readonly name: string;
  /** What happens and what a correct pair does. */
  readonly about: string;
  /** RFC sections, e.g. `RFC 8156 §8.9`. */
  readonly section: string;
  readonly seed: number | undefined;
  readonly phases: readonly Phase[];
  /** Expected after the last phase, when all faults are gone. */
  readonly heal: readonly Expectation[];
  /** Must hold all the time. */
  readonly always: readonly Expectation[];
  /** Must have been true at some time, in whatever phase: a run that never got there proves nothing. */
  readonly sometimes: readonly Expectation[];
  /**
   * What the servers go through, e.g. `NORMAL to PARTNER-DOWN` or, where the partner's state leads there, `NORMAL to
   * COMMUNICATIONS-INTERRUPTED, partner RECOVER`. Only simulated servers tell all of it, and there it is expected.
   */
  readonly transitions: readonly string[];
}

export const PHASES_MAX = 200;
const PHASE_DAYS_MAX = 30;

/** Throws InputError that names the place. */
export function scenarioFrom(value: unknown, dissectors: Dissectors): Scenario {
  const top = new Keys(
    value,
    [],
    ['name', 'about', 'section', 'seed', 'phases', 'heal', 'always', 'sometimes', 'transitions'],
  );
  const phases = top.list('phases');
  if (phases.length === 0 || phases.length > PHASES_MAX)
    throw mistake(['phases'], `expected 1 to ${PHASES_MAX}`);
  const seed = top.value('seed');
  if (seed !== undefined && !Number.isInteger(seed)) throw mistake(['seed'], 'expected a whole number');
  return {
    name: top.text('name', 'a name'),
    about: top.text('about', 'what happens, in a sentence'),
    section: top.text('section', 'RFC sections', ''),
    seed: seed as number | undefined,
    phases: phases.map((phase, index) => phaseFrom(phase, ['phases', index], dissectors)),
    heal: expectations(top, 'heal', dissectors),
    always: expectations(top, 'always', dissectors, mustLast),
    sometimes: expectations(top, 'sometimes', dissectors, mustComeTrue),
    transitions: top.list('transitions').map((line, index) => transition(line, ['transitions', index])),
  };
}

function phaseFrom(value: unknown, place: Place, dissectors: Dissectors): Phase {
  const keys = new Keys(value, place, ['name', 'faults', 'orders', 'duration', 'expect']);
  const time = keys.value('duration');
  const seconds = time === undefined ? 0 : parseSeconds(time as string);
  if (seconds === undefined || !(seconds >= 0 && seconds <= PHASE_DAYS_MAX * 86_400)) {
    throw mistake([...place, 'duration'], `expected a time such as 30s, at most ${PHASE_DAYS_MAX}d`);
  }
  return {
    name: keys.text('name', 'what the phase is about'),
    faults: keys
      .list('faults')
      .map((fault, index) =>
        within([...place, 'faults', index], () => checkFault(faultFromObject(fault), dissectors)),
      ),
    orders: keys.list('orders').map((order, index) => {
      if (typeof order !== 'string')
        throw mistake([...place, 'orders', index], 'expected a line such as "secondary kill"');
      return order;
    }),
    seconds,
    expect: expectations(keys, 'expect', dissectors),
  };
}

const TRANSITION = /^[A-Z-]+ to [A-Z-]+(, partner [A-Z-]+)?$/;

function transition(line: unknown, place: Place): string {
  if (typeof line === 'string' && TRANSITION.test(line)) return line;
  throw mistake(place, 'expected a line such as "NORMAL to COMMUNICATIONS-INTERRUPTED"');
}

/** `check` throws InputError where an expectation is of no use in this list. */
function expectations(
  keys: Keys,
  name: string,
  dissectors: Dissectors,
  check: (expectation: Expectation) => void = () => undefined,
): Expectation[] {
  return keys.list(name).map((line, index) => {
    const place = [...keys.place, name, index];
    if (typeof line !== 'string') throw mistake(place, 'expected a line such as "primary NORMAL within 90s"');
    return within(place, () => {
      const expectation = parseExpectation(line, dissectors);
      check(expectation);
      return expectation;
    });
  });
}

/** Keys and positions from the top of the scenario. */
type Place = readonly (string | number)[];

function mistake(place: Place, what: string): InputError {
  return new InputError(`${placeText(place)}: ${what}`, place);
}

/** `phases[0].expect[1]`, or `scenario` for the whole. */
function placeText(place: Place): string {
  const steps = place.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return steps.join('').slice(1) || 'scenario';
}

/** What `read` throws is told with its place. */
function within<T>(place: Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${placeText(place)}: ${error.message}`, [...place, ...error.at]);
  }
}

/** An object with known keys. */
class Keys {
  readonly place: Place;
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(value: unknown, place: Place, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw mistake(place, `expected an object with ${known.join(', ')}`);
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key))
        throw new InputError(`${placeText(place)}: unknown key "${key}"; there are ${known.join(', ')}`, [
          ...place,
          key,
        ]);
    }
    this.place = place;
    this.values = value as Record<string, unknown>;
  }

  value(name: string): unknown {
    return this.values[name];
  }

  text(name: string, wanted: string, fallback?: string): string {
    const value = this.values[name] ?? fallback;
    if (typeof value !== 'string') throw mistake([...this.place, name], `expected ${wanted}`);
    return value.trim();
  }

  list(name: string): readonly unknown[] {
    const value = this.values[name] ?? [];
    if (!Array.isArray(value)) throw mistake([...this.place, name], 'expected a list');
    return value;
  }
}
