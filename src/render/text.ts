/**
 * One line of text a message: when, which way, what, and the facts that matter for its type. Columns are chosen by
 * name; the last one is not padded. Lines are written as octets; with styles they are made from the same columns.
 */

import { type Timestamp, timestampMillis } from '../base/timestamp.ts';
import type { Annotations } from '../dissect/annotations.ts';
import { type JsonBuffer, Piece } from '../dissect/json-buffer.ts';
import type { Message } from '../dissect/message.ts';
import { directionName } from '../dissect/roles.ts';
import { STATUS_SUCCESS } from '../dissect/vocabulary.ts';
import { displayWidth, fillText } from './escape.ts';
import { putInfo } from './info.ts';
import { type Line, type Style, span } from './style.ts';
import { putClock, putName, putSecond, putXid, typeText, written } from './words.ts';

const NO_ANNOTATIONS: Annotations = {};

/** How a line is made. */
export interface TextContext {
  /** Time of the first message, for the `delta` column; Unix milliseconds. */
  readonly beginMillis: number;
}

export interface Column {
  readonly name: string;
  readonly width: number;
  readonly help: string;
  /** Whether it may say what a peer or a user has said, so that octets are not columns of the terminal. */
  readonly foreign?: true;
  put(out: JsonBuffer, message: Message, notes: Annotations, context: TextContext): void;
  style(message: Message, notes: Annotations): Style;
}

const plain = (): Style => 'plain';
const dim = (): Style => 'dim';

const COLUMNS: readonly Column[] = [
  {
    name: 'index',
    width: 6,
    help: 'number of the message, from 0',
    put: (out, m) => out.putNumber(m.index),
    style: dim,
  },
  {
    name: 'packet',
    width: 6,
    help: 'number of the packet',
    put: (out, m) => out.putNumber(m.frame.seen.packet),
    style: dim,
  },
  {
    name: 'conn',
    width: 3,
    help: 'number of the connection',
    put: (out, m) => out.putNumber(m.frame.connection.index),
    style: dim,
  },
  {
    name: 'time',
    width: 15,
    help: 'time of day, UTC',
    put: (out, m) => putClock(out, m.frame.seen.time),
    style: dim,
  },
  {
    name: 'clock',
    width: 8,
    help: 'time of day, UTC, in whole seconds',
    put: (out, m) => putSecond(out, m.frame.seen.time.unixSeconds),
    style: dim,
  },
  {
    name: 'date',
    width: 10,
    help: 'date, UTC',
    put: (out, m) => out.putText(dateText(m.frame.seen.time)),
    style: dim,
  },
  {
    name: 'delta',
    width: 12,
    help: 'seconds since the first message',
    put: (out, m, _notes, context) => out.putText(deltaText(m.frame.seen.time, context)),
    style: dim,
  },
  {
    name: 'dir',
    width: 3,
    help: 'p>s from primary to secondary, s>p back; c>s and s>c for clients',
    put: (out, m) => putName(out, directionName(m)),
    style: (m) => (m.frame.direction === 0 ? 'toSecondary' : 'toPrimary'),
  },
  {
    name: 'type',
    width: 12,
    help: 'message type',
    put: (out, m) => putName(out, typeText(m)),
    style: () => 'strong',
  },
  {
    name: 'xid',
    width: 7,
    help: 'transaction-id',
    put: (out, m) => putXid(out, m.transactionId),
    style: plain,
  },
  {
    name: 'size',
    width: 5,
    help: 'octets of the message',
    put: (out, m) => out.putText(`${m.size}`.padStart(5)),
    style: dim,
  },
  { name: 'info', width: 60, help: 'what the message says', foreign: true, put: putInfo, style: infoStyle },
];

/** The columns of `-T text` unless chosen otherwise. */
export const DEFAULT_COLUMNS: readonly string[] = ['index', 'time', 'dir', 'type', 'xid', 'info'];

/** All columns by name, in the order of their description. */
export const TEXT_COLUMNS: ReadonlyMap<string, Column> = new Map(
  COLUMNS.map((column) => [column.name, column]),
);

/** Spaces that pad a cell, by their number. */
const SPACES = Array.from({ length: 64 }, (_, count) => new Piece(' '.repeat(count)));
const SPACE = 0x20;

/** Appends a line of plain text, without newline. */
export function putTextLine(
  out: JsonBuffer,
  message: Message,
  columns: readonly Column[],
  context: TextContext,
  notes: Annotations = NO_ANNOTATIONS,
): void {
  const last = columns.length - 1;
  for (let at = 0; at <= last; at++) {
    const column = columns[at] as Column;
    const from = out.length;
    column.put(out, message, notes, context);
    if (at === last) return;
    const taken = column.foreign === true ? displayWidth(out.text(from)) : out.length - from;
    if (taken < column.width) out.put(SPACES[column.width + 1 - taken] as Piece);
    else out.putCode(SPACE);
  }
}

/** The same as a string. */
export function textLine(
  message: Message,
  columns: readonly Column[],
  context: TextContext,
  notes: Annotations = NO_ANNOTATIONS,
): string {
  return written((out) => putTextLine(out, message, columns, context, notes));
}

/** The same with styles. */
export function styledTextLine(
  message: Message,
  columns: readonly Column[],
  context: TextContext,
  notes: Annotations = NO_ANNOTATIONS,
): Line {
  const last = columns.length - 1;
  return columns.map((column, at) => {
    const cell = written((out) => column.put(out, message, notes, context));
    return span(at < last ? `${fillText(cell, column.width)} ` : cell, column.style(message, notes));
  });
}

function deltaText(time: Timestamp, { beginMillis }: TextContext): string {
  return ((timestampMillis(time) - beginMillis) / 1000).toFixed(6).padStart(12);
}

function dateText(time: Timestamp): string {
  return new Date(time.unixSeconds * 1000).toISOString().slice(0, 10);
}

function infoStyle(message: Message, notes: Annotations): Style {
  if (message.problems().length > 0) return 'bad';
  if ((notes.findings?.length ?? 0) > 0) return 'warn';
  return message.glance().statusCode > STATUS_SUCCESS ? 'warn' : 'plain';
}
