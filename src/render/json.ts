/**
 * A message as one line of JSON: what the dissector wrote, with what the analysis adds behind it (`reply_to`,
 * `reply_in`, `rtt` in seconds, `findings`). The names are part of the output format; see docs/architecture.md.
 */

import type { Annotations } from '../dissect/annotations.ts';
import { type JsonBuffer, Piece } from '../dissect/json-buffer.ts';
import type { Message } from '../dissect/message.ts';

const NEWLINE = 0x0a;
const CLOSE_BRACE = 0x7d;
const REPLY_TO = new Piece(',"reply_to":');
const REPLY_IN = new Piece(',"reply_in":');
const RTT = new Piece(',"rtt":');

/** Appends one line of `-T jsonl`, newline included. */
export function putJsonLine(out: JsonBuffer, message: Message, notes: Annotations): void {
  message.writeJson(out);
  // Over the closing brace.
  out.clear(out.length - 1);
  if (notes.replyTo !== undefined) {
    out.put(REPLY_TO);
    out.putNumber(notes.replyTo);
  }
  if (notes.replyIn !== undefined) {
    out.put(REPLY_IN);
    out.putNumber(notes.replyIn);
  }
  if (notes.rttMillis !== undefined) {
    out.put(RTT);
    putSeconds(out, notes.rttMillis);
  }
  if (notes.findings !== undefined && notes.findings.length > 0) {
    out.putText(`,"findings":${JSON.stringify(notes.findings)}`);
  }
  out.putCode(CLOSE_BRACE);
  out.putCode(NEWLINE);
}

const POINT = 0x2e;
/** So near to the middle of two microseconds only the exact value says which one is meant. */
const DOUBT = 1e-3;

/** `(millis / 1000).toFixed(6)`, without the string where rounding leaves no doubt. */
function putSeconds(out: JsonBuffer, millis: number): void {
  const micros = millis * 1000;
  const whole = Math.round(micros);
  if (!(micros >= 0 && micros < 1e15) || Math.abs(micros - whole) > 0.5 - DOUBT) {
    out.putText((millis / 1000).toFixed(6));
    return;
  }
  const seconds = Math.floor(whole / 1e6);
  out.putNumber(seconds);
  // A one in front keeps the leading zeros; the point then takes its place.
  const at = out.length;
  out.putNumber(1e6 + whole - seconds * 1e6);
  out.replace(at, POINT);
}
