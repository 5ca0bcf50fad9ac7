/**
 * What the partner has yet to acknowledge and in which order it is told (RFC 8156 §5.4, §7.5.4, §8.8): updates that are
 * needed, those on their way, and the answer to an UPDREQ or UPDREQALL. It goes by keys of leases; what is in them is not its business.
 */
import type { Lease } from './lease.ts';
import { Line } from './line.ts';

/** Transaction-ids have 24 bits (§5.2). */
const TRANSACTION_IDS = 2 ** 24;

/** Told in one BNDUPD: keys of leases, each with the number of the change that it was told at. */
export interface Unacked {
  readonly keys: readonly string[];
  /** As they were told. */
  readonly leases: readonly Lease[];
  readonly changes: readonly number[];
  /** Unix milliseconds. */
  readonly sentAt: number;
}

/** An UPDREQ or UPDREQALL that is being answered. */
interface Request {
  readonly transactionId: number;
  /** What is still to be sent for it: first these keys, then what the walk brings. */
  readonly keys: Line;
  readonly walk: Iterator<string> | undefined;
  /** Sent for it and not yet acknowledged. */
  readonly unacked: Set<string>;
}

export class UpdateQueue {
  /** Keys of leases that the partner has yet to acknowledge, with the number of the latest change. */
  private readonly needed = new Map<string, number>();
  /** Those of them that wait to be sent, oldest first. */
  private readonly waiting = new Line();
  private readonly unacked = new Map<number, Unacked>();
  private request: Request | undefined;
  /** The transaction-id of our own UPDREQ or UPDREQALL that has no UPDDONE yet. */
  private askedWith: number | undefined;
  private lastId: number;
  private changes = 0;

  /** `firstId`: where transaction-ids begin. */
  constructor(firstId = 0) {
    this.lastId = firstId;
  }

  get neededCount(): number {
    return this.needed.size;
  }

  get unackedCount(): number {
    return this.unacked.size;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  /** A transaction-id that none of our outstanding messages has; UPDREQ may be outstanding for long (§5.4). */
  newTransactionId(): number {
    do this.lastId = (this.lastId + 1) % TRANSACTION_IDS;
    while (this.unacked.has(this.lastId) || this.lastId === this.askedWith);
    return this.lastId;
  }

  /** An UPDREQ or UPDREQALL of ours is outstanding; `undefined` when it is answered or the connection is gone. */
  set asked(transactionId: number | undefined) {
    this.askedWith = transactionId;
  }

  get asked(): number | undefined {
    return this.askedWith;
  }

  /** The lease changed: the partner must learn of it, `now` or only with the next scan. */
  need(key: string, when: 'now' | 'next-scan'): void {
    this.needed.set(key, ++this.changes);
    if (when === 'now') this.waiting.add(key);
  }

  /** Nothing is left to tell about this lease. */
  forget(key: string): void {
    this.needed.delete(key);
    this.waiting.delete(key);
  }

  isNeeded(key: string): boolean {
    return this.needed.has(key);
  }

  isWaiting(key: string): boolean {
    return this.waiting.has(key);
  }

  /** Sends all that is needed and not on its way: on entering NORMAL (§8.8), and at each scan (§7.5.4). */
  offerAll(): void {
    const onTheirWay = new Set<string>();
    for (const { keys } of this.unacked.values()) for (const key of keys) onTheirWay.add(key);
    for (const key of this.needed.keys()) if (!onTheirWay.has(key)) this.waiting.add(key);
  }

  /**
   * Answers an update request: all that is needed, and for UPDREQALL all that `everything` walks through. A request
   * that comes while one is being answered replaces it.
   */
  startRequest(transactionId: number, everything?: Iterator<string>): void {
    const keys = new Line(everything === undefined ? this.needed.keys() : []);
    this.request = { transactionId, keys, walk: everything, unacked: new Set() };
  }

  /** The transaction-id to put into UPDDONE, once everything asked for is acknowledged; then the request is over. */
  takeFinishedRequest(): number | undefined {
    const { request } = this;
    if (request === undefined || request.keys.size > 0 || request.unacked.size > 0) return undefined;
    if (request.walk !== undefined) {
      const { value, done } = request.walk.next();
      if (done !== true) {
        request.keys.add(value);
        return undefined;
      }
    }
    this.request = undefined;
    return request.transactionId;
  }

  /** The next lease to tell about: what was asked for, and with `all` anything that waits. */
  next(all: boolean): string | undefined {
    const { request } = this;
    if (request !== undefined) {
      const asked = request.keys.first();
      if (asked !== undefined) return asked;
      const step = request.walk?.next();
      if (step !== undefined && step.done !== true) {
        request.keys.add(step.value);
        return step.value;
      }
    }
    return all ? this.waiting.first() : undefined;
  }

  /** Whether this lease may go along with another of its client. */
  wants(key: string, all: boolean): boolean {
    return (all && this.waiting.has(key)) || this.request?.keys.has(key) === true;
  }

  /** Nothing can be said of this lease: it has no client and is no prefix. */
  skip(key: string): void {
    this.waiting.delete(key);
    this.request?.keys.delete(key);
  }

  /** These leases are on their way in one BNDUPD. */
  sent(transactionId: number, keys: readonly string[], leases: readonly Lease[], now: number): void {
    const { request } = this;
    const changes: number[] = [];
    for (const key of keys) {
      changes.push(this.needed.get(key) ?? 0);
      this.waiting.delete(key);
      if (request?.keys.delete(key) === true) request.unacked.add(key);
    }
    this.unacked.set(transactionId, { keys, leases, changes, sentAt: now });
  }

  /** The BNDREPLY came: what it answers, or `undefined` if nothing with this transaction-id is on its way. */
  answered(transactionId: number): Unacked | undefined {
    const update = this.unacked.get(transactionId);
    if (update === undefined) return undefined;
    this.unacked.delete(transactionId);
    if (this.request !== undefined) for (const key of update.keys) this.request.unacked.delete(key);
    return update;
  }

  /** Whether the lease is still as it was when it was told at change number `change`. */
  unchangedSince(key: string, change: number): boolean {
    return (this.needed.get(key) ?? 0) === change;
  }

  /** When the oldest update on its way was sent, Unix milliseconds. */
  oldestSentAt(): number | undefined {
    for (const { sentAt } of this.unacked.values()) return sentAt;
    return undefined;
  }

  /** The connection is gone: nothing is on its way, and the partner will ask again if it wants to. */
  disconnected(): void {
    this.unacked.clear();
    this.request = undefined;
    this.askedWith = undefined;
  }
}
