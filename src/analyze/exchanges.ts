/**
 * Which reply belongs to which request: by connection, direction and transaction-id (RFC 8156 §5.4), and by the types
 * that can answer each other. Incremental; what is never answered is forgotten when there is too much of it.
 */
import { opposite } from '../base/flow.ts';
import type { Connection, ProtocolName } from '../base/frame.ts';
import { RecentMap } from '../base/recent-map.ts';
import { type Timestamp, timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { relayedMessage } from '../dissect/relayed.ts';
import { MessageType } from '../dissect/vocabulary.ts';
import { NOT_FOUND, PendingRequests } from './pending-requests.ts';

/** A request that was answered. */
export interface Request {
  readonly index: number;
  readonly msgType: number;
  readonly atMillis: number;
}

export interface Exchange {
  readonly request: Request;
  readonly reply: Message;
  readonly rttMillis: number;
}

/** Of DHCPv6 clients (RFC 8415 §7.2). */
const CLIENT_PORT = 546;
/** Clients remembered at most. */
const CLIENTS_MAX = 1 << 16;
/** Above all numbers of flows. */
const FIRST_CLIENT = 2 ** 40;
const STARTTLS = 23;
const REPLY = 7;

/** What the messages of a protocol mean to each other. */
interface Meaning {
  /** By reply type: by type, whether it may answer it. */
  readonly answers: readonly (readonly boolean[] | undefined)[];
  /** By type, whether it waits for an answer. */
  readonly asks: readonly boolean[];
}

function meaning(answered: readonly (readonly [reply: number, requests: readonly number[]])[]): Meaning {
  const answers: (readonly boolean[] | undefined)[] = new Array(256).fill(undefined);
  for (const [reply, requests] of answered) answers[reply] = among(requests);
  return { answers, asks: among(answered.flatMap(([, requests]) => requests)) };
}

function among(types: readonly number[]): readonly boolean[] {
  return Array.from({ length: 256 }, (_, type) => types.includes(type));
}

const FAILOVER = meaning([
  [MessageType.BNDREPLY, [MessageType.BNDUPD]],
  [MessageType.POOLRESP, [MessageType.POOLREQ]],
  [MessageType.UPDDONE, [MessageType.UPDREQ, MessageType.UPDREQALL]],
  [MessageType.CONNECTREPLY, [MessageType.CONNECT]],
  [REPLY, [STARTTLS]],
]);

/** DHCPv4 failover draft-12: POOLRESP, BNDACK, CONNECTACK, UPDDONE. */
const V4_FAILOVER = meaning([
  [2, [1]],
  [4, [3]],
  [6, [5]],
  [8, [7, 9]],
]);

/** ADVERTISE and REPLY (RFC 8415 §7.3), LEASEQUERY-REPLY (RFC 5007). A rapid commit answers SOLICIT by REPLY. */
const CLIENT = meaning([
  [2, [1]],
  [7, [1, 3, 4, 5, 6, 8, 9, 11]],
  [15, [14]],
]);

function meaningIn(protocol: ProtocolName): Meaning {
  if (protocol === 'dhcpv6-failover') return FAILOVER;
  return protocol === 'dhcpv4-failover' ? V4_FAILOVER : CLIENT;
}

/** Whether a message, or what a relay message carries, waits for an answer that can be recognized. */
export function asksForReply(message: Message): boolean {
  const { asks } = meaningIn(message.protocol);
  if (message.transactionId !== null) return asks[message.standardType] === true;
  const inner = relayedMessage(message);
  return inner !== undefined && inner.transactionId !== null && asks[inner.msgType] === true;
}

/** Address of the client that speaks or is spoken to: it asks all servers at once, and one answers from its own address. */
function clientOf({ protocol, flow }: Connection): string | undefined {
  if (protocol !== 'dhcpv6') return undefined;
  const [opener, other] = flow.ends;
  if (opener.port === CLIENT_PORT) return opener.address;
  return other.port === CLIENT_PORT ? other.address : undefined;
}

export class Exchanges {
  private readonly pending = new PendingRequests();
  /** Numbers that stand for clients where others have their flow. */
  private readonly clients = new RecentMap<string, number>(CLIENTS_MAX);
  private clientCount = 0;
  /** Of the request whose reply `completes` has met last. */
  requestIndex = 0;
  requestType = 0;
  requestMillis = 0;
  /** From there to the reply. */
  rttMillis = 0;
  /** Whether the last message asks again for what was not answered yet. */
  repeats = false;
  /** The connection of the message before, which hardly any capture changes with each. */
  private connection: Connection | undefined;
  private meaning = FAILOVER;
  /** Number of its flow, or of the client that speaks or is spoken to on it. */
  private asker = 0;
  private isClient = false;

  /** Takes the next message; returns the exchange that it completes. */
  push(message: Message): Exchange | undefined {
    if (!this.completes(message)) return undefined;
    const request = {
      index: this.requestIndex,
      msgType: this.requestType,
      atMillis: this.requestMillis,
    };
    return { request, reply: message, rttMillis: this.rttMillis };
  }

  /** The same without making anything: whether it completes one, which then stands in the fields. */
  completes(message: Message): boolean {
    const { frame, transactionId } = message;
    this.repeats = false;
    if (frame.connection !== this.connection) this.turnTo(frame.connection);
    if (transactionId !== null) return this.follow(message, message.standardType, transactionId);
    const inner = relayedMessage(message);
    if (inner === undefined || inner.transactionId === null) return false;
    return this.follow(message, inner.msgType, inner.transactionId);
  }

  private turnTo(connection: Connection): void {
    const client = clientOf(connection);
    this.connection = connection;
    this.meaning = meaningIn(connection.protocol);
    this.isClient = client !== undefined;
    this.asker = client === undefined ? connection.flow.id : this.clientNumber(client);
  }

  /** The same, where this is what the message says. */
  private follow({ frame, index }: Message, msgType: number, transactionId: number): boolean {
    const { answers, asks } = this.meaning;
    const { direction, seen } = frame;
    const answered = answers[msgType];
    if (answered !== undefined) {
      const asking = this.isClient ? 0 : opposite(direction);
      const place = this.pending.find(this.asker, asking, transactionId);
      if (place === NOT_FOUND || answered[this.pending.typeAt(place)] !== true) return false;
      return this.answer(place, seen.time);
    }
    if (asks[msgType] !== true) return false;
    const asking = this.isClient ? 0 : direction;
    const millis = timestampMillis(seen.time);
    this.repeats = this.pending.remember(this.asker, asking, transactionId, msgType, index, millis);
    return false;
  }

  private clientNumber(address: string): number {
    let number = this.clients.get(address);
    if (number === undefined) {
      number = FIRST_CLIENT + this.clientCount++;
      this.clients.set(address, number);
    }
    return number;
  }

  private answer(place: number, time: Timestamp): true {
    const pending = this.pending;
    this.requestIndex = pending.indexAt(place);
    this.requestType = pending.typeAt(place);
    this.requestMillis = pending.millisAt(place);
    this.rttMillis = timestampMillis(time) - this.requestMillis;
    pending.forget(place);
    return true;
  }
}
