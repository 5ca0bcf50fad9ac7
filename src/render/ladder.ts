/**
 * Messages as a ladder: primary at the left, secondary at the right, arrows between them, and beside each its state as
 * it announces it. For reading in a terminal, for pasting into a mail.
 */
import type { StateChange } from '../analyze/relationships.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { directionName } from '../dissect/roles.ts';
import { cutText, displayWidth, padText } from './escape.ts';
import { infoOf } from './info.ts';
import { type Line, type Span, type Style, span } from './style.ts';
import { clockText, durationText, typeText, xidText } from './words.ts';

/** Nothing for longer than this is worth a row; milliseconds. */
const SILENCE_MILLIS = 1_000;
const TIME_COLUMNS = 15;
const LANE_COLUMNS = 10;
const NOTE_COLUMNS = 10;
const ARROW_COLUMNS_MIN = 30;

/** States short enough for a lane. */
const SHORT_STATES: Readonly<Record<string, string>> = {
  'COMMUNICATIONS-INTERRUPTED': 'COMM-INT',
  'POTENTIAL-CONFLICT': 'POT-CONFL',
  'RECOVER-WAIT': 'REC-WAIT',
  'RECOVER-DONE': 'REC-DONE',
  'RESOLUTION-INTERRUPTED': 'RES-INT',
  'CONFLICT-DONE': 'CONFL-DONE',
  'PARTNER-DOWN': 'PTNR-DOWN',
};

/** What a message did, as the analysis tells. */
export interface Step {
  /** Milliseconds from the request to this reply. */
  readonly rttMillis?: number;
  readonly change?: StateChange;
}

export class Ladder {
  private readonly arrow: number;
  private lastMillis: number | undefined;
  private connection: number | undefined;

  /** `columns`: width of the whole ladder. */
  constructor(columns: number) {
    const fixed = TIME_COLUMNS + 1 + LANE_COLUMNS + 2 + 2 + LANE_COLUMNS + NOTE_COLUMNS;
    this.arrow = Math.max(ARROW_COLUMNS_MIN, columns - fixed);
  }

  /** The lines of the next message: a heading where the connection changes, a row of silence, its arrow. */
  add(message: Message, step: Step): Line[] {
    const lines = [...this.heading(message), ...this.silence(message), this.row(message, step)];
    this.lastMillis = timestampMillis(message.frame.seen.time);
    return lines;
  }

  private heading(message: Message): Line[] {
    const { connection } = message.frame;
    if (connection.flow.id === this.connection) return [];
    const first = this.connection === undefined;
    this.connection = connection.flow.id;
    this.lastMillis = undefined;
    const [opener, other] = connection.flow.ends;
    const title: Line = [
      span(
        `connection ${connection.index}: ${formatSocketAddress(opener)} > ${formatSocketAddress(other)}`,
        'title',
      ),
      ...(connection.dialect === undefined ? [] : [span(`, dialect ${connection.dialect}`, 'dim')]),
    ];
    const [left, right] = connection.protocol.endsWith('failover')
      ? ['primary', 'secondary']
      : ['client', 'server'];
    const names = `${' '.repeat(TIME_COLUMNS + 1)}${left.padStart(LANE_COLUMNS + 1)}${' '.repeat(this.arrow + 1)}${right}`;
    return [...(first ? [] : [[]]), title, [span(names, 'strong')]];
  }

  private silence(message: Message): Line[] {
    const now = timestampMillis(message.frame.seen.time);
    if (this.lastMillis === undefined || now - this.lastMillis < SILENCE_MILLIS) return [];
    const text = `... ${durationText(now - this.lastMillis)}`;
    return [
      [
        span(' '.repeat(TIME_COLUMNS + 1 + LANE_COLUMNS)),
        span(' :', 'dim'),
        span(padText(`  ${text}`, this.arrow), 'dim'),
        span(':', 'dim'),
      ],
    ];
  }

  private row(message: Message, { rttMillis, change }: Step): Line {
    const direction = directionName(message);
    const forward = direction === 'p>s' || direction === 'c>s';
    const style: Style = forward ? 'toSecondary' : 'toPrimary';
    const state = change === undefined ? '' : (SHORT_STATES[change.to] ?? change.to);
    const lane = (side: 'primary' | 'secondary'): string =>
      change?.role === side ? cutText(state, LANE_COLUMNS) : '';
    const spans: Span[] = [
      span(`${clockText(message.frame.seen.time)} `, 'dim'),
      span(lane('primary').padStart(LANE_COLUMNS), 'strong'),
      span(' |'),
      span(this.arrowText(message, forward), message.problems().length > 0 ? 'bad' : style),
      span('|'),
    ];
    const right = lane('secondary');
    if (rttMillis === undefined) return right === '' ? spans : [...spans, span(` ${right}`, 'strong')];
    return [
      ...spans,
      span(` ${padText(right, LANE_COLUMNS)}`, 'strong'),
      span(durationText(rttMillis).padStart(NOTE_COLUMNS - 1), 'dim'),
    ];
  }

  private arrowText(message: Message, forward: boolean): string {
    const info = infoOf(message);
    const whole = `${typeText(message)} ${xidText(message.transactionId)}${info === '' ? '' : ` ${info}`}`;
    const label = cutText(whole, this.arrow - 7);
    const dashes = '-'.repeat(Math.max(1, this.arrow - displayWidth(label) - 5));
    return forward ? `-- ${label} ${dashes}>` : `<${dashes} ${label} --`;
  }
}
