/** Which panes are on the screen and where: one or two at 80x24, all of them on a large terminal. */
import type { PaneName, Size } from './model.ts';

export const SMALLEST: Size = { columns: 80, rows: 24 };
/** From this size on all panes are shown at once. */
const WIDE: Size = { columns: 130, rows: 36 };

/** Title, both servers, what happens next. */
export const HEADER_ROWS = 4;
/** Answer or prompt, and keys. */
export const FOOTER_ROWS = 2;

/** Rows of the lease table that are not leases: column names above, the story of the selected one below. */
export const LEASE_HEADINGS = 2;

export interface Place {
  readonly pane: PaneName;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  /** With the title row. */
  readonly rows: number;
}

/** A pane's rows without its title. */
export function contentRows(place: Place): number {
  return Math.max(0, place.rows - 1);
}

/** Commands on one page of the help, whose last row says whether there is more. */
export function helpRows(size: Size): number {
  return size.rows - HEADER_ROWS - FOOTER_ROWS - 1;
}

function isWide(size: Size): boolean {
  return size.columns >= WIDE.columns && size.rows >= WIDE.rows;
}

export function layout(size: Size, focus: PaneName): readonly Place[] {
  const top = HEADER_ROWS;
  const rows = size.rows - HEADER_ROWS - FOOTER_ROWS;
  if (isWide(size)) return wideLayout(size, top, rows);
  if (focus === 'messages' || focus === 'detail') {
    const list = Math.floor(rows * (focus === 'detail' ? 0.35 : 0.5));
    return [
      { pane: 'messages', left: 0, top, columns: size.columns, rows: list },
      { pane: 'detail', left: 0, top: top + list, columns: size.columns, rows: rows - list },
    ];
  }
  return [{ pane: focus, left: 0, top, columns: size.columns, rows }];
}

function wideLayout(size: Size, top: number, rows: number): readonly Place[] {
  const right = Math.min(76, Math.floor(size.columns * 0.42));
  const left = size.columns - right - 1;
  const list = Math.floor(rows * 0.5);
  const leases = Math.floor(rows * 0.55);
  const faults = Math.floor(rows * 0.2);
  return [
    { pane: 'messages', left: 0, top, columns: left, rows: list },
    { pane: 'detail', left: 0, top: top + list, columns: left, rows: rows - list },
    { pane: 'leases', left: left + 1, top, columns: right, rows: leases },
    { pane: 'faults', left: left + 1, top: top + leases, columns: right, rows: faults },
    {
      pane: 'events',
      left: left + 1,
      top: top + leases + faults,
      columns: right,
      rows: rows - leases - faults,
    },
  ];
}

/** The place of a pane when it has the focus. */
export function placeOf(size: Size, pane: PaneName): Place {
  return layout(size, pane).find((place) => place.pane === pane) as Place;
}
