/** Lines that fit: cutting and filling styled lines, titles of panes, the visible window of a list. */
import { cutText, displayWidth } from '../render/escape.ts';
import { inStyle, type Line, type Span, type Style, span } from '../render/style.ts';
import type { ListState } from './model.ts';
import type { Range } from './rows.ts';

/** The line cut or filled with spaces to exactly `columns`. */
export function fitLine(line: Line, columns: number, fill: Style = 'plain'): Line {
  const parts: Span[] = [];
  let left = columns;
  for (const part of line) {
    if (left === 0) break;
    const text = cutText(part.text, left);
    if (text === '') continue;
    parts.push(span(text, part.style));
    left -= displayWidth(text);
  }
  if (left > 0) parts.push(span(' '.repeat(left), fill));
  return parts;
}

/** `── Messages ─────────── 3 of 12 ──` */
export function titleLine(title: string, right: string, columns: number, focused: boolean): Line {
  const style: Style = focused ? 'title' : 'dim';
  const name = focused ? `─[${title}]` : `── ${title} `;
  const end = right === '' ? '' : ` ${right} ──`;
  const rule = Math.max(0, columns - displayWidth(name) - displayWidth(end));
  return fitLine([span(name, style), span('─'.repeat(rule), 'dim'), span(end, 'dim')], columns);
}

/** The list state with its cursor inside the range and on the screen of `rows` rows. */
export function clamp(list: ListState, range: Range, rows: number): ListState {
  const cursor = Math.max(range.begin, Math.min(range.end - 1, list.cursor));
  const lowest = Math.max(range.begin, range.end - rows);
  const top = Math.max(cursor - rows + 1, Math.min(list.top, cursor, lowest));
  return { cursor, top: Math.max(range.begin, top) };
}

/** The rows on the screen, drawn one by one; the selected one in its own style and behind a `>`. */
export function listLines(
  list: ListState,
  range: Range,
  size: { readonly columns: number; readonly rows: number },
  focused: boolean,
  row: (position: number) => Line,
): Line[] {
  const { cursor, top } = clamp(list, range, size.rows);
  const lines: Line[] = [];
  for (let at = top; at < Math.min(range.end, top + size.rows); at++) {
    const line = fitLine([span(at === cursor ? '>' : ' '), ...row(at)], size.columns);
    lines.push(at === cursor ? inStyle(line, focused ? 'selected' : 'inactive') : line);
  }
  return lines;
}

/** Fills up with empty lines to exactly `rows`. */
export function block(lines: readonly Line[], columns: number, rows: number): Line[] {
  const filled = lines.slice(0, rows).map((line) => fitLine(line, columns));
  while (filled.length < rows) filled.push(fitLine([], columns));
  return filled;
}
