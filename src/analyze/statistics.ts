/**
 * Counts over a whole capture or session, on frames alone so that millions a second are possible: messages by type and
 * direction, reply times, rejections by status code, window use, per connection and per minute. Bounded: connections
 * and minutes beyond their limit are summed in the last one, reply times go into classes of 2 % width.
 */
import { readU24 } from '../base/bytes.ts';
import type { Connection, Frame } from '../base/frame.ts';
import { timestampMillis } from '../base/timestamp.ts';
import { MessageType, STATUS_SUCCESS } from '../dissect/vocabulary.ts';
import { ReplyTimes } from './reply-times.ts';
import { worstStatus } from './worst-status.ts';

const TYPES = 256;
/** Connections counted apart. */
export const CONNECTIONS_MAX = 1024;
/** Minutes counted apart: two days. */
export const MINUTES_MAX = 2880;
/** Requests without reply that are remembered over all connections. */
const OPEN_REQUESTS_MAX = 65_536;

export interface ConnectionStatistics {
  readonly connection: Connection;
  /** By message type, from the opener and from the other end. */
  readonly messages: readonly [Float64Array, Float64Array];
  readonly octets: [number, number];
  readonly firstMillis: number;
  lastMillis: number;
  /** BNDUPDs of each end that wait for a BNDREPLY, now and at most. */
  readonly unacked: [number, number];
  readonly unackedMost: [number, number];
}

export interface MinuteStatistics {
  /** Unix minutes. */
  readonly minute: number;
  messages: number;
  octets: number;
  rejects: number;
}

export class Statistics {
  readonly connections: ConnectionStatistics[] = [];
  readonly minutes: MinuteStatistics[] = [];
  /** By request type, of failover connections. */
  readonly replyTimes = new Map<number, ReplyTimes>();
  /** Rejections in BNDREPLY, CONNECTREPLY and DISCONNECT by status code. */
  readonly rejects = new Map<number, number>();
  messages = 0;
  octets = 0;

  readonly #byFlow = new Map<number, ConnectionStatistics>();
  /** When each open request was seen, by flow, direction and transaction-id. */
  readonly #open = new Map<number, number>();

  add(frame: Frame): void {
    const atMillis = timestampMillis(frame.seen.time);
    const octets = frame.end - frame.start;
    const type = frame.bytes[frame.start] as number;
    const connection = this.#connection(frame.connection, atMillis);
    const minute = this.#minute(atMillis);
    this.messages++;
    this.octets += octets;
    minute.messages++;
    minute.octets += octets;
    connection.lastMillis = atMillis;
    connection.octets[frame.direction] += octets;
    (connection.messages[frame.direction][type] as number)++;
    if (frame.connection.protocol === 'dhcpv6-failover' && octets >= 4) {
      this.#failover(frame, type, atMillis, connection, minute);
    }
  }

  #connection(connection: Connection, atMillis: number): ConnectionStatistics {
    const known = this.#byFlow.get(connection.flow.id);
    if (known !== undefined) return known;
    const last = this.connections.at(-1);
    if (this.connections.length >= CONNECTIONS_MAX && last !== undefined) return last;
    const statistics: ConnectionStatistics = {
      connection,
      messages: [new Float64Array(TYPES), new Float64Array(TYPES)],
      octets: [0, 0],
      firstMillis: atMillis,
      lastMillis: atMillis,
      unacked: [0, 0],
      unackedMost: [0, 0],
    };
    this.connections.push(statistics);
    this.#byFlow.set(connection.flow.id, statistics);
    return statistics;
  }

  #minute(atMillis: number): MinuteStatistics {
    const minute = Math.floor(atMillis / 60_000);
    const last = this.minutes.at(-1);
    if (last !== undefined && (minute <= last.minute || this.minutes.length >= MINUTES_MAX)) return last;
    const next: MinuteStatistics = { minute, messages: 0, octets: 0, rejects: 0 };
    this.minutes.push(next);
    return next;
  }

  #failover(
    frame: Frame,
    type: number,
    atMillis: number,
    connection: ConnectionStatistics,
    minute: MinuteStatistics,
  ): void {
    const { direction } = frame;
    if (type === MessageType.BNDUPD) {
      const unacked = ++connection.unacked[direction];
      if (unacked > connection.unackedMost[direction]) connection.unackedMost[direction] = unacked;
    }
    const asked = REQUEST_OF[type];
    if (asked === ASKS) this.#ask(frame, atMillis);
    else if (asked !== undefined) this.#answer(frame, asked, atMillis, connection);
    if (
      type === MessageType.BNDREPLY ||
      type === MessageType.CONNECTREPLY ||
      type === MessageType.DISCONNECT
    ) {
      const status = worstStatus(frame.bytes, frame.start + 8, frame.end);
      if (status === STATUS_SUCCESS) return;
      this.rejects.set(status, (this.rejects.get(status) ?? 0) + 1);
      minute.rejects++;
    }
  }

  #ask(frame: Frame, atMillis: number): void {
    if (this.#open.size >= OPEN_REQUESTS_MAX) this.#open.delete(this.#open.keys().next().value as number);
    this.#open.set(requestKey(frame, frame.direction), atMillis);
  }

  #answer(frame: Frame, asked: number, atMillis: number, connection: ConnectionStatistics): void {
    const other = frame.direction === 0 ? 1 : 0;
    const key = requestKey(frame, other);
    const askedMillis = this.#open.get(key);
    if (askedMillis === undefined) return;
    this.#open.delete(key);
    if (asked === MessageType.BNDUPD && connection.unacked[other] > 0) connection.unacked[other]--;
    let times = this.replyTimes.get(asked);
    if (times === undefined) {
      times = new ReplyTimes();
      this.replyTimes.set(asked, times);
    }
    times.add(atMillis - askedMillis);
  }
}

const ASKS = -1;

/** By message type: `ASKS` for requests, the request's type for replies. UPDDONE counts as the answer to UPDREQ. */
const REQUEST_OF: readonly (number | undefined)[] = Array.from({ length: TYPES }, (_, type) => {
  switch (type) {
    case MessageType.BNDUPD:
    case MessageType.POOLREQ:
    case MessageType.UPDREQ:
    case MessageType.UPDREQALL:
    case MessageType.CONNECT:
      return ASKS;
    case MessageType.BNDREPLY:
      return MessageType.BNDUPD;
    case MessageType.POOLRESP:
      return MessageType.POOLREQ;
    case MessageType.UPDDONE:
      return MessageType.UPDREQ;
    case MessageType.CONNECTREPLY:
      return MessageType.CONNECT;
    default:
      return undefined;
  }
});

const TRANSACTIONS = 2 ** 24;

function requestKey(frame: Frame, direction: number): number {
  return (frame.connection.flow.id * 2 + direction) * TRANSACTIONS + readU24(frame.bytes, frame.start + 1);
}
