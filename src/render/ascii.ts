/** For terminals that say they know no UTF-8: what we draw and write, in ASCII, each character as wide as it was. */
import { displayWidth } from './escape.ts';
import type { Line } from './style.ts';

const IN_ASCII: Readonly<Record<string, string>> = {
  '─': '-',
  '│': '|',
  '…': '~',
  '–': '-',
  '→': '>',
  '§': 'S',
};

/**
 * Whether the locale is one with UTF-8, from the variables that count in the order of POSIX. Where none is set, as in most
 * containers, the terminal is taken to be like nearly all of today.
 */
export function takesUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || 'UTF-8';
  return /utf-?8/i.test(locale);
}

/** The line with a `?` for each column of what ASCII cannot say. */
export function inAscii(line: Line): Line {
  return line.map(({ text, style }) => ({
    text: text.replace(/[^ -~]/gu, (one) => IN_ASCII[one] ?? '?'.repeat(displayWidth(one))),
    style,
  }));
}
