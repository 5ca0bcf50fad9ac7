/**
 * The text of a display filter as a tree, with positions: grammar only, no meaning. Wireshark's grammar as far as it is
 * useful for messages, plus CIDR behind `in` and `==`, and `p>s` as a value.
 */
import { type FailedMatchResult, type Grammar, grammar, type Node, type Semantics } from 'ohm-js';
import type { Problem } from '../base/problem.ts';

/** Characters of a filter. */
export const FILTER_LENGTH_MAX = 4096;
/** Parentheses inside each other, and negations in all. */
export const FILTER_NESTING_MAX = 64;

/** A word with its place in the text. */
export interface Word {
  readonly text: string;
  /** Quoted: it is text, not a name, a number or an address. */
  readonly quoted: boolean;
  readonly at: number;
  /** What a regular expression would be, where it differs: only quotes and backslashes lose their backslash. */
  readonly pattern?: string;
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetItem = { readonly from: Word; readonly to: Word } | { readonly value: Word };
export type Quantifier = 'any' | 'all';

/** What stands on the left: a name, or what a function or a slice makes of one. */
export type Operand =
  | { readonly kind: 'name'; readonly name: Word }
  | { readonly kind: 'call'; readonly function: Word; readonly of: Operand }
  /** `text` stands between the brackets. */
  | { readonly kind: 'slice'; readonly range: Word; readonly of: Operand };

export type Expression =
  | { readonly kind: 'and' | 'or' | 'xor'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'exists'; readonly left: Operand }
  | {
      readonly kind: 'compare';
      readonly left: Operand;
      /** Of which values of the operand it must hold; of `!=` all, of the others any, unless said otherwise. */
      readonly quantifier: Quantifier;
      readonly operator: ComparisonOperator;
      readonly value: Word;
    }
  | {
      readonly kind: 'in';
      readonly left: Operand;
      readonly quantifier: Quantifier;
      readonly items: readonly SetItem[];
    }
  | {
      readonly kind: 'contains' | 'matches';
      readonly left: Operand;
      readonly quantifier: Quantifier;
      readonly value: Word;
    };

/** Words that are no names; as keywords in capitals or not. */
const RESERVED = ['or', 'and', 'xor', 'not', 'in', 'contains', 'matches'] as const;
const COMPARATORS = ['eq', 'ne', 'le', 'ge', 'lt', 'gt', 'any_eq', 'all_eq', 'any_ne', 'all_ne'] as const;

const keywords = (words: readonly string[]): string =>
  words.map((word) => `keyword<caseInsensitive<"${word}">>`).join(' | ');

const GRAMMAR = String.raw`
Filter {
  Start = Or
  Or = NonemptyListOf<Xor, or>
  Xor = NonemptyListOf<And, xor>
  And = NonemptyListOf<Not, and>
  Not = not Not -- not
      | Primary
  Primary = "(" Or ")" -- group
          | Term
  Term = quantifier? Operand comparator value -- compare
       | quantifier? Operand not? in Set -- in
       | quantifier? Operand contains value -- contains
       | quantifier? Operand matches value -- matches
       | Operand -- exists
  Operand = Base "[" range "]" -- slice
          | Base
  Base = function "(" Operand ")" -- call
       | name -- name
  Set = "{" NonemptyListOf<Item, separator> "}" -- many
      | value -- one
  Item = value ".." value -- range
       | value -- single
  separator = ","?

  or = "||" | ${keywords(['or'])}
  xor = "^^" | ${keywords(['xor'])}
  and = "&&" | ${keywords(['and'])}
  not = "!" ~"=" | ${keywords(['not'])}
  in = ${keywords(['in'])}
  contains = ${keywords(['contains'])}
  matches = "~" ~"=" | ${keywords(['matches'])}
  comparator = "===" | "!==" | "==" | "!=" | "~=" | "<=" | ">=" | "<" | ">" | "=" | ${keywords(COMPARATORS)}
  quantifier = (${keywords(['any', 'all'])}) &(space+ (letter | "_"))

  keyword<word> = word ~wordPart
  reserved = ${keywords([...RESERVED, ...COMPARATORS])}
  name = ~reserved (letter | "_") (alnum | "_" | "-" | ".")*
  function = ~reserved letter alnum*
  range = (~"]" any)*
  value = raw | quoted | single | direction | word
  direction = side ">" side ~wordPart
  side = "p" | "s" | "c"
  word = wordStart (~".." wordPart)*
  wordStart = alnum | "_" | ":" | "." | "-" | "+"
  wordPart = alnum | "_" | ":" | "." | "-" | "+" | "/"
  quoted = "\"" (escaped | ~"\"" any)* "\""
  single = "'" (~"'" any)* "'"
  raw = caseInsensitive<"r"> "\"" (~"\"" any)* "\""
  escaped = "\\" any
}
`;

interface Comparison {
  readonly operator: ComparisonOperator;
  readonly quantifier?: Quantifier;
}

const OPERATORS: Readonly<Record<string, Comparison>> = {
  '==': { operator: '==' },
  '=': { operator: '==' },
  eq: { operator: '==' },
  any_eq: { operator: '==', quantifier: 'any' },
  '===': { operator: '==', quantifier: 'all' },
  all_eq: { operator: '==', quantifier: 'all' },
  '!=': { operator: '!=' },
  ne: { operator: '!=' },
  all_ne: { operator: '!=', quantifier: 'all' },
  '!==': { operator: '!=', quantifier: 'any' },
  '~=': { operator: '!=', quantifier: 'any' },
  any_ne: { operator: '!=', quantifier: 'any' },
  '<': { operator: '<' },
  lt: { operator: '<' },
  '<=': { operator: '<=' },
  le: { operator: '<=' },
  '>': { operator: '>' },
  gt: { operator: '>' },
  '>=': { operator: '>=' },
  ge: { operator: '>=' },
};

/** Grammar and meaning; made when the first filter is parsed, because that takes longer than reading a small capture. */
let made: { readonly grammar: Grammar; readonly semantics: Semantics } | undefined;

function parser(): { readonly grammar: Grammar; readonly semantics: Semantics } {
  if (made === undefined) {
    const compiled = grammar(GRAMMAR);
    made = { grammar: compiled, semantics: semanticsOf(compiled) };
  }
  return made;
}

function semanticsOf(compiled: Grammar): Semantics {
  const semantics = compiled.createSemantics();
  semantics.addOperation<Expression>('expression', {
    Start: (inner) => inner['expression'](),
    Or: (list) => joined('or', list),
    Xor: (list) => joined('xor', list),
    And: (list) => joined('and', list),
    Not_not: (_sign, term) => ({ kind: 'not', term: term['expression']() }),
    Primary_group: (_open, inner, _close) => inner['expression'](),
    Term_compare: (quantifier, left, comparator, value) => {
      const { operator, quantifier: own } = OPERATORS[comparator.sourceString.toLowerCase()] as Comparison;
      return {
        kind: 'compare',
        left: left['operand'](),
        operator,
        quantifier: quantifierOf(quantifier) ?? own ?? (operator === '!=' ? 'all' : 'any'),
        value: wordOf(value),
      };
    },
    Term_in: (quantifier, left, not, _in, set) => {
      const term: Expression = { kind: 'in', ...quantified(quantifier, left), items: set['items']() };
      return not.numChildren === 0 ? term : { kind: 'not', term };
    },
    Term_contains: (quantifier, left, _sign, value) => ({
      kind: 'contains',
      ...quantified(quantifier, left),
      value: wordOf(value),
    }),
    Term_matches: (quantifier, left, _sign, value) => ({
      kind: 'matches',
      ...quantified(quantifier, left),
      value: wordOf(value),
    }),
    Term_exists: (left) => ({ kind: 'exists', left: left['operand']() }),
  });

  semantics.addOperation<Operand>('operand', {
    Operand_slice: (of, _open, range, _close) => ({
      kind: 'slice',
      of: of['operand'](),
      range: wordOf(range),
    }),
    Base_call: (name, _open, of, _close) => ({ kind: 'call', function: wordOf(name), of: of['operand']() }),
    Base_name: (name) => ({ kind: 'name', name: wordOf(name) }),
  });

  semantics.addOperation<SetItem[]>('items', {
    Set_many: (_open, list, _close) => list.asIteration().children.flatMap((item) => item['items']()),
    Set_one: (value) => [{ value: wordOf(value) }],
    Item_range: (from, _dots, to) => [{ from: wordOf(from), to: wordOf(to) }],
    Item_single: (value) => [{ value: wordOf(value) }],
  });
  return semantics;
}

function joined(kind: 'and' | 'or' | 'xor', list: Node): Expression {
  const terms: Expression[] = list.asIteration().children.map((term) => term['expression']());
  return terms.length === 1 ? (terms[0] as Expression) : { kind, terms };
}

/** `any` or `all`, if somebody wrote it. */
function quantifierOf(written: Node): Quantifier | undefined {
  const text = written.sourceString.toLowerCase();
  return text === 'any' || text === 'all' ? text : undefined;
}

function quantified(quantifier: Node, left: Node): { quantifier: Quantifier; left: Operand } {
  return { quantifier: quantifierOf(quantifier) ?? 'any', left: left['operand']() };
}

function wordOf(node: Node): Word {
  const text = node.sourceString;
  const at = node.source.startIdx;
  if (/^r"/i.test(text)) return { text: text.slice(2, -1), quoted: true, at };
  if (text.startsWith("'")) return { text: text.slice(1, -1), quoted: true, at };
  if (!text.startsWith('"')) return { text, quoted: false, at };
  const inner = text.slice(1, -1);
  return { text: unescaped(inner), quoted: true, at, pattern: inner.replace(/\\(["\\])/g, '$1') };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The escapes of C; what is none stays as it is. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-f]{1,2})|u([\da-f]{4})|([0-7]{1,3})|([abfnrtv"\\]))/gi,
    (whole, hex?: string, unicode?: string, octal?: string, letter?: string) => {
      const digits = hex ?? unicode;
      if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (letter === '"' || letter === '\\') return letter;
      return ESCAPES[letter ?? ''] ?? whole;
    },
  );
}

export type Parsed =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: Problem };

/** The tree of a filter, or where it is wrong and what was expected there. */
export function parseFilter(text: string): Parsed {
  if (text.length > FILTER_LENGTH_MAX) {
    return failure(`a filter has at most ${FILTER_LENGTH_MAX} characters`, FILTER_LENGTH_MAX);
  }
  const tooDeep = nestingBeyond(text);
  if (tooDeep !== undefined)
    return failure(`more than ${FILTER_NESTING_MAX} parentheses inside each other, or negations`, tooDeep);
  const { grammar: compiled, semantics } = parser();
  const match = compiled.match(text);
  if (match.failed()) return mismatch(text, match as FailedMatchResult);
  return { ok: true, expression: semantics(match)['expression']() };
}

/** Offset of the parenthesis or negation that is one too many; counted before parsing, which is recursive. */
function nestingBeyond(text: string): number | undefined {
  let depth = 0;
  let negations = 0;
  for (const { 0: sign, index } of text.matchAll(/[()]|!(?!=)|\bnot\b/gi)) {
    if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else negations++;
    if (depth > FILTER_NESTING_MAX || negations > FILTER_NESTING_MAX) return index;
  }
  return undefined;
}

function mismatch(text: string, match: FailedMatchResult): Parsed {
  const at = match.getRightmostFailurePosition();
  const refusal = refusalOf(text, at);
  if (refusal !== undefined) return failure(refusal, at);
  const got = text.slice(at).trim() === '' ? 'the filter ends here' : 'not what is expected here';
  return failure(`${got}: expected ${expectedAt(text, at)}`, at);
}

/** What is known to people and not to this language, or has lost its other half. */
function refusalOf(text: string, at: number): string | undefined {
  const rest = text.slice(at);
  if (/^(&(?!&)|[-+*/%])/.test(rest))
    return 'there is no arithmetic here, only names, values and comparisons';
  if (rest.startsWith(')')) return 'this ) has no (';
  const open = count(text, '(') - count(text, ')');
  return rest.trim() === '' && open > 0 && !/[=<>~(!&|^,{]\s*$/.test(text)
    ? 'the filter ends here: expected ), or and, or, xor'
    : undefined;
}

/** How often a sign stands in a filter, outside quotes. */
function count(text: string, sign: string): number {
  return text.replace(/"(\\.|[^"\\])*"?|'[^']*'?/g, '').split(sign).length - 1;
}

/** What people would write there, in fewer words than the grammar has. */
function expectedAt(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd();
  if (before === '' || /(\(|!|&&|\|\||\^\^|\b(and|or|xor|not|any|all))$/i.test(before))
    return 'a name, not or (';
  if (/(==|!=|<=|>=|<|>|=|~|\b(in|contains|matches|eq|ne|lt|le|gt|ge|(any|all)_(eq|ne)))$/i.test(before))
    return 'a value';
  if (/\{[^}]*$/.test(before)) return 'a value or }';
  if (/"[^"]*$/.test(before) && (before.match(/"/g)?.length ?? 0) % 2 === 1) return 'a closing "';
  return 'an operator (==, !=, <, >, in, contains, matches), and, or, xor, or the end';
}

function failure(message: string, offset: number): Parsed {
  return { ok: false, problem: { code: 'filter-syntax', path: 'filter', message, offset } };
}
