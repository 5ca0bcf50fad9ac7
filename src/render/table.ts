/** Rows of text as columns that line up: numbers to the right, everything else to the left. */
import { displayWidth } from './escape.ts';
import { type Line, type Span, type Style, span } from './style.ts';

export interface TableColumn {
  readonly title: string;
  readonly right?: boolean;
  readonly style?: Style;
}

const GAP = '  ';

/** A heading and a line for each row; cells are safe text. */
export function tableLines(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): Line[] {
  const widths = columns.map((column, at) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[at] ?? ''))),
  );
  const line = (cells: readonly string[], style: (column: TableColumn) => Style): Line => {
    const spans: Span[] = [];
    for (const [at, column] of columns.entries()) {
      const cell = cells[at] ?? '';
      const fill = ' '.repeat((widths[at] ?? 0) - displayWidth(cell));
      const last = at === columns.length - 1;
      const text = column.right === true ? fill + cell : last ? cell : cell + fill;
      spans.push(span(at === 0 ? text : GAP + text, style(column)));
    }
    return spans;
  };
  const heading = line(
    columns.map((column) => column.title),
    () => 'dim',
  );
  return [heading, ...rows.map((row) => line(row, (column) => column.style ?? 'plain'))];
}
