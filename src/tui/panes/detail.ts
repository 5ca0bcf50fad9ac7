/** The selected message: its tree, and its octets with those of the selected row marked. */
import type { ComparedRow } from '../../render/compare.ts';
import { padText } from '../../render/escape.ts';
import { hexDump } from '../../render/hex.ts';
import { type Line, span } from '../../render/style.ts';
import { comparedRows } from '../comparing.ts';
import { block, clamp, listLines } from '../draw.ts';
import { contentRows, type Place } from '../layout.ts';
import type { Model } from '../model.ts';
import { detailRows, rangeOf, selectedRow } from '../rows.ts';

/** A row of a hex dump. */
const HEX_COLUMNS = 73;
/** From this width on the octets stand beside the tree, below it otherwise. */
const SIDE_BY_SIDE_COLUMNS = HEX_COLUMNS + 50;

export function detailLines(model: Model, place: Place, focused: boolean): Line[] {
  const rows = contentRows(place);
  const compared = comparedRows(model);
  if (compared !== undefined)
    return comparedLines(model, compared, { columns: place.columns, rows }, focused);
  if (selectedRow(model) === undefined) return [[span('no message selected', 'dim')]];
  if (place.columns >= SIDE_BY_SIDE_COLUMNS) {
    const tree = treeLines(model, place.columns - HEX_COLUMNS, rows, focused);
    const hex = block(hexLines(model, rows, focused), HEX_COLUMNS, rows);
    return block(tree, place.columns - HEX_COLUMNS, rows).map((line, at) => [...line, ...(hex[at] ?? [])]);
  }
  const hexRows = Math.max(2, Math.floor(rows * 0.35));
  const tree = block(treeLines(model, place.columns, rows - hexRows, focused), place.columns, rows - hexRows);
  return [...tree, ...hexLines(model, hexRows, focused)];
}

export function detailTitle({ comparison }: Model): string {
  if (comparison === undefined) return 'Detail';
  const { left, right } = comparison;
  return `Compared: ${left.name} | ${right.name}`;
}

/** What tells how two rows differ stands between them, because colours cannot be relied on. */
const CHANGE = {
  same: [' ', 'dim'],
  changed: ['!', 'warn'],
  left: ['<', 'warn'],
  right: ['>', 'warn'],
} as const;

function comparedLines(
  model: Model,
  rows: readonly ComparedRow[],
  size: { readonly columns: number; readonly rows: number },
  focused: boolean,
): Line[] {
  const half = Math.floor((size.columns - 4) / 2);
  return listLines(model.lists.detail, rangeOf(model, 'detail'), size, focused, (at) => {
    const row = rows[at];
    if (row === undefined) return [];
    const [sign, style] = CHANGE[row.change];
    const text = row.change === 'same' ? 'plain' : 'warn';
    return [span(padText(row.left, half), text), span(` ${sign} `, style), span(row.right, text)];
  });
}

function treeLines(model: Model, columns: number, rows: number, focused: boolean): Line[] {
  const tree = detailRows(model);
  return listLines(
    model.lists.detail,
    rangeOf(model, 'detail'),
    { columns, rows },
    focused,
    (at) => tree[at]?.line ?? [],
  );
}

/** As many rows of octets as fitLine, with the marked ones among them. */
function hexLines(model: Model, rows: number, focused: boolean): Line[] {
  const message = selectedRow(model)?.message;
  if (message === undefined) return [];
  const { bytes, start, end } = message.frame;
  const tree = detailRows(model);
  const { cursor } = clamp(model.lists.detail, rangeOf(model, 'detail'), rows);
  const marked = focused ? tree[cursor] : undefined;
  const lines = hexDump(bytes, start, end, marked);
  const first = marked === undefined ? 0 : Math.floor((marked.start - start) / 16);
  const top = Math.max(0, Math.min(first, lines.length - rows));
  return lines.slice(top, top + rows);
}
