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
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetItem = { readonly from: Word; readonly to: Word } | { readonly value: Word };

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'exists'; readonly name: Word }
  | {
      readonly kind: 'compare';
      readonly name: Word;
      readonly operator: ComparisonOperator;
      readonly value: Word;
    }
  | { readonly kind: 'in'; readonly name: Word; readonly items: readonly SetItem[] }
  | { readonly kind: 'contains' | 'matches'; readonly name: Word; readonly value: Word };

const GRAMMAR = String.raw`
Filter {
  Start = Or
  Or = NonemptyListOf<And, or>
  And = NonemptyListOf<Not, and>
  Not = not Not -- not
      | Primary
  Primary = "(" Or ")" -- group
          | Term
  Term = name comparator value -- compare
       | name in Set -- in
       | name contains value -- contains
       | name matches value -- matches
       | name -- exists
  Set = "{" NonemptyListOf<Item, separator> "}" -- many
      | value -- one
  Item = value ".." value -- range
       | value -- single
  separator = ","?

  or = "||" | keyword<caseInsensitive<"or">>
  and = "&&" | keyword<caseInsensitive<"and">>
  not = "!" ~"=" | keyword<caseInsensitive<"not">>
  in = keyword<caseInsensitive<"in">>
  contains = keyword<caseInsensitive<"contains">>
  matches = "~" | keyword<caseInsensitive<"matches">>
  comparator = "==" | "!=" | "<=" | ">=" | "<" | ">" | "="
             | keyword<caseInsensitive<"eq">> | keyword<caseInsensitive<"ne">> | keyword<caseInsensitive<"le">> | keyword<caseInsensitive<"ge">> | keyword<caseInsensitive<"lt">> | keyword<caseInsensitive<"gt">>

  keyword<word> = word ~wordPart
  reserved = keyword<caseInsensitive<"or">> | keyword<caseInsensitive<"and">> | keyword<caseInsensitive<"not">> | keyword<caseInsensitive<"in">> | keyword<caseInsensitive<"contains">> | keyword<caseInsensitive<"matches">>
  name = ~reserved (letter | "_") (alnum | "_" | "-" | ".")*
  value = quoted | direction | word
  direction = side ">" side ~wordPart
  side = "p" | "s" | "c"
  word = wordStart (~".." wordPart)*
  wordStart = alnum | "_" | ":" | "." | "-" | "+"
  wordPart = alnum | "_" | ":" | "." | "-" | "+" | "/"
  quoted = "\"" (escaped | ~"\"" any)* "\""
  escaped = "\\" any
}
`;

const OPERATORS: Readonly<Record<string, ComparisonOperator>> = {
  '==': '==',
  '=': '==',
  eq: '==',
  '!=': '!=',
  ne: '!=',
  '<': '<',
  lt: '<',
  '<=': '<=',
  le: '<=',
  '>': '>',
  gt: '>',
  '>=': '>=',
  ge: '>=',
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
    And: (list) => joined('and', list),
    Not_not: (_sign, term) => ({ kind: 'not', term: term['expression']() }),
    Primary_group: (_open, inner, _close) => inner['expression'](),
    Term_compare: (name, comparator, value) => ({
      kind: 'compare',
      name: wordOf(name),
      operator: OPERATORS[comparator.sourceString.toLowerCase()] as ComparisonOperator,
      value: wordOf(value),
    }),
    Term_in: (name, _in, set) => ({ kind: 'in', name: wordOf(name), items: set['items']() }),
    Term_contains: (name, _sign, value) => ({ kind: 'contains', name: wordOf(name), value: wordOf(value) }),
    Term_matches: (name, _sign, value) => ({ kind: 'matches', name: wordOf(name), value: wordOf(value) }),
    Term_exists: (name) => ({ kind: 'exists', name: wordOf(name) }),
  });

  semantics.addOperation<SetItem[]>('items', {
    Set_many: (_open, list, _close) => list.asIteration().children.flatMap((item) => item['items']()),
    Set_one: (value) => [{ value: wordOf(value) }],
    Item_range: (from, _dots, to) => [{ from: wordOf(from), to: wordOf(to) }],
    Item_single: (value) => [{ value: wordOf(value) }],
  });
  return semantics;
}

function joined(kind: 'and' | 'or', list: Node): Expression {
  const terms: Expression[] = list.asIteration().children.map((term) => term['expression']());
  return terms.length === 1 ? (terms[0] as Expression) : { kind, terms };
}

function wordOf(node: Node): Word {
  const text = node.sourceString;
  const at = node.source.startIdx;
  if (!text.startsWith('"')) return { text, quoted: false, at };
  return { text: text.slice(1, -1).replace(/\\(["\\])/g, '$1'), quoted: true, at };
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
  const got = text.slice(at).trim() === '' ? 'the filter ends here' : 'not what is expected here';
  return failure(`${got}: expected ${expectedAt(text, at)}`, at);
}

/** What people would write there, in fewer words than the grammar has. */
function expectedAt(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd();
  if (before === '' || /(\(|!|&&|\|\||\b(and|or|not))$/i.test(before)) return 'a name, not or (';
  if (/(==|!=|<=|>=|<|>|=|\b(in|contains|matches|eq|ne|lt|le|gt|ge))$/i.test(before)) return 'a value';
  if (/\{[^}]*$/.test(before)) return 'a value or }';
  if (/"[^"]*$/.test(before) && (before.match(/"/g)?.length ?? 0) % 2 === 1) return 'a closing "';
  return 'an operator (==, !=, <, >, in, contains, matches), and, or, or the end';
}

function failure(message: string, offset: number): Parsed {
  return { ok: false, problem: { code: 'filter-syntax', path: 'filter', message, offset } };
}
