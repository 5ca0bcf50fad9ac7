/**
 * Counts over a whole capture or session, without making anything for a message: messages by type and
 * direction, reply times, rejections by status code, window use, per connection and per minute. Bounded: connections
 * and minutes beyond their limit are summed in the last one, reply times go into classes of 2 % width.
 */
import { type Direction, opposite, type Seen } from '../base/flow.ts';
import type { Connection, ProtocolName } from '../base/frame.ts';
import { secondsBetween, toEpoch2000 } from '../base/time.ts';
import { timestampMillis } from '../base/timestamp.ts';
import { ABSENT } from '../dissect/glance.ts';
import type { Message } from '../dissect/message.ts';
import { failoverType, MessageType, NO_MEANING, STATUS_SUCCESS } from '../dissect/vocabulary.ts';
import { NOT_FOUND, PendingRequests } from './pending-requests.ts';
import { ReplyTimes } from './reply-times.ts';

const TYPES = 256;
/** Connections counted apart. */
export const CONNECTIONS_MAX = 1024;
/** Minutes counted apart: two days. */
export const MINUTES_MAX = 2880;

export interface ConnectionStatistics {
  readonly connection: Connection;
  /** By message type, from the opener and from the other end. */
  readonly messages: readonly [Float64Array, Float64Array];
  readonly octets: [number, number];
  /** Earliest and latest; captures may go back in time. */
  firstMillis: number;
  lastMillis: number;
  /** BNDUPDs of each end that wait for a BNDREPLY, now and at most. */
  readonly unacked: [number, number];
  readonly unackedMost: [number, number];
  /** Sent-time minus arrival of each end's messages. */
  readonly skew: readonly [SkewRange, SkewRange];
}

/** Whole seconds, positive where the sender's clock is ahead. */
export interface SkewRange {
  count: number;
  sum: number;
  least: number;
  most: number;
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
  /** Rejections in BNDREPLY, CONNECTREPLY and DISCONNECT by protocol and status code or reject-reason. */
  readonly rejects = new Map<ProtocolName, Map<number, number>>();
  messages = 0;
  octets = 0;

  private readonly known = new Map<Connection, ConnectionStatistics>();
  private readonly pending = new PendingRequests();
  /** Packet and connection of the message before: many come in one packet, and most on the same connection. */
  private seen: Seen | undefined;
  private atMillis = 0;
  private atSeconds = 0;
  private minute: MinuteStatistics | undefined;
  private connection: ConnectionStatistics | undefined;

  add(message: Message): void {
    const { frame, msgType } = message;
    const minute = this.minuteOf(frame.seen);
    const connection = this.connectionOf(frame.connection);
    const octets = frame.end - frame.start;
    this.messages++;
    this.octets += octets;
    minute.messages++;
    minute.octets += octets;
    if (this.atMillis > connection.lastMillis) connection.lastMillis = this.atMillis;
    else if (this.atMillis < connection.firstMillis) connection.firstMillis = this.atMillis;
    connection.octets[frame.direction] += octets;
    // A message without octets has no type and still was one.
    (connection.messages[frame.direction][Math.max(0, msgType)] as number)++;
    const type = failoverType(message);
    if (type !== NO_MEANING) this.failover(message, type, connection, minute);
  }

  private connectionOf(connection: Connection): ConnectionStatistics {
    if (this.connection?.connection === connection) return this.connection;
    const known = this.known.get(connection) ?? this.newConnection(connection);
    this.connection = known;
    return known;
  }

  private newConnection(connection: Connection): ConnectionStatistics {
    const last = this.connections.at(-1);
    if (this.connections.length >= CONNECTIONS_MAX && last !== undefined) return last;
    const statistics: ConnectionStatistics = {
      connection,
      messages: [new Float64Array(TYPES), new Float64Array(TYPES)],
      octets: [0, 0],
      firstMillis: this.atMillis,
      lastMillis: this.atMillis,
      unacked: [0, 0],
      unackedMost: [0, 0],
      skew: [noSkew(), noSkew()],
    };
    this.connections.push(statistics);
    this.known.set(connection, statistics);
    return statistics;
  }

  /** Takes note of the time, too. */
  private minuteOf(seen: Seen): MinuteStatistics {
    if (this.minute !== undefined && seen === this.seen) return this.minute;
    this.seen = seen;
    this.atMillis = timestampMillis(seen.time);
    this.atSeconds = toEpoch2000(this.atMillis);
    const minute = Math.floor(this.atMillis / 60_000);
    if (this.minute?.minute !== minute) this.minute = this.inOrder(minute);
    return this.minute;
  }

  /** The entry of this minute, which may lie before others; of the last one when there is no room for another. */
  private inOrder(minute: number): MinuteStatistics {
    const { minutes } = this;
    let at = minutes.length;
    for (let from = 0; from < at; ) {
      const middle = (from + at) >> 1;
      if ((minutes[middle] as MinuteStatistics).minute <= minute) from = middle + 1;
      else at = middle;
    }
    const there = minutes[at - 1];
    if (there?.minute === minute) return there;
    if (minutes.length >= MINUTES_MAX) return minutes[minutes.length - 1] as MinuteStatistics;
    const made = { minute, messages: 0, octets: 0, rejects: 0 };
    minutes.splice(at, 0, made);
    return made;
  }

  private failover(
    message: Message,
    type: number,
    connection: ConnectionStatistics,
    minute: MinuteStatistics,
  ): void {
    const { transactionId, sentTime } = message;
    if (transactionId === null || sentTime === null) return;
    const { direction } = message.frame;
    if (type >= MessageType.BNDUPD && type <= MessageType.CONTACT) {
      addSkew(connection.skew[direction], sentTime, this.atSeconds);
    }
    if (type === MessageType.BNDUPD) {
      const unacked = ++connection.unacked[direction];
      if (unacked > connection.unackedMost[direction]) connection.unackedMost[direction] = unacked;
    }
    const asked = REQUEST_OF[type];
    const flow = message.frame.connection.flow.id;
    if (asked === ASKS) {
      this.pending.remember(flow, direction, transactionId, type, message.index, this.atMillis);
    } else if (asked !== undefined) {
      const other = opposite(direction);
      const place = this.pending.find(flow, other, transactionId);
      if (place !== NOT_FOUND) this.answer(asked, place, other, connection);
    }
    if (CAN_REJECT[type] === true) this.reject(message, minute);
  }

  private reject(message: Message, minute: MinuteStatistics): void {
    const statusCode = message.statusCode();
    if (statusCode === ABSENT || statusCode === STATUS_SUCCESS) return;
    const counts = this.rejects.get(message.protocol) ?? new Map<number, number>();
    counts.set(statusCode, (counts.get(statusCode) ?? 0) + 1);
    this.rejects.set(message.protocol, counts);
    minute.rejects++;
  }

  private answer(asked: number, place: number, asker: Direction, connection: ConnectionStatistics): void {
    const askedMillis = this.pending.millisAt(place);
    this.pending.forget(place);
    if (asked === MessageType.BNDUPD && connection.unacked[asker] > 0) connection.unacked[asker]--;
    let times = this.replyTimes.get(asked);
    if (times === undefined) {
      times = new ReplyTimes();
      this.replyTimes.set(asked, times);
    }
    times.add(this.atMillis - askedMillis);
  }
}

/** By message type. */
const CAN_REJECT: readonly boolean[] = Array.from({ length: TYPES }, (_, type) =>
  [MessageType.BNDREPLY, MessageType.CONNECTREPLY, MessageType.DISCONNECT].some((one) => one === type),
);

function noSkew(): SkewRange {
  return { count: 0, sum: 0, least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY };
}

function addSkew(range: SkewRange, sentTime: number, atSeconds: number): void {
  const seconds = secondsBetween(atSeconds, sentTime);
  range.count++;
  range.sum += seconds;
  if (seconds < range.least) range.least = seconds;
  if (seconds > range.most) range.most = seconds;
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
