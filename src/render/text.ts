/**
 * One line of text a message: when, which way, what, and the facts that matter for its type. Columns are chosen by
 * name; the last one is not padded. Made from the analyzer's facts, so that no tree is built for a listing.
 */

import type { ProtocolName } from '../base/frame.ts';
import { isoOfEpoch2000 } from '../base/time.ts';
import { type Timestamp, timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import type { Facts } from '../dissect/message-facts.ts';
import { directionName } from '../dissect/roles.ts';
import {
  bindingStatusName,
  failoverType,
  MessageType,
  STATUS_SUCCESS,
  stateName,
  statusName,
} from '../dissect/vocabulary.ts';
import { padText, safeUtf8 } from './escape.ts';
import { type Line, type Style, span } from './style.ts';

/** What is known of a message beside itself: its exchange and what checks found. */
export interface Annotations {
  /** `index` of the message that this one answers. */
  readonly replyTo?: number;
  /** `index` of the answer. */
  readonly replyIn?: number;
  /** Milliseconds from request to this reply. */
  readonly rttMillis?: number;
  /** Ids of findings, e.g. `FO-6.1.2-3`. */
  readonly findings?: readonly string[];
}

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
  cell(message: Message, notes: Annotations, context: TextContext): string;
  style(message: Message, notes: Annotations): Style;
}

const plain = (): Style => 'plain';
const dim = (): Style => 'dim';

const COLUMNS: readonly Column[] = [
  { name: 'index', width: 6, help: 'number of the message, from 0', cell: (m) => `${m.index}`, style: dim },
  {
    name: 'packet',
    width: 6,
    help: 'number of the packet',
    cell: (m) => `${m.frame.seen.packet}`,
    style: dim,
  },
  {
    name: 'conn',
    width: 3,
    help: 'number of the connection',
    cell: (m) => `${m.frame.connection.index}`,
    style: dim,
  },
  {
    name: 'time',
    width: 15,
    help: 'time of day, UTC',
    cell: (m) => clockText(m.frame.seen.time),
    style: dim,
  },
  {
    name: 'clock',
    width: 8,
    help: 'time of day, UTC, in whole seconds',
    cell: (m) => clockText(m.frame.seen.time).slice(0, 8),
    style: dim,
  },
  { name: 'date', width: 10, help: 'date, UTC', cell: (m) => dateText(m.frame.seen.time), style: dim },
  {
    name: 'delta',
    width: 12,
    help: 'seconds since the first message',
    cell: (m, _notes, context) =>
      ((timestampMillis(m.frame.seen.time) - context.beginMillis) / 1000).toFixed(6).padStart(12),
    style: dim,
  },
  {
    name: 'dir',
    width: 3,
    help: 'p>s from primary to secondary, s>p back; c>s and s>c for clients',
    cell: directionName,
    style: (m) => (m.frame.direction === 0 ? 'toSecondary' : 'toPrimary'),
  },
  { name: 'type', width: 12, help: 'message type', cell: (m) => typeText(m), style: () => 'strong' },
  { name: 'xid', width: 7, help: 'transaction-id', cell: (m) => xidText(m.transactionId), style: plain },
  { name: 'size', width: 5, help: 'octets of the message', cell: (m) => `${m.size}`.padStart(5), style: dim },
  { name: 'info', width: 60, help: 'what the message says', cell: infoText, style: infoStyle },
];

/** The columns of `-T text` unless chosen otherwise. */
export const DEFAULT_COLUMNS: readonly string[] = ['index', 'time', 'dir', 'type', 'xid', 'info'];

/** All columns by name, in the order of their description. */
export const TEXT_COLUMNS: ReadonlyMap<string, Column> = new Map(
  COLUMNS.map((column) => [column.name, column]),
);

/** A line of plain text. */
export function textLine(
  message: Message,
  columns: readonly Column[],
  context: TextContext,
  notes: Annotations = NO_ANNOTATIONS,
): string {
  let line = '';
  const last = columns.length - 1;
  for (let at = 0; at <= last; at++) {
    const column = columns[at] as Column;
    const cell = column.cell(message, notes, context);
    if (at === last) return line + cell;
    line += cell.length < column.width ? cell.padEnd(column.width + 1) : `${cell} `;
  }
  return line;
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
    const cell = column.cell(message, notes, context);
    return span(at < last ? `${padText(cell, column.width)} ` : cell, column.style(message, notes));
  });
}

/** `x00014a`, or `-` where there is none. */
export function xidText(transactionId: number | null): string {
  if (transactionId === null) return '-';
  // The leading 1 of 0x1000000 keeps the zeros of six digits.
  return transactionId < 0x1000000
    ? `x${(0x1000000 + transactionId).toString(16).slice(1)}`
    : `x${transactionId.toString(16)}`;
}

function typeText(message: Message): string {
  return message.msgName ?? `type ${message.msgType}`;
}

const DAY_SECONDS = 86_400;
const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

/** The second that was written last: most messages share it with the one before. */
let lastSecond = Number.NaN;
let lastSecondText = '';

/** Time of day in UTC with microseconds, `12:00:07.113000`. */
export function clockText(time: Timestamp): string {
  const { unixSeconds, ticks, resolution } = time;
  if (unixSeconds !== lastSecond) {
    const second = ((unixSeconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
    lastSecond = unixSeconds;
    lastSecondText = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}.`;
  }
  const micros = Math.floor((ticks * 1e6) / resolution.ticksPerSecond);
  return lastSecondText + `${1e6 + micros}`.slice(1);
}

function dateText(time: Timestamp): string {
  return new Date(time.unixSeconds * 1000).toISOString().slice(0, 10);
}

function infoStyle(message: Message, notes: Annotations): Style {
  if (message.problems().length > 0 || (notes.findings?.length ?? 0) > 0) return 'bad';
  const { statusCode } = message.facts();
  return statusCode !== undefined && statusCode !== STATUS_SUCCESS ? 'warn' : 'plain';
}

function infoText(message: Message, notes: Annotations): string {
  const text = factsText(message, message.facts());
  const remarks = remarksText(message, notes);
  return text === '' ? remarks.slice(1) : text + remarks;
}

/** What is to be said about the message beside what it says; each remark behind a space. */
function remarksText(message: Message, notes: Annotations): string {
  let text = '';
  if (notes.replyTo !== undefined) {
    const rtt = notes.rttMillis === undefined ? '' : ` after ${durationText(notes.rttMillis)}`;
    text += ` [to #${notes.replyTo}${rtt}]`;
  }
  if (notes.replyIn !== undefined) text += ` [reply #${notes.replyIn}]`;
  for (const id of notes.findings ?? NO_FINDINGS) text += ` !${id}`;
  if (message.frame.resync) text += ' [after missing data]';
  const problems = message.problems();
  if (problems.length > 0) text += ` [malformed: ${problems[0]?.code}${problems.length > 1 ? ', ...' : ''}]`;
  return text;
}

const NO_FINDINGS: readonly string[] = [];

/** What the message says, without notes on it. */
export function infoOf(message: Message): string {
  return factsText(message, message.facts());
}

function factsText(message: Message, facts: Facts): string {
  const { bytes } = message.frame;
  const { protocol } = message;
  const type = failoverType(protocol, message.msgType);
  switch (type) {
    case MessageType.CONNECT:
    case MessageType.CONNECTREPLY:
      return connectText(facts, bytes, protocol);
    case MessageType.STATE:
      return stateText(facts, protocol);
    default: {
      const status = statusText(facts, bytes, protocol, type === MessageType.BNDREPLY);
      return leaseText(facts, status, protocol);
    }
  }
}

function connectText(facts: Facts, bytes: Uint8Array, protocol: ProtocolName): string {
  const parts: string[] = [];
  if (facts.relationshipName !== undefined) parts.push(`"${safeUtf8(bytes, ...facts.relationshipName)}"`);
  if (facts.majorVersion !== undefined)
    parts.push(`v${facts.majorVersion}${facts.minorVersion === undefined ? '' : `.${facts.minorVersion}`}`);
  if (facts.mclt !== undefined) parts.push(`mclt ${facts.mclt}s`);
  if (facts.keepaliveTime !== undefined) parts.push(`keepalive ${facts.keepaliveTime}s`);
  if (facts.maxUnackedBndupd !== undefined) parts.push(`unacked ${facts.maxUnackedBndupd}`);
  if (((facts.connectFlags ?? 0) & 1) !== 0) parts.push('fixed-pd-length');
  const status = statusText(facts, bytes, protocol, false);
  return status === '' ? parts.join(' ') : `${status} ${parts.join(' ')}`;
}

const SERVER_FLAGS = ['COMMUNICATED', 'STARTUP', 'ACK-STARTUP'];
const V4_SERVER_FLAGS = ['STARTUP'];

function stateText(facts: Facts, protocol: ProtocolName): string {
  let text = facts.serverState === undefined ? 'no state' : stateName(facts.serverState, protocol);
  const names = protocol === 'dhcpv4-failover' ? V4_SERVER_FLAGS : SERVER_FLAGS;
  const flags = facts.serverFlags ?? 0;
  for (let bit = 0; bit < 8; bit++) if ((flags >> bit) & 1) text += ` +${names[bit] ?? `flag${bit}`}`;
  if (facts.startTimeOfState !== undefined) text += ` since ${isoOfEpoch2000(facts.startTimeOfState)}`;
  if (facts.partnerDownTime !== undefined) text += ` partner-down ${isoOfEpoch2000(facts.partnerDownTime)}`;
  return text;
}

/** Lease, binding-status, status code, lifetime, client, in the order in which one wants to know them. */
function leaseText(facts: Facts, status: string, protocol: ProtocolName): string {
  const lease = facts.leases[0];
  if (lease === undefined) {
    const client = facts.client === undefined ? '' : `client ${clientText(facts.client)}`;
    return status === '' || client === '' ? status + client : `${status} ${client}`;
  }
  let text = lease.text;
  if (lease.bindingStatus !== undefined) text += ` ${bindingStatusName(lease.bindingStatus, protocol)}`;
  if (status !== '') text += ` ${status}`;
  if (lease.validLifetime !== 0) text += ` valid ${secondsText(lease.validLifetime)}`;
  if (lease.client !== undefined) text += ` client ${clientText(lease.client)}`;
  if (facts.leases.length > 1) text += ` and ${facts.leases.length - 1} more`;
  return text;
}

const INFINITY_SECONDS = 0xffffffff;

/** `3600s`, and `infinity` for the lifetime that never ends (RFC 8415 §7.7). */
function secondsText(seconds: number): string {
  return seconds === INFINITY_SECONDS ? 'infinity' : `${seconds}s`;
}

const CLIENT_TEXT_DIGITS = 28;

/** A DUID as hex; a very long one is cut in the middle. */
export function clientText(duid: string): string {
  return duid.length <= CLIENT_TEXT_DIGITS ? duid : `${duid.slice(0, 12)}..${duid.slice(-12)}`;
}

function statusText(facts: Facts, bytes: Uint8Array, protocol: ProtocolName, successToo: boolean): string {
  if (facts.statusCode === undefined) return '';
  if (facts.statusCode === STATUS_SUCCESS && !successToo) return '';
  const said = facts.statusMessage === undefined ? '' : safeUtf8(bytes, ...facts.statusMessage);
  const name = statusName(facts.statusCode, protocol);
  return said === '' ? name : `${name} "${said}"`;
}

/** `870 us`, `1.24 ms`, `12.4 s`, `1h 02m`. */
export function durationText(millis: number): string {
  if (millis < 0) return `-${durationText(-millis)}`;
  if (millis < 1) return `${Math.round(millis * 1000)} us`;
  if (millis < 1000) return `${millis.toPrecision(3)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toPrecision(3)} s`;
  const minutes = Math.floor(millis / 60_000);
  if (minutes < 60) return `${minutes}m ${two(Math.floor(millis / 1000) % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}
