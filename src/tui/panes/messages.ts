/** The list of messages: one line each, with what became of it and which reply belongs to it. */

import type { Annotations } from '../../dissect/annotations.ts';
import type { Verdict } from '../../proxy/events.ts';
import { colourOf } from '../../render/colour-rules.ts';
import { padText, safeText } from '../../render/escape.ts';
import { inStyle, type Line, type Span, type Style, span } from '../../render/style.ts';
import { type Column, styledTextLine, TEXT_COLUMNS, type TextContext } from '../../render/text.ts';
import { listLines } from '../draw.ts';
import { contentRows, type Place } from '../layout.ts';
import type { Model } from '../model.ts';
import { annotationsOf, type Row } from '../row-store.ts';
import { notesOf, rangeOf } from '../rows.ts';

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
    return row === undefined ? [] : messageLine(model, at, row, columns);
  });
}

function messageLine(model: Model, at: number, row: Row, columns: readonly Column[]): Line {
  const [verdict, style] = VERDICT_MARK[row.verdict];
  const isMarked = model.marks.includes(model.history.numberAt(at) ?? -1);
  const notes = model.judging.annotated(row.message, shownNotes(row));
  const sign =
    row.verdict === 'forwarded' ? (breachMark(notes) ?? span(verdict, style)) : span(verdict, style);
  const parts: Span[] = [isMarked ? span('M', 'mark') : sign];
  const { relationship } = row.message.frame.connection;
  if (relationship !== undefined)
    parts.push(span(`${padText(safeText(relationship), NAME_WIDTH)} `, 'strong'));
  const line = styledTextLine(row.message, columns, CONTEXT, notes);
  const colour =
    model.colourRules.length === 0
      ? undefined
      : colourOf(model.colourRules, row.message, notesOf(model, row));
  parts.push(...(colour === undefined ? line : inStyle(line, colour)));
  for (const hit of row.hits) {
    parts.push(
      span(` [${hit.fault} ${hit.action} ${hit.count}${hit.detail === '' ? '' : ` ${hit.detail}`}]`, 'bad'),
    );
  }
  return parts;
}

/** Of a message that breaks rules, where nothing else is to be said of it. */
function breachMark({ breaches = [] }: Annotations): Span | undefined {
  if (breaches.length === 0) return undefined;
  return span('!', breaches.some(({ severity }) => severity === 'error') ? 'bad' : 'warn');
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
  const rest = [
    more > 0 ? `, ${more} new` : '',
    model.history.untried > 0 ? `, ${model.history.untried} to try` : '',
    model.search === undefined ? '' : ', searching',
    model.follow ? ', following' : '',
  ];
  return `${at - begin + 1} of ${end - begin}${rest.join('')}`;
}
