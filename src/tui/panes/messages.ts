/** The list of messages: one line each, with what became of it and which reply belongs to it. */

import type { Annotations } from '../../dissect/annotations.ts';
import type { Verdict } from '../../proxy/events.ts';
import { padText, safeText } from '../../render/escape.ts';
import { type Line, type Span, type Style, span } from '../../render/style.ts';
import { type Column, styledTextLine, TEXT_COLUMNS, type TextContext } from '../../render/text.ts';
import { listLines } from '../draw.ts';
import { annotationsOf, type Row } from '../history.ts';
import { contentRows, type Place } from '../layout.ts';
import type { Model } from '../model.ts';
import { rangeOf } from '../rows.ts';

const named = (...names: string[]): Column[] => names.flatMap((name) => TEXT_COLUMNS.get(name) ?? []);
const COLUMNS = named('clock', 'dir', 'type', 'xid', 'info');
/** With room for it, the number by which replies name their request. */
const ROOMY_COLUMNS = named('index', 'clock', 'dir', 'type', 'xid', 'info');
const ROOMY_FROM_COLUMNS = 90;
/** Of the name of a relationship, where a proxy serves several. */
const NAME_WIDTH = 10;
const CONTEXT: TextContext = { beginMillis: 0 };

/** One letter before the line; `forwarded` needs none. */
const VERDICT_MARK: Readonly<Record<Verdict, readonly [string, Style]>> = {
  forwarded: [' ', 'plain'],
  changed: ['*', 'warn'],
  dropped: ['x', 'bad'],
  injected: ['+', 'warn'],
  late: ['~', 'warn'],
};

export function messagesTitle(model: Model): string {
  return model.filterText === '' ? 'Messages' : `Messages where ${model.filterText}`;
}

export function messagesLines(model: Model, place: Place, focused: boolean): Line[] {
  const range = rangeOf(model, 'messages');
  const size = { columns: place.columns, rows: contentRows(place) };
  const columns = place.columns >= ROOMY_FROM_COLUMNS ? ROOMY_COLUMNS : COLUMNS;
  return listLines(model.lists.messages, range, size, focused, (at) => {
    const row = model.history.at(at);
    return row === undefined ? [] : messageLine(row, columns);
  });
}

function messageLine(row: Row, columns: readonly Column[]): Line {
  const [mark, style] = VERDICT_MARK[row.verdict];
  const parts: Span[] = [span(mark, style)];
  const { relationship } = row.message.frame.connection;
  if (relationship !== undefined)
    parts.push(span(`${padText(safeText(relationship), NAME_WIDTH)} `, 'strong'));
  parts.push(...styledTextLine(row.message, columns, CONTEXT, shownNotes(row)));
  for (const hit of row.hits) {
    parts.push(
      span(` [${hit.fault} ${hit.action} ${hit.count}${hit.detail === '' ? '' : ` ${hit.detail}`}]`, 'bad'),
    );
  }
  return parts;
}

/** A request says nothing of its reply: the reply's own line does. */
function shownNotes(row: Row): Annotations {
  const { replyIn: _, ...notes } = annotationsOf(row);
  return notes;
}

/** `12 of 345`, and whether the list stands still. */
export function messagesCount(model: Model): string {
  const { begin, end } = rangeOf(model, 'messages');
  if (end === begin) return 'none yet';
  const at = Math.max(begin, Math.min(end - 1, model.lists.messages.cursor));
  const more = model.history.end - end;
  return `${at - begin + 1} of ${end - begin}${more > 0 ? `, ${more} new` : ''}${model.follow ? ', following' : ''}`;
}
