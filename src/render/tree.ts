/**
 * The tree of a message as indented lines, like `tshark -V`: options under options, fields under their option, and
 * every problem where it stands. Each row keeps the octets that it speaks of, so that a view can mark them.
 */
import { opposite } from '../base/flow.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import { timestampText } from '../base/timestamp.ts';
import type { Annotations, Breach } from '../dissect/annotations.ts';
import type { JsonBuffer } from '../dissect/json-buffer.ts';
import type { Field, Message, TreeNode } from '../dissect/message.ts';
import { safeText } from './escape.ts';
import { type ColourDepth, type Line, paintLine, type Style, span } from './style.ts';
import { durationText, typeText } from './words.ts';

/** A deeper nesting than the dissector ever builds; what is deeper is told in one row. */
const DEPTH_MAX = 64;
const INDENT = '    ';
/** Characters of rows that are put into octets at once. */
const TEXT_MAX = 16 * 1024;

/** One line of the tree and the octets `[start, end)` of `frame.bytes` that it shows. */
export interface TreeRow {
  readonly line: Line;
  readonly start: number;
  readonly end: number;
  /** What the row is about, e.g. the name of its field: the same in another message. */
  readonly key: string;
}

type RowTaker = (row: TreeRow) => void;

/** The rows of a message: a heading about frame, connection and header, then its options. */
export function treeRows(message: Message, notes: Annotations = {}): TreeRow[] {
  const rows: TreeRow[] = [];
  eachRow(message, notes, (row) => rows.push(row));
  return rows;
}

/** Appends them, a newline behind each. Many at once, but not all: a message can have tens of thousands. */
export function putTree(
  out: JsonBuffer,
  message: Message,
  notes: Annotations = {},
  colour: ColourDepth = 'none',
): void {
  let text = '';
  eachRow(message, notes, ({ line }) => {
    text += `${paintLine(line, colour)}\n`;
    if (text.length < TEXT_MAX) return;
    out.putText(text);
    text = '';
  });
  out.putText(text);
}

function eachRow(message: Message, notes: Annotations, take: RowTaker): void {
  take(headingRow(message));
  for (const row of notesRows(message, notes)) take(row);
  takeContents(take, message.tree(), 1);
}

function headingRow(message: Message): TreeRow {
  const { frame } = message;
  const sender = frame.connection.flow.ends[frame.direction];
  const receiver = frame.connection.flow.ends[opposite(frame.direction)];
  const name = message.msgName ?? `message ${typeText(message)}`;
  const { dialect } = frame.connection;
  const language = dialect === undefined ? message.protocol : `${message.protocol}, dialect ${dialect}`;
  const where = `${language}, packet ${frame.seen.packet}, connection ${frame.connection.index}`;
  const ends = `${formatSocketAddress(sender)} > ${formatSocketAddress(receiver)}`;
  return {
    line: [
      span(`#${message.index} ${safeText(name)}`, 'title'),
      span(` ${timestampText(frame.seen.time)} ${ends} (${where}, ${message.size} octets)`),
    ],
    start: frame.start,
    end: frame.end,
    key: 'message',
  };
}

/** What other messages tell about this one, in brackets because it is not in its octets. */
function notesRows(message: Message, notes: Annotations): TreeRow[] {
  const { start, end } = message.frame;
  const rows: TreeRow[] = [];
  const add = (text: string): void => void rows.push(row(1, `[${text}]`, 'dim', start, end));
  if (notes.replyTo !== undefined) {
    const after = notes.rttMillis === undefined ? '' : `, ${durationText(notes.rttMillis)} after it`;
    add(`answers #${notes.replyTo}${after}`);
  }
  if (notes.replyIn !== undefined) add(`answered by #${notes.replyIn}`);
  const breaches = notes.breaches ?? [];
  for (const id of notes.findings ?? [])
    if (!breaches.some((breach) => breach.id === id)) add(`finding ${id}`);
  for (const breach of breaches)
    rows.push(row(1, breachText(breach), breach.severity === 'error' ? 'bad' : 'warn', start, end));
  return rows;
}

/** `[bndupd-no-reply, RFC 8156 §7.6 MUST: …]` */
function breachText({ id, rfc, section, keyword, summary }: Breach): string {
  return `[${id}, ${rfc} §${section}${keyword === null ? '' : ` ${keyword}`}: ${safeText(summary)}]`;
}

function takeContents(take: RowTaker, node: TreeNode, depth: number): void {
  for (const problem of node.problems) {
    const section = problem.section === undefined ? '' : ` (${problem.section})`;
    take(row(depth, `! ${safeText(problem.message)}${section}`, 'bad', node.start, node.end));
  }
  for (const field of node.fields) if (!isRepetition(field)) take(fieldRow(field, depth));
  if (depth >= DEPTH_MAX && node.children.length > 0) {
    take(row(depth, `! nested deeper than ${DEPTH_MAX}, not shown`, 'bad', node.start, node.end));
    return;
  }
  for (const child of node.children) {
    const name = child.name === null ? 'unknown option' : safeText(child.name);
    const code = child.code === null ? '' : ` (${child.code})`;
    const title = `${name}${code}, ${child.end - child.start} octets`;
    const style = child.name === null ? 'warn' : 'strong';
    take(row(depth, title, style, child.start, child.end, `option ${child.code}`));
    takeContents(take, child, depth + 1);
  }
}

/** The name of a number or of its flags stands beside the number; reserved bits are worth a row when they are set. */
function isRepetition(field: Field): boolean {
  if (field.companion !== true) return false;
  return (
    field.name.endsWith('-name') ||
    field.name.endsWith('-names') ||
    (field.name === 'mbz' && field.value === 0)
  );
}

function row(depth: number, text: string, style: Style, start: number, end: number, about = text): TreeRow {
  return { line: [span(INDENT.repeat(depth)), span(text, style)], start, end, key: `${depth} ${about}` };
}

function fieldRow(field: Field, depth: number): TreeRow {
  const raw = valueText(field.value);
  const shown = field.display === undefined ? raw : safeText(field.display);
  const extra = field.display === undefined || shown === raw ? '' : ` (${raw})`;
  return {
    line: [
      span(`${INDENT.repeat(depth)}${safeText(field.name)}: `),
      span(shown, 'address'),
      span(extra, 'dim'),
    ],
    start: field.start,
    end: field.end,
    key: `${depth} ${field.name}`,
  };
}

function valueText(value: Field['value']): string {
  if (value === null) return 'none';
  if (typeof value === 'number') return `${value}`;
  if (typeof value === 'string') return value === '' ? '""' : safeText(value);
  return value.length === 0 ? 'none' : safeText(value.join(' | '));
}
