/** Colour rules of the terminal UI and of text: ours, or those of a file that the user has named. */
import { InputError } from '../base/problem.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { requireFilter } from '../filter/compile.ts';
import type { ColourRule } from '../render/colour-rules.ts';
import type { Style } from '../render/style.ts';
import { listOf, readYaml } from './yaml-file.ts';

/** Styles that rules may give; all others mean something else on the screen. */
const STYLES: readonly Style[] = ['plain', 'dim', 'strong', 'title', 'good', 'warn', 'bad', 'address'];
const RULES_MAX = 100;

interface Rule {
  readonly name: string;
  readonly filter: string;
  readonly style: Style;
}

/** What holds without a file. docs/offline.md shows them as such a file. */
const DEFAULT_RULES: readonly Rule[] = [
  { name: 'malformed', filter: 'finding == malformed', style: 'bad' },
  { name: 'rejected', filter: 'finding == rejected', style: 'bad' },
  { name: 'unanswered', filter: 'finding == unanswered', style: 'warn' },
  { name: 'repeated', filter: 'finding == repeated', style: 'warn' },
  {
    name: 'states',
    filter: 'type in {STATE CONNECT CONNECTREPLY CONNECTACK DISCONNECT}',
    style: 'title',
  },
];

/** The rules of the file at `path`; without one, ours. Throws InputError. */
export function colourRules(dissectors: Dissectors, path: string | undefined): readonly ColourRule[] {
  if (path === undefined) return DEFAULT_RULES.map((rule) => compiled(rule, dissectors));
  const rules = listOf(readYaml(path), path, 'rules', (value) => compiled(ruleOf(value), dissectors));
  if (rules.length > RULES_MAX) throw new InputError(`${path}: more than ${RULES_MAX} rules`);
  return rules;
}

function ruleOf(value: unknown): Rule {
  if (typeof value !== 'object' || value === null)
    throw new InputError('expected a rule with name, filter and style');
  const { name = '', filter, style, ...others } = value as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new InputError(`unknown key "${other}"; expected name, filter and style`);
  if (typeof name !== 'string') throw new InputError('name: expected text');
  if (typeof filter !== 'string') throw new InputError('filter: expected a display filter');
  const known = STYLES.find((each) => each === style);
  if (known === undefined)
    throw new InputError(
      `style: expected one of ${STYLES.join(', ')}, found ${JSON.stringify(style) ?? 'none'}`,
    );
  return { name, filter, style: known };
}

function compiled({ name, filter, style }: Rule, dissectors: Dissectors): ColourRule {
  const { matches, needsReplies, needsChecks } = requireFilter(filter, dissectors);
  return { name, style, matches, needsReplies, needsChecks };
}
