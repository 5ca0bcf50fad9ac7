/**
 * What both servers said about each address and prefix, and what the other one acknowledged: one short history a lease,
 * and whether the servers can be of different minds about it, and why. Read from BNDUPD and BNDREPLY alone.
 */
import { RecentMap } from '../base/recent-map.ts';
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import type { LeaseFacts } from '../dissect/message-facts.ts';
import {
  bindingStatusName,
  failoverType,
  MessageType,
  STATUS_SUCCESS,
  statusName,
} from '../dissect/vocabulary.ts';
import { type Role, senderRole } from './relationships.ts';

/** Leases that are followed; a tenth of them, not heard of for longest, goes when there are more. */
export const LEASES_MAX = 50_000;
/** Statements kept of one lease; older ones go first. */
export const STATEMENTS_MAX = 24;

/** BNDUPDs whose BNDREPLY is still awaited; the oldest are forgotten. */
const WAITING_UPDATES_MAX = 8192;

export type Outcome =
  /** No answer seen yet. */
  | 'pending'
  | 'acked'
  | 'rejected'
  /** The update never got to the partner. */
  | 'lost'
  /** The partner answered, and the answer never came back. */
  | 'reply-lost';

/** One BNDUPD's word about one lease. */
export interface Statement {
  readonly by: Role;
  /** `index` of the BNDUPD, and of its BNDREPLY. */
  readonly messageIndex: number;
  replyIndex: number | undefined;
  /** Unix milliseconds. */
  readonly atMillis: number;
  readonly bindingStatus: string;
  readonly client: string | undefined;
  /** Absolute seconds since 2000. */
  readonly stateExpirationTime: number | undefined;
  readonly partnerLifetime: number | undefined;
  outcome: Outcome;
  /** Name of the status code of a rejection. */
  reason: string | undefined;
}

export interface LeaseView {
  /** RFC 5952 text, a prefix with its length. */
  readonly text: string;
  readonly kind: 'address' | 'prefix';
  /** Key of its relationship's connection: leases of different pairs are apart. */
  readonly pair: string;
  /** Oldest first. */
  readonly statements: readonly Statement[];
  /** The newest statement of each server, and the newest that was acknowledged. */
  readonly primary: Statement | undefined;
  readonly secondary: Statement | undefined;
  readonly acked: Statement | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type MutableLease = Mutable<Omit<LeaseView, 'statements'>> & { readonly statements: Statement[] };

export class Leases {
  readonly #limit: number;
  readonly #byKey = new Map<string, MutableLease>();
  /** By protocol and index of a BNDUPD: what waits for its BNDREPLY. */
  readonly #waiting = new RecentMap<string, readonly (readonly [MutableLease, Statement])[]>(
    WAITING_UPDATES_MAX,
  );
  #version = 0;

  constructor(limit = LEASES_MAX) {
    this.#limit = limit;
  }

  /** Grows with every change: a view that has drawn this version need not draw again. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** All leases, the one heard of longest ago first. */
  all(): IterableIterator<LeaseView> {
    return this.#byKey.values();
  }

  get(pair: string, text: string): LeaseView | undefined {
    return this.#byKey.get(`${pair} ${text}`);
  }

  /** A BNDUPD. `delivered`: whether it reached the partner, as far as we know. */
  updated(message: Message, pair: string, delivered: boolean): LeaseView[] {
    if (this.#limit === 0) return [];
    if (failoverType(message.protocol, message.msgType) !== MessageType.BNDUPD) return [];
    const by = senderRole(message);
    const waiting: [MutableLease, Statement][] = [];
    for (const facts of message.facts().leases) {
      const lease = this.#lease(pair, facts);
      const statement: Statement = {
        by,
        messageIndex: message.index,
        replyIndex: undefined,
        atMillis: timestampMillis(message.frame.seen.time),
        bindingStatus:
          facts.bindingStatus === undefined ? '-' : bindingStatusName(facts.bindingStatus, message.protocol),
        client: facts.client,
        stateExpirationTime: facts.stateExpirationTime,
        partnerLifetime: facts.partnerLifetime,
        outcome: delivered ? 'pending' : 'lost',
        reason: undefined,
      };
      lease[by] = statement;
      lease.statements.push(statement);
      if (lease.statements.length > STATEMENTS_MAX) lease.statements.shift();
      waiting.push([lease, statement]);
    }
    this.#waiting.set(updateKey(message, message.index), waiting);
    return waiting.map(([lease]) => lease);
  }

  /** The BNDREPLY to the BNDUPD `requestIndex`. A lease that it does not repeat has the fate of the whole message. */
  replied(reply: Message, requestIndex: number, delivered: boolean): readonly LeaseView[] {
    const waiting = this.#waiting.get(updateKey(reply, requestIndex));
    if (waiting === undefined || failoverType(reply.protocol, reply.msgType) !== MessageType.BNDREPLY)
      return [];
    this.#waiting.delete(updateKey(reply, requestIndex));
    const facts = reply.facts();
    for (const [lease, statement] of waiting) {
      const said = facts.leases.find((one) => one.text === lease.text);
      const statusCode = said === undefined ? facts.statusCode : said.statusCode;
      settle(statement, statusCode ?? STATUS_SUCCESS, reply, delivered);
      if (statement.outcome === 'acked') lease.acked = statement;
      this.#version++;
    }
    return waiting.map(([lease]) => lease);
  }

  /** Several at once: each walk from the beginning of a Map passes all that was deleted there. */
  #forget(count: number): void {
    let left = count;
    for (const key of this.#byKey.keys()) {
      if (left-- === 0) return;
      this.#byKey.delete(key);
    }
  }

  #lease(pair: string, facts: LeaseFacts): MutableLease {
    const key = `${pair} ${facts.text}`;
    let lease = this.#byKey.get(key);
    if (lease === undefined) {
      if (this.#byKey.size >= this.#limit) this.#forget(Math.ceil(this.#limit / 10));
      lease = {
        text: facts.text,
        kind: facts.kind,
        pair,
        statements: [],
        primary: undefined,
        secondary: undefined,
        acked: undefined,
      };
    } else this.#byKey.delete(key);
    this.#byKey.set(key, lease);
    this.#version++;
    return lease;
  }
}

/** Messages are numbered by protocol. */
function updateKey(message: Message, index: number): string {
  return `${message.protocol} ${index}`;
}

function settle(statement: Statement, statusCode: number, reply: Message, delivered: boolean): void {
  statement.replyIndex = reply.index;
  if (statusCode !== STATUS_SUCCESS) {
    statement.outcome = delivered ? 'rejected' : 'reply-lost';
    statement.reason = statusName(statusCode, reply.protocol);
  } else statement.outcome = delivered ? 'acked' : 'reply-lost';
}

/** An answer that takes longer than this counts as missing; milliseconds. */
export const ANSWER_PATIENCE_MILLIS = 5_000;

/**
 * Why the servers may be of different minds about the lease at `nowMillis`; `undefined` if nothing says so. The newest
 * statement counts: what came before it was overtaken.
 */
export function divergenceOf(lease: LeaseView, nowMillis: number): string | undefined {
  const newest = lease.statements.at(-1);
  if (newest === undefined) return undefined;
  const to = newest.by === 'primary' ? 'secondary' : 'primary';
  switch (newest.outcome) {
    case 'rejected':
      return tookOver(lease, newest) ? undefined : `${to} refused: ${newest.reason}`;
    case 'lost':
      return `update to the ${to} was lost`;
    case 'reply-lost':
      return newest.reason === undefined
        ? `${to} has it, its reply was lost`
        : `refusal of the ${to} was lost`;
    case 'pending':
      return nowMillis - newest.atMillis > ANSWER_PATIENCE_MILLIS ? `no answer from the ${to}` : undefined;
    case 'acked':
      return undefined;
  }
}

/**
 * Two updates crossed: the one was refused, and its sender accepted the other one after it had sent its own. Both messages
 * are its own, so that their order is the order in which it did so.
 */
function tookOver(lease: LeaseView, refused: Statement): boolean {
  return lease.statements.some(
    ({ by, outcome, replyIndex }) =>
      by !== refused.by && outcome === 'acked' && (replyIndex ?? 0) > refused.messageIndex,
  );
}

/**
 * What a server knows about the lease: its own newest statement or a newer one of its partner that reached it. A
 * refused one is not what it holds.
 */
export function heldBy(lease: LeaseView, role: Role): Statement | undefined {
  for (let at = lease.statements.length - 1; at >= 0; at--) {
    const statement = lease.statements[at] as Statement;
    if (statement.by === role || reached(statement)) return statement;
  }
  return undefined;
}

function reached(statement: Statement): boolean {
  return (
    statement.outcome === 'acked' || (statement.outcome === 'reply-lost' && statement.reason === undefined)
  );
}
