/**
 * A display filter as a predicate on messages: `failover6.type == BNDUPD && lease in 2001:db8::/48`. Mistakes are
 * problems that point at a character. A comparison holds if any value of that name fits; `!=` holds if there is one
 * and all differ; a name alone asks whether there is one.
 */
import { InputError, type Problem } from '../base/problem.ts';
import type { Annotations } from '../dissect/annotations.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Message } from '../dissect/message.ts';
import { type FilterNames, filterNames, type Named } from './names.ts';
import { type Expression, parseFilter, type SetItem, type Word } from './syntax.ts';
import { comparison, containing, matching, range, searchRefusal, type Test, ValueMistake } from './values.ts';

export interface Filter {
  readonly ok: true;
  readonly text: string;
  /** Whether the message passes. What `context` does not say does not exist. */
  matches(message: Message, context?: Annotations): boolean;
  /** Whether it asks for something that only a look at other messages tells: `rtt`, `reply-in`, `finding`. */
  readonly needsContext: boolean;
  /** Whether it asks for `reply-in`, which only a first pass over everything can tell. */
  readonly needsReplies: boolean;
}

export interface FilterMistake {
  readonly ok: false;
  readonly problem: Problem;
}

type Predicate = (message: Message, context: Annotations) => boolean;

const NO_CONTEXT: Annotations = {};
const CONTEXT_NAMES: ReadonlySet<string> = new Set(['rtt', 'reply-in', 'reply-to', 'finding']);

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

/** `filter: unknown name "typ"; did you mean type? (at character 1: >typ< == BNDUPD)`, in one line. */
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
  readonly #names: FilterNames;
  needsContext = false;
  needsReplies = false;

  constructor(names: FilterNames) {
    this.#names = names;
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
      case 'not': {
        const term = this.compile(expression.term);
        return (message, context) => !term(message, context);
      }
      case 'exists':
        return this.#any(this.#name(expression.name), () => true);
      case 'compare':
        return this.#compare(expression);
      case 'in':
        return this.#in(this.#name(expression.name), expression.items);
      case 'contains':
      case 'matches': {
        const named = this.#name(expression.name);
        const { kind, value } = expression;
        const refusal = searchRefusal(named.field, kind);
        if (refusal !== undefined) throw valueMistake(refusal, expression.name);
        return this.#any(
          named,
          at(value, () => (kind === 'contains' ? containing(named.field, value) : matching(value))),
        );
      }
    }
  }

  #name(word: Word): Named {
    const result = this.#names.resolve(word);
    if (!result.ok) throw new Mistake(result.problem);
    if (CONTEXT_NAMES.has(result.named.field.name)) this.needsContext = true;
    if (result.named.field.name === 'reply-in') this.needsReplies = true;
    return result.named;
  }

  #compare(expression: Expression & { kind: 'compare' }): Predicate {
    const named = this.#name(expression.name);
    const { operator, value } = expression;
    const test = at(value, () => comparison(named.field, operator, value));
    return operator === '!=' ? this.#all(named, (found) => !test(found)) : this.#any(named, test);
  }

  #in(named: Named, items: readonly SetItem[]): Predicate {
    const tests = items.map((item) =>
      'value' in item
        ? at(item.value, () => comparison(named.field, '==', item.value))
        : at(item.from, () => range(named.field, item.from, item.to)),
    );
    return this.#any(named, (value) => tests.some((test) => test(value)));
  }

  #any({ field, protocol }: Named, test: Test): Predicate {
    return (message, context) =>
      (protocol === undefined || message.protocol === protocol) && field.read(message, context).some(test);
  }

  #all({ field, protocol }: Named, test: Test): Predicate {
    return (message, context) => {
      if (protocol !== undefined && message.protocol !== protocol) return false;
      const values = field.read(message, context);
      return values.length > 0 && values.every(test);
    };
  }
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
