/** Octets as a hex dump, sixteen a row, with one range marked: the bytes of the field that a reader looks at. */
import { type Line, type Span, type Style, span } from './style.ts';

const ROW_OCTETS = 16;

export interface MarkedRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Rows of `bytes[start, end)`. Offsets at the left count from `start`; `marked` is a range of positions in `bytes`.
 * Without colour the marked octets stand in brackets on a dump of their own kind: `[0e 10]`.
 */
export function hexDump(bytes: Uint8Array, start: number, end: number, marked?: MarkedRange): Line[] {
  const rows: Line[] = [];
  for (let at = start; at < end; at += ROW_OCTETS) {
    rows.push(hexRow(bytes, at, Math.min(end, at + ROW_OCTETS), at - start, marked));
  }
  return rows;
}

function hexRow(bytes: Uint8Array, from: number, to: number, offset: number, marked?: MarkedRange): Line {
  const isMarked = (at: number): boolean => marked !== undefined && at >= marked.start && at < marked.end;
  const digits = new Spans();
  const characters = new Spans();
  let inside = false;
  for (let at = from; at < from + ROW_OCTETS; at++) {
    const now = at < to && isMarked(at);
    const separator = now && !inside ? '[' : inside && !now ? ']' : ' ';
    const style: Style = now ? 'mark' : 'plain';
    if (at === from + ROW_OCTETS / 2) digits.add(' ', inside && now ? 'mark' : 'plain');
    digits.add(separator, inside && now ? 'mark' : 'plain');
    inside = now;
    if (at >= to) {
      digits.add('  ', 'plain');
      continue;
    }
    const octet = bytes[at] as number;
    digits.add(octet.toString(16).padStart(2, '0'), style);
    characters.add(octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.', style);
  }
  digits.add(inside ? ']' : ' ', 'plain');
  return [
    span(`${offset.toString(16).padStart(4, '0')} `, 'dim'),
    ...digits.spans,
    span(' '),
    ...characters.spans,
  ];
}

/** Joins neighbouring pieces of one style. */
class Spans {
  readonly spans: Span[] = [];

  add(text: string, style: Style): void {
    const last = this.spans.at(-1);
    if (last !== undefined && last.style === style)
      this.spans[this.spans.length - 1] = span(last.text + text, style);
    else this.spans.push(span(text, style));
  }
}
