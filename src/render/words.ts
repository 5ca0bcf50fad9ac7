/**
 * Words that lines share: times of day, durations, transaction-ids, clients, names. Each is written into a buffer as
 * octets, because lists write millions of them; the same as strings, for views that draw a screen, is made from that.
 */
import type { Timestamp } from '../base/timestamp.ts';
import { JsonBuffer, Piece } from '../dissect/json-buffer.ts';
import type { Message } from '../dissect/message.ts';
import { safeUtf8 } from './escape.ts';

/** What `written` writes into; empty between calls. */
const scratch = new JsonBuffer(256);

/** What `write` writes, as a string. */
export function written(write: (out: JsonBuffer) => void): string {
  const from = scratch.length;
  write(scratch);
  const text = scratch.text(from);
  scratch.clear(from);
  return text;
}

/** The type of a message as people read it; a datagram may hold no octet to say it. */
export function typeText({ msgName, msgType }: Pick<Message, 'msgName' | 'msgType'>): string {
  return msgName ?? (msgType < 0 ? 'empty' : `type ${msgType}`);
}

/** Names and the like kept as pieces; what comes later is written letter by letter. */
const PIECES_MAX = 2048;
const pieces = new Map<string, Piece>();

/** Writes one of not too many different texts. */
export function putName(out: JsonBuffer, name: string): void {
  const known = pieces.get(name);
  if (known !== undefined) {
    out.put(known);
    return;
  }
  if (pieces.size < PIECES_MAX) pieces.set(name, new Piece(name));
  out.putText(name);
}

const SPACE = 0x20;
const TILDE = 0x7e;

/** Writes octets as safe text: see `safeUtf8`. */
export function putSafe(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const octet = bytes[at] as number;
    if (octet >= SPACE && octet <= TILDE) continue;
    out.putText(safeUtf8(bytes, start, end));
    return;
  }
  out.putOctets(bytes, start, end);
}

const DASH = 0x2d;
const LETTER_X = 0x78;
const XID_24_BITS = 0x1000000;
const xidOctets = new Uint8Array(3);

/** `x00014a`, or `-` where there is none. */
export function putXid(out: JsonBuffer, transactionId: number | null): void {
  if (transactionId === null) {
    out.putCode(DASH);
    return;
  }
  out.putCode(LETTER_X);
  if (transactionId >= XID_24_BITS) {
    out.putText(transactionId.toString(16));
    return;
  }
  xidOctets[0] = transactionId >> 16;
  xidOctets[1] = transactionId >> 8;
  xidOctets[2] = transactionId;
  out.putHex(xidOctets, 0, 3);
}

export function xidText(transactionId: number | null): string {
  return written((out) => putXid(out, transactionId));
}

const DAY_SECONDS = 86_400;
const POINT = 0x2e;

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

/** The second that was written last: most messages share it with the one before. */
let lastSecond = Number.NaN;
let lastClock = new Piece('');

/** Time of day in UTC in whole seconds, `12:00:07`. */
export function putSecond(out: JsonBuffer, unixSeconds: number): void {
  if (unixSeconds !== lastSecond) {
    const second = ((unixSeconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
    lastSecond = unixSeconds;
    lastClock = new Piece(
      `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`,
    );
  }
  out.put(lastClock);
}

/** The same with microseconds, `12:00:07.113000`. */
export function putClock(out: JsonBuffer, { unixSeconds, ticks, resolution }: Timestamp): void {
  putSecond(out, unixSeconds);
  // A one in front keeps the leading zeros; the point then takes its place.
  const at = out.length;
  out.putNumber(1e6 + Math.floor((ticks * 1e6) / resolution.ticksPerSecond));
  out.replace(at, POINT);
}

export function clockText(time: Timestamp): string {
  return written((out) => putClock(out, time));
}

const CLIENT_OCTETS = 14;
const CLIENT_END_OCTETS = 6;
const CUT = new Piece('..');

/** A DUID as hex; a very long one is cut in the middle. */
export function putClient(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void {
  if (end - start <= CLIENT_OCTETS) {
    out.putHex(bytes, start, end);
    return;
  }
  out.putHex(bytes, start, start + CLIENT_END_OCTETS);
  out.put(CUT);
  out.putHex(bytes, end - CLIENT_END_OCTETS, end);
}

/** The same for a DUID in hex. */
export function clientText(duid: string): string {
  const digits = 2 * CLIENT_END_OCTETS;
  return duid.length <= 2 * CLIENT_OCTETS ? duid : `${duid.slice(0, digits)}..${duid.slice(-digits)}`;
}

const MICROSECONDS = new Piece(' us');

/** `870 us`, `1.24 ms`, `12.4 s`, `1h 02m`. */
export function putDuration(out: JsonBuffer, millis: number): void {
  if (millis >= 0 && millis < 1) {
    out.putNumber(Math.round(millis * 1000));
    out.put(MICROSECONDS);
  } else out.putText(longText(millis));
}

function longText(millis: number): string {
  if (millis < 0) return `-${durationText(-millis)}`;
  if (millis < 1000) return `${millis.toPrecision(3)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toPrecision(3)} s`;
  const minutes = Math.floor(millis / 60_000);
  if (minutes < 60) return `${minutes}m ${two(Math.floor(millis / 1000) % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

export function durationText(millis: number): string {
  return written((out) => putDuration(out, millis));
}
