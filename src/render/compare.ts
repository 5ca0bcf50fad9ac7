/**
 * Two messages beside each other, field by field: rows of both trees that are about the same thing share a row, in the
 * order in which they stand; what only one of them has stands alone.
 */
import type { Message } from '../dissect/message.ts';
import { lineText } from './style.ts';
import { type TreeRow, treeRows } from './tree.ts';

export interface ComparedRow {
  readonly left: string;
  readonly right: string;
  /** `left` and `right`: only there. */
  readonly change: 'same' | 'changed' | 'left' | 'right';
}

/** Rows of a message that are compared; a whole datagram of options has fewer. */
const ROWS_MAX = 2_000;

export function comparedMessages(left: Message, right: Message): ComparedRow[] {
  const a = treeRows(left).slice(0, ROWS_MAX);
  const b = treeRows(right).slice(0, ROWS_MAX);
  const common = commonLengths(a, b);
  const rows: ComparedRow[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const one = a[i];
    const other = b[j];
    if (one !== undefined && other !== undefined && one.key === other.key) {
      rows.push(pair(textOf(one), textOf(other)));
      i++;
      j++;
    } else if (other === undefined || (one !== undefined && common(i + 1, j) >= common(i, j + 1))) {
      rows.push({ left: textOf(a[i++] as TreeRow), right: '', change: 'left' });
    } else rows.push({ left: '', right: textOf(b[j++] as TreeRow), change: 'right' });
  }
  return rows;
}

function pair(left: string, right: string): ComparedRow {
  return { left, right, change: left === right ? 'same' : 'changed' };
}

/** Half the indentation of a tree: there is half the room. */
function textOf(row: TreeRow): string {
  return lineText(row.line).replace(/^ +/, (spaces) => spaces.slice(spaces.length >> 1));
}

/** How many rows `a` from `i` on and `b` from `j` on have in common, in order. */
function commonLengths(a: readonly TreeRow[], b: readonly TreeRow[]): (i: number, j: number) => number {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i]?.key === b[j]?.key
          ? (lengths[(i + 1) * width + j + 1] as number) + 1
          : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number);
    }
  }
  return (i, j) => lengths[i * width + j] as number;
}
