/**
 * The leases that are followed, each with its short history: tables of numbers, from which what is asked for is made. As
 * objects, those of a large capture would take more memory than all the rest.
 */
import type { ProtocolName } from '../base/frame.ts';
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
import type { LeaseView, Outcome, Statement } from './leases.ts';
import { Records } from './records.ts';
import { senderRole } from './relationships.ts';

/** Leases that are followed; the one that was not heard of for longest goes when there are more. */
export const LEASES_MAX = 50_000;
/** Statements kept of one lease; older ones go first, but not what was agreed last. */
export const STATEMENTS_MAX = 24;

/** BNDUPDs whose BNDREPLY is still awaited; the oldest are forgotten. */
const WAITING_UPDATES_MAX = 8192;

/** Fields of a lease's record. */
const LEASE = { oldest: 0, newest: 1, count: 2, acked: 3, before: 4, behind: 5, isPrefix: 6 } as const;
/** Of a statement's; `state` is made of who said it, what became of it, and in which protocol. */
const SAID = {
  lease: 0,
  next: 1,
  state: 2,
  atMillis: 3,
  messageIndex: 4,
  replyIndex: 5,
  bindingStatus: 6,
  stateExpirationTime: 7,
  partnerLifetime: 8,
  reason: 9,
  /** Another statement of the same message. */
  sibling: 10,
} as const;
/** No record. A number that is not known is NaN. */
const NONE = -1;

const OUTCOMES: readonly Outcome[] = ['pending', 'acked', 'rejected', 'lost', 'reply-lost'];
const PROTOCOLS: readonly ProtocolName[] = [
  'dhcpv6-failover',
  'dhcpv4-failover',
  'dhcpv6',
  'dhcpv6-leasequery',
];

export class Leases {
  private readonly limit: number;
  private readonly statementsMax: number;
  private readonly leases = new Records(Object.keys(LEASE).length);
  private readonly said = new Records(Object.keys(SAID).length);
  /** By record. */
  private readonly texts: string[] = [];
  private readonly pairs: string[] = [];
  private readonly clients: (string | undefined)[] = [];
  private readonly byPair = new Map<string, Map<string, number>>();
  private leaseCount = 0;
  /** The leases that were heard of longest ago and last; those in between follow by `behind`. */
  private first = NONE;
  private last = NONE;
  /** By key of a BNDUPD: the last one of its statements, which wait for its BNDREPLY. */
  private readonly waiting = new RecentMap<number, number>(WAITING_UPDATES_MAX);
  private changes = 0;

  constructor(limit = LEASES_MAX, statementsMax = STATEMENTS_MAX) {
    this.limit = limit;
    this.statementsMax = statementsMax;
  }

  /** Grows with every change: a view that has drawn this version need not draw again. */
  get version(): number {
    return this.changes;
  }

  get size(): number {
    return this.leaseCount;
  }

  /** All leases, the one heard of longest ago first. */
  *all(): IterableIterator<LeaseView> {
    for (let lease = this.first; lease !== NONE; lease = this.leases.get(lease, LEASE.behind))
      yield this.view(lease);
  }

  get(pair: string, text: string): LeaseView | undefined {
    const lease = this.byPair.get(pair)?.get(text);
    return lease === undefined ? undefined : this.view(lease);
  }

  /** A BNDUPD. `delivered`: whether it reached the partner, as far as we know. */
  updated(message: Message, pair: string, delivered: boolean): LeaseView[] {
    if (this.limit === 0) return [];
    if (failoverType(message) !== MessageType.BNDUPD) return [];
    let last = NONE;
    const views: LeaseView[] = [];
    for (const facts of message.facts().leases) {
      const lease = this.lease(pair, facts);
      const statement = this.say(lease, message, facts, delivered);
      this.said.set(statement, SAID.sibling, last);
      last = statement;
      views.push(this.view(lease));
    }
    if (last !== NONE) this.waiting.set(updateKey(message, message.index), last);
    return views;
  }

  /** The BNDREPLY to the BNDUPD `requestIndex`. A lease that it does not repeat has the fate of the whole message. */
  replied(reply: Message, requestIndex: number, delivered: boolean): readonly LeaseView[] {
    const last = this.waiting.get(updateKey(reply, requestIndex));
    if (last === undefined || failoverType(reply) !== MessageType.BNDREPLY) return [];
    this.waiting.delete(updateKey(reply, requestIndex));
    const facts = reply.facts();
    const views: LeaseView[] = [];
    for (let at = last; at !== NONE; at = this.said.get(at, SAID.sibling)) {
      // It may be forgotten by now, and its record be another's.
      if (this.said.get(at, SAID.messageIndex) !== requestIndex) break;
      const lease = this.said.get(at, SAID.lease);
      const said = facts.leases.find((one) => one.text === this.texts[lease]);
      const statusCode = said === undefined ? facts.statusCode : said.statusCode;
      this.settle(lease, at, statusCode ?? STATUS_SUCCESS, reply, delivered);
      views.push(this.view(lease));
      this.changes++;
    }
    return views;
  }

  private say(lease: number, message: Message, facts: LeaseFacts, delivered: boolean): number {
    const leases = this.leases;
    const said = this.said;
    const newest = leases.get(lease, LEASE.newest);
    const statement = said.take();
    const outcome = OUTCOMES.indexOf(delivered ? 'pending' : 'lost');
    const role = senderRole(message) === 'primary' ? 0 : 1;
    said.set(statement, SAID.lease, lease);
    said.set(statement, SAID.next, NONE);
    said.set(statement, SAID.state, role + 2 * (outcome + 8 * PROTOCOLS.indexOf(message.protocol)));
    said.set(statement, SAID.atMillis, timestampMillis(message.frame.seen.time));
    said.set(statement, SAID.messageIndex, message.index);
    said.set(statement, SAID.replyIndex, Number.NaN);
    said.set(statement, SAID.bindingStatus, facts.bindingStatus ?? Number.NaN);
    said.set(statement, SAID.stateExpirationTime, facts.stateExpirationTime ?? Number.NaN);
    said.set(statement, SAID.partnerLifetime, facts.partnerLifetime ?? Number.NaN);
    said.set(statement, SAID.reason, Number.NaN);
    // Nearly always the same client as before: one text for both.
    const before = newest === NONE ? undefined : this.clients[newest];
    this.clients[statement] = before === facts.client ? before : inOnePiece(facts.client);
    if (newest === NONE) leases.set(lease, LEASE.oldest, statement);
    else said.set(newest, SAID.next, statement);
    leases.set(lease, LEASE.newest, statement);
    const count = leases.get(lease, LEASE.count) + 1;
    leases.set(lease, LEASE.count, count);
    if (count > this.statementsMax) this.dropOldest(lease);
    return statement;
  }

  /** The oldest statement goes; if that is what was agreed last, the one behind it. */
  private dropOldest(lease: number): void {
    const leases = this.leases;
    const said = this.said;
    const oldest = leases.get(lease, LEASE.oldest);
    const behind = said.get(oldest, SAID.next);
    const agreed = oldest === leases.get(lease, LEASE.acked);
    if (agreed) said.set(oldest, SAID.next, said.get(behind, SAID.next));
    else leases.set(lease, LEASE.oldest, behind);
    this.giveBack(agreed ? behind : oldest);
    leases.set(lease, LEASE.count, leases.get(lease, LEASE.count) - 1);
  }

  private giveBack(statement: number): void {
    this.said.set(statement, SAID.messageIndex, NONE);
    this.clients[statement] = undefined;
    this.said.giveBack(statement);
  }

  private settle(
    lease: number,
    statement: number,
    statusCode: number,
    reply: Message,
    delivered: boolean,
  ): void {
    const said = this.said;
    said.set(statement, SAID.replyIndex, reply.index);
    const refused = statusCode !== STATUS_SUCCESS;
    if (refused) said.set(statement, SAID.reason, statusCode);
    const outcome: Outcome = delivered ? (refused ? 'rejected' : 'acked') : 'reply-lost';
    const state = said.get(statement, SAID.state);
    said.set(statement, SAID.state, state - (state & 0b1110) + 2 * OUTCOMES.indexOf(outcome));
    if (outcome === 'acked') this.leases.set(lease, LEASE.acked, statement);
  }

  /** The record of a lease, which was heard of last with this. */
  private lease(pair: string, { text, kind }: LeaseFacts): number {
    const known = this.byPair.get(pair)?.get(text);
    this.changes++;
    if (known !== undefined) {
      this.unlink(known);
      this.linkLast(known);
      return known;
    }
    if (this.leaseCount >= this.limit) this.forget(this.first);
    const lease = this.leases.take();
    this.leaseCount++;
    for (const field of [LEASE.oldest, LEASE.newest, LEASE.acked]) this.leases.set(lease, field, NONE);
    this.leases.set(lease, LEASE.count, 0);
    this.leases.set(lease, LEASE.isPrefix, kind === 'prefix' ? 1 : 0);
    this.texts[lease] = text;
    this.pairs[lease] = pair;
    const ofPair = this.byPair.get(pair) ?? new Map<string, number>();
    this.byPair.set(pair, ofPair.set(text, lease));
    this.linkLast(lease);
    return lease;
  }

  private forget(lease: number): void {
    for (let at = this.leases.get(lease, LEASE.oldest); at !== NONE; at = this.said.get(at, SAID.next))
      this.giveBack(at);
    const pair = this.pairs[lease] as string;
    const ofPair = this.byPair.get(pair);
    ofPair?.delete(this.texts[lease] as string);
    if (ofPair?.size === 0) this.byPair.delete(pair);
    this.unlink(lease);
    this.leases.giveBack(lease);
    this.leaseCount--;
  }

  private unlink(lease: number): void {
    const leases = this.leases;
    const before = leases.get(lease, LEASE.before);
    const behind = leases.get(lease, LEASE.behind);
    if (before === NONE) this.first = behind;
    else leases.set(before, LEASE.behind, behind);
    if (behind === NONE) this.last = before;
    else leases.set(behind, LEASE.before, before);
  }

  private linkLast(lease: number): void {
    this.leases.set(lease, LEASE.before, this.last);
    this.leases.set(lease, LEASE.behind, NONE);
    if (this.last === NONE) this.first = lease;
    else this.leases.set(this.last, LEASE.behind, lease);
    this.last = lease;
  }

  private view(lease: number): LeaseView {
    return new View(this, lease, this.texts[lease] as string, this.pairs[lease] as string);
  }

  /** For views: of the lease of a record. */
  isPrefix(lease: number): boolean {
    return this.leases.get(lease, LEASE.isPrefix) === 1;
  }

  statementsOf(lease: number): Statement[] {
    const statements: Statement[] = [];
    for (let at = this.leases.get(lease, LEASE.oldest); at !== NONE; at = this.said.get(at, SAID.next))
      statements.push(this.statement(at));
    return statements;
  }

  ackedOf(lease: number): Statement | undefined {
    const acked = this.leases.get(lease, LEASE.acked);
    return acked === NONE ? undefined : this.statement(acked);
  }

  private statement(at: number): Statement {
    const number = (field: number): number | undefined => {
      const value = this.said.get(at, field);
      return Number.isNaN(value) ? undefined : value;
    };
    const state = this.said.get(at, SAID.state);
    const protocol = PROTOCOLS[state >> 4] as ProtocolName;
    const bindingStatus = number(SAID.bindingStatus);
    const reason = number(SAID.reason);
    return {
      by: (state & 1) === 0 ? 'primary' : 'secondary',
      messageIndex: this.said.get(at, SAID.messageIndex),
      replyIndex: number(SAID.replyIndex),
      atMillis: this.said.get(at, SAID.atMillis),
      bindingStatus: bindingStatus === undefined ? '-' : bindingStatusName(bindingStatus, protocol),
      client: this.clients[at],
      stateExpirationTime: number(SAID.stateExpirationTime),
      partnerLifetime: number(SAID.partnerLifetime),
      outcome: OUTCOMES[(state >> 1) & 7] as Outcome,
      reason: reason === undefined ? undefined : statusName(reason, protocol),
    };
  }
}

/** A lease as it is at the moment when it is asked, until the next message. */
class View implements LeaseView {
  readonly text: string;
  readonly pair: string;
  private readonly leases: Leases;
  private readonly lease: number;

  constructor(leases: Leases, lease: number, text: string, pair: string) {
    this.leases = leases;
    this.lease = lease;
    this.text = text;
    this.pair = pair;
  }

  get kind(): 'address' | 'prefix' {
    return this.leases.isPrefix(this.lease) ? 'prefix' : 'address';
  }

  get statements(): readonly Statement[] {
    return this.leases.statementsOf(this.lease);
  }

  get acked(): Statement | undefined {
    return this.leases.ackedOf(this.lease);
  }
}

/**
 * V8 keeps a text that was put together as its pieces, here five times as large, until somebody looks into it.
 */
function inOnePiece(text: string | undefined): string | undefined {
  return text?.includes('\0') === true ? undefined : text;
}

/** Messages are numbered by protocol. */
function updateKey({ protocol }: Message, index: number): number {
  return index * PROTOCOLS.length + PROTOCOLS.indexOf(protocol);
}
