/**
 * Messages as bulk lines for Elasticsearch and OpenSearch: an action line, then the message as in `-T jsonl` with an
 * `@timestamp`. One index a day, by the time of the packet.
 */
import { type Timestamp, timestampMillis } from '../base/timestamp.ts';
import type { Annotations } from '../dissect/annotations.ts';
import { type JsonBuffer, Piece } from '../dissect/json-buffer.ts';
import type { Message } from '../dissect/message.ts';
import { putJsonLine } from './json.ts';

const END_TIME = new Piece('Z"');
const COMMA = 0x2c;
const POINT = 0x2e;

/** Appends both lines, newlines included. */
export function putEkLines(out: JsonBuffer, message: Message, notes: Annotations): void {
  putHead(out, message.frame.seen.time);
  const brace = out.length;
  putJsonLine(out, message, notes);
  out.replace(brace, COMMA);
}

/** The second that was written last, because most messages share it with the one before, and what it looks like. */
let lastSecond = Number.NaN;
let lastHead = new Piece('');

/** The action line, and the second line as far as the time goes. */
function putHead(out: JsonBuffer, time: Timestamp): void {
  const { unixSeconds } = time;
  const millis = Math.trunc(timestampMillis(time)) - unixSeconds * 1000;
  // Ticks that are no whole milliseconds may be rounded up to the next second.
  if (millis < 0 || millis > 999) {
    out.putText(`${headText(timestampMillis(time))}Z"`);
    return;
  }
  if (unixSeconds !== lastSecond) {
    lastSecond = unixSeconds;
    lastHead = new Piece(headText(unixSeconds * 1000).slice(0, -4));
  }
  out.put(lastHead);
  const at = out.length;
  out.putNumber(1000 + millis);
  out.replace(at, POINT);
  out.put(END_TIME);
}

/** Up to the milliseconds, without what comes behind them. */
function headText(unixMillis: number): string {
  const time = new Date(unixMillis).toISOString();
  return `{"create":{"_index":"leasetap-${time.slice(0, 10)}"}}\n{"@timestamp":"${time.slice(0, -1)}`;
}
