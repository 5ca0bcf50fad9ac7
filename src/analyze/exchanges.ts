/**
 * Which reply belongs to which request: by connection, direction and transaction-id (RFC 8156 §5.4), and by the types
 * that can answer each other. Incremental; what is never answered is forgotten when there is too much of it.
 */
import { RecentMap } from '../base/recent-map.ts';
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { MessageType } from '../dissect/vocabulary.ts';

/** Requests without a reply that are remembered of one connection; the oldest are forgotten. */
export const PENDING_REQUESTS_MAX = 8192;

/** A request that waits for its reply. */
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

const STARTTLS = 23;
const REPLY = 7;

/** By reply type: the types that it may answer. */
const FAILOVER_ANSWERS: ReadonlyMap<number, readonly number[]> = new Map([
  [MessageType.BNDREPLY, [MessageType.BNDUPD]],
  [MessageType.POOLRESP, [MessageType.POOLREQ]],
  [MessageType.UPDDONE, [MessageType.UPDREQ, MessageType.UPDREQALL]],
  [MessageType.CONNECTREPLY, [MessageType.CONNECT]],
  [REPLY, [STARTTLS]],
]);

/** DHCPv4 failover draft-12: POOLRESP, BNDACK, CONNECTACK, UPDDONE. */
const V4_FAILOVER_ANSWERS: ReadonlyMap<number, readonly number[]> = new Map([
  [2, [1]],
  [4, [3]],
  [6, [5]],
  [8, [7, 9]],
]);

/** ADVERTISE and REPLY (RFC 8415 §7.3), LEASEQUERY-REPLY (RFC 5007). A rapid commit answers SOLICIT by REPLY. */
const CLIENT_ANSWERS: ReadonlyMap<number, readonly number[]> = new Map([
  [2, [1]],
  [7, [1, 3, 4, 5, 6, 8, 9, 11]],
  [15, [14]],
]);

function answersOf(message: Message): ReadonlyMap<number, readonly number[]> {
  if (message.protocol === 'dhcpv6-failover') return FAILOVER_ANSWERS;
  return message.protocol === 'dhcpv4-failover' ? V4_FAILOVER_ANSWERS : CLIENT_ANSWERS;
}

const ASKING = new Map(
  [FAILOVER_ANSWERS, V4_FAILOVER_ANSWERS, CLIENT_ANSWERS].map((answers) => [
    answers,
    new Set([...answers.values()].flat()),
  ]),
);

export class Exchanges {
  /** By flow: requests by direction and transaction-id. */
  readonly #pending = new Map<number, RecentMap<number, Request>>();

  /** Takes the next message; returns the exchange that it completes. */
  push(message: Message): Exchange | undefined {
    const { transactionId, frame } = message;
    if (transactionId === null) return undefined;
    const answers = answersOf(message);
    const answered = answers.get(message.msgType);
    if (answered !== undefined) return this.#complete(message, transactionId, answered);
    if (ASKING.get(answers)?.has(message.msgType)) {
      this.#remember(frame.connection.flow.id, key(frame.direction, transactionId), {
        index: message.index,
        msgType: message.msgType,
        atMillis: timestampMillis(frame.seen.time),
      });
    }
    return undefined;
  }

  /** Requests of a connection that are still waiting, roughly the oldest first. */
  pendingOf(flowId: number): readonly Request[] {
    return [...(this.#pending.get(flowId)?.values() ?? [])];
  }

  /** Forgets a connection that is over. */
  close(flowId: number): void {
    this.#pending.delete(flowId);
  }

  #complete(message: Message, transactionId: number, types: readonly number[]): Exchange | undefined {
    const { frame } = message;
    const pending = this.#pending.get(frame.connection.flow.id);
    const asked = key(frame.direction === 0 ? 1 : 0, transactionId);
    const request = pending?.get(asked);
    if (request === undefined || !types.includes(request.msgType)) return undefined;
    pending?.delete(asked);
    return { request, reply: message, rttMillis: timestampMillis(frame.seen.time) - request.atMillis };
  }

  #remember(flowId: number, asked: number, request: Request): void {
    let pending = this.#pending.get(flowId);
    if (pending === undefined) {
      pending = new RecentMap(PENDING_REQUESTS_MAX);
      this.#pending.set(flowId, pending);
    }
    pending.set(asked, request);
  }
}

function key(direction: number, transactionId: number): number {
  return transactionId * 2 + direction;
}
