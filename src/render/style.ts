/**
 * Styled text: what a piece of text means, not how it looks. One palette turns meanings into terminal colours, for
 * printed lines and for the terminal UI alike. Colour never says something that the text does not say too.
 */

/** The meaning of a piece of text. */
export type Style =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'title'
  | 'good'
  | 'warn'
  | 'bad'
  | 'address'
  | 'toSecondary'
  | 'toPrimary'
  | 'key'
  | 'mark'
  | 'selected'
  | 'inactive';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of a screen or a listing. Texts are safe for a terminal: see escape.ts. */
export type Line = readonly Span[];

/**
 * What there is to paint with. `none`: text comes out as it is; `mono`: bold and reverse only, for a terminal UI that
 * must not use colours.
 */
export type ColourDepth = 'none' | 'mono' | '256';

/** SGR parameters by meaning, chosen to be told apart on dark and light backgrounds and by colour-blind people. */
const SGR: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '38;5;244',
  strong: '1',
  title: '1;38;5;33',
  good: '38;5;35',
  warn: '1;38;5;172',
  bad: '1;38;5;161',
  address: '38;5;37',
  toSecondary: '38;5;33',
  toPrimary: '38;5;133',
  key: '1;38;5;172',
  mark: '7',
  selected: '7',
  inactive: '48;5;240;38;5;255',
};

const SGR_MONO: Readonly<Partial<Record<Style, string>>> = {
  strong: '1',
  title: '1',
  warn: '1',
  bad: '1',
  key: '1',
  mark: '7',
  selected: '7',
  inactive: '4',
};

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

/** The text of a line without its styles. */
export function lineText(line: Line): string {
  let text = '';
  for (const part of line) text += part.text;
  return text;
}

/** The line in one style, whatever styles it had. */
export function inStyle(line: Line, style: Style): Line {
  return line.map((part) => span(part.text, style));
}

/** The text, wrapped in the escape codes of its meaning. */
export function paint(text: string, style: Style, depth: ColourDepth): string {
  const parameters = depth === 'mono' ? (SGR_MONO[style] ?? '') : SGR[style];
  return depth === 'none' || parameters === '' || text === '' ? text : `\x1b[${parameters}m${text}\x1b[0m`;
}

export function paintLine(line: Line, depth: ColourDepth): string {
  let text = '';
  for (const part of line) text += paint(part.text, part.style, depth);
  return text;
}

/**
 * How to colour output: `--color` decides; `auto` colours a terminal unless NO_COLOR is set to anything
 * (https://no-color.org) or the terminal says that it is dumb.
 */
export function colourDepth(
  choice: 'auto' | 'always' | 'never',
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): ColourDepth {
  if (choice !== 'auto') return choice === 'always' ? '256' : 'none';
  const refused = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !refused ? '256' : 'none';
}
