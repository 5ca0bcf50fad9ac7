/**
 * A display filter as a predicate on messages: `failover6.type == BNDUPD && lease in 2001:db8::/48`. Mistakes are
 * problems that point at a character. A comparison holds if any value of that name fits; `!=` holds if there is one
 * and all differ; a name alone asks whether there is one.
 */
import { RULE_IDS } from '../analyze/checks/rules.ts';
import { InputError, type Problem } from '../base/problem.ts';
import { type Annotations, REPEATED, UNANSWERED } from '../dissect/annotations.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Message } from '../dissect/message.ts';
import type { Value } from './fields.ts';
import { type FilterNames, filterNames, type Named } from './names.ts';
import { fieldOf, nameOf, OperandMistake } from './operands.ts';
import {
  type ComparisonOperator,
  type Expression,
  type Operand,
  parseFilter,
  type Quantifier,
  type SetItem,
  type Word,
} from './syntax.ts';
import {
  comparison,
  comparisonOfFields,
  containing,
  isNumeric,
  matching,
  range,
  searchRefusal,
  type Test,
  ValueMistake,
} from './values.ts';

export interface Filter {
  readonly ok: true;
  readonly text: string;
  /** Whether the message passes. What `context` does not say does not exist. */
  matches(message: Message, context?: Annotations): boolean;
  /** Whether it asks for something that only a look at other messages tells: `rtt`, `reply-in`, `finding`. */
  readonly needsContext: boolean;
  /** Whether it asks for `reply-in` or what nobody answered, which only a first pass over everything can tell. */
  readonly needsReplies: boolean;
  /** Whether it asks for rules of RFC 8156 that a message breaks, which takes a first pass that judges everything. */
  readonly needsChecks: boolean;
}

export interface FilterMistake {
  readonly ok: false;
  readonly problem: Problem;
}

type Predicate = (message: Message, context: Annotations) => boolean;

const NO_CONTEXT: Annotations = {};
/** Rules whose breach is not seen from the message itself. */
const JUDGED: ReadonlySet<string> = new Set(RULE_IDS.filter((id) => id !== 'malformed'));

export function compileFilter(text: string, dissectors: Dissectors): Filter | FilterMistake {
  const parsed = parseFilter(text);
  if (!parsed.ok) return parsed;
  const compiler = new Compiler(filterNames(dissectors));
  try {
    const predicate = compiler.compile(parsed.expression);
    return {
      ok: true,
      text,
      matches: (message, context = NO_CONTEXT) => predicate(message, context),
      needsContext: compiler.needsContext,
      needsReplies: compiler.needsReplies,
      needsChecks: compiler.needsChecks,
    };
  } catch (error) {
    if (error instanceof Mistake) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** The same for a command line. Throws InputError whose message shows the filter with the place marked. */
export function requireFilter(text: string, dissectors: Dissectors): Filter {
  const filter = compileFilter(text, dissectors);
  if (!filter.ok) throw new InputError(mistakeText(text, filter.problem));
  return filter;
}

/**
 * The same where messages are judged one by one, so that nothing is known of others.
 * @throws InputError for a filter that asks for others, too
 */
export function requireFilterOfOne(text: string, dissectors: Dissectors): Filter {
  const filter = requireFilter(text, dissectors);
  if (!filter.needsContext) return filter;
  throw new InputError(
    `filter: ${text}: each message is judged by itself here, so rtt, reply-to, reply-in and the findings repeated, unanswered and those of check are not known; say finding == rejected, malformed or skewed`,
  );
}

/** `filter: unknown name "typ"; did you mean type? (at character 1: >>>typ == BNDUPD)`, in one line. */
export function mistakeText(text: string, problem: Problem): string {
  const at = Math.min(problem.offset ?? 0, text.length);
  const before = text.slice(Math.max(0, at - 20), at);
  const after = text.slice(at, at + 20);
  return `filter: ${problem.message} (at character ${at + 1}: ${before}>>>${after})`;
}

class Mistake extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

class Compiler {
  private readonly names: FilterNames;
  needsContext = false;
  needsReplies = false;
  needsChecks = false;

  constructor(names: FilterNames) {
    this.names = names;
  }

  compile(expression: Expression): Predicate {
    switch (expression.kind) {
      case 'and': {
        const terms = expression.terms.map((term) => this.compile(term));
        return (message, context) => terms.every((term) => term(message, context));
      }
      case 'or': {
        const terms = expression.terms.map((term) => this.compile(term));
        return (message, context) => terms.some((term) => term(message, context));
      }
      case 'xor': {
        const terms = expression.terms.map((term) => this.compile(term));
        return (message, context) => terms.filter((term) => term(message, context)).length % 2 === 1;
      }
      case 'not': {
        const term = this.compile(expression.term);
        return (message, context) => !term(message, context);
      }
      case 'exists':
        return existing(this.operand(expression.left));
      case 'compare':
        return this.compare(expression);
      case 'in': {
        const { left, quantifier, items } = expression;
        const named = this.operand(
          left,
          items.map((item) => ('value' in item ? item.value : undefined)),
        );
        return passing(named, quantifier, oneOf(named, items));
      }
      case 'contains':
      case 'matches': {
        const { kind, left, quantifier, value } = expression;
        const named = this.operand(left);
        const refusal = searchRefusal(named.field, kind);
        if (refusal !== undefined) throw valueMistake(refusal, nameOf(left));
        const test = at(value, () =>
          kind === 'contains' ? containing(named.field, value) : matching(named.field, value),
        );
        return passing(named, quantifier, test);
      }
    }
  }

  /** `asked`: the values that it is compared with, if that is all that is asked of it. */
  private operand(operand: Operand, asked?: readonly (Word | undefined)[]): Named {
    let protocol: string | undefined;
    try {
      const field = fieldOf(operand, (word) => {
        const named = this.name(word, asked);
        ({ protocol } = named);
        return named.field;
      });
      return { field, protocol };
    } catch (error) {
      if (!(error instanceof OperandMistake)) throw error;
      throw new Mistake({
        code: 'filter-operand',
        path: 'filter',
        message: error.message,
        offset: error.at,
      });
    }
  }

  private name(word: Word, asked?: readonly (Word | undefined)[]): Named {
    const result = this.names.resolve(word);
    if (!result.ok) throw new Mistake(result.problem);
    const { name, needs } = result.named.field;
    if (name === 'finding' && asked !== undefined) this.findings(asked);
    else if (needs !== undefined) {
      this.needsContext = true;
      if (needs !== 'earlier') this.needsReplies = true;
      if (needs === 'checks') this.needsChecks = true;
    }
    return result.named;
  }

  /** Most findings are seen from the message itself. */
  private findings(asked: readonly (Word | undefined)[]): void {
    const words = asked.map((word) => word?.text.toLowerCase());
    if (words.some((word) => word === undefined || JUDGED.has(word))) this.needsChecks = true;
    if (this.needsChecks || words.includes(UNANSWERED)) this.needsReplies = true;
    if (this.needsReplies || words.includes(REPEATED)) this.needsContext = true;
  }

  private compare({ left, operator, quantifier, value }: Expression & { kind: 'compare' }): Predicate {
    const named = this.operand(left, operator === '==' ? [value] : undefined);
    // "All differ" is that none is the same, "any differs" that not all are.
    const how = operator !== '!=' ? quantifier : quantifier === 'all' ? 'none' : 'not all';
    const other = this.otherField(named, operator, value);
    if (other === undefined)
      return passing(
        named,
        how,
        at(value, () => comparison(named.field, operator, value)),
      );
    return other(PAIRS[how]);
  }

  /** The comparison with another field of the message, if the value is no value but a name. */
  private otherField(
    named: Named,
    operator: ComparisonOperator,
    value: Word,
  ): ((pass: PairTest) => Predicate) | undefined {
    const comparable = named.field.kind === 'address' || isNumeric(named.field.kind);
    if (value.quoted || !comparable || !/^[a-z_][^:]*$/i.test(value.text)) return undefined;
    if (!this.names.resolve(value).ok) return undefined;
    const { field } = this.name(value);
    const holds = comparisonOfFields(named.field, operator, field);
    if (holds === undefined)
      throw valueMistake(`${named.field.name} and ${field.name} cannot be compared`, value);
    const { field: left, protocol } = named;
    return (pass) => (message, context) => {
      if (protocol !== undefined && message.protocol !== protocol) return false;
      const [ours, theirs] = [left.read(message, context), field.read(message, context)];
      return ours.length > 0 && theirs.length > 0 && pass(ours, theirs, holds);
    };
  }
}

/** Which values of a name must pass; unless there is one, nothing holds. */
type How = Quantifier | 'none' | 'not all';

function existing({ field, protocol }: Named): Predicate {
  const has: Predicate = field.has ?? ((message, context) => field.read(message, context).length > 0);
  return (message, context) =>
    (protocol === undefined || message.protocol === protocol) && has(message, context);
}

function passing({ field, protocol }: Named, how: How, test: Test): Predicate {
  const pass = HOW[how];
  return (message, context) =>
    (protocol === undefined || message.protocol === protocol) && pass(field.read(message, context), test);
}

const HOW: Readonly<Record<How, (values: readonly Value[], test: Test) => boolean>> = {
  any: (values, test) => values.some(test),
  all: everyOf,
  none: (values, test) => values.length > 0 && !values.some(test),
  'not all': (values, test) => values.length > 0 && !everyOf(values, test),
};

/** Two fields that both have values: every value of one stands against every value of the other. */
type PairTest = (
  ours: readonly Value[],
  theirs: readonly Value[],
  holds: (one: Value, other: Value) => boolean,
) => boolean;

const somePair: PairTest = (ours, theirs, holds) => ours.some((one) => theirs.some((two) => holds(one, two)));
const everyPair: PairTest = (ours, theirs, holds) =>
  ours.every((one) => theirs.every((two) => holds(one, two)));

const PAIRS: Readonly<Record<How, PairTest>> = {
  any: somePair,
  all: everyPair,
  none: (...pair) => !somePair(...pair),
  'not all': (...pair) => !everyPair(...pair),
};

/** What is there as numbers and as names passes as either. */
function everyOf(values: readonly Value[], test: Test): boolean {
  const pass = (type: 'string' | 'number'): boolean => {
    const all = values.filter((value) => typeof value === type);
    return all.length > 0 && all.every(test);
  };
  return pass('string') || pass('number');
}

function oneOf({ field }: Named, items: readonly SetItem[]): Test {
  const tests = items.map((item) =>
    'value' in item
      ? at(item.value, () => comparison(field, '==', item.value))
      : at(item.from, () => range(field, item.from, item.to)),
  );
  return (value) => tests.some((test) => test(value));
}

/** Makes a test; a mistake in the value becomes a problem at its place. */
function at(word: Word, make: () => Test): Test {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ValueMistake)) throw error;
    throw valueMistake(error.message, word);
  }
}

function valueMistake(message: string, { at: offset }: Word): Mistake {
  return new Mistake({ code: 'filter-value', path: 'filter', message, offset });
}
