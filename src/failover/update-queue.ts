/**
 * What the partner has yet to acknowledge and in which order it is told (RFC 8156 §5.4, §7.5.4, §8.8): updates that are
 * needed, those on their way, and the answer to an UPDREQ or UPDREQALL. It goes by slots; what their leases say is not
 * its business.
 */
import { invariant } from '../base/invariant.ts';
import { added } from '../base/short-list.ts';
import { UNACKED_BNDUPD_MAX } from './config.ts';
import type { Lease } from './lease.ts';
import { Line, type Place } from './line.ts';
import type { Slot } from './slot.ts';

/** Transaction-ids have 24 bits (§5.2). */
const TRANSACTION_IDS = 2 ** 24;
/** Places for what is on its way: a power of two, and enough that even those that are slow leave most of them free. */
const PLACES = 2 * UNACKED_BNDUPD_MAX;

const NEEDED: Place<Slot> = {
  get: (slot) => slot.neededAt,
  set(slot, place) {
    slot.neededAt = place;
  },
};
const WAITING: Place<Slot> = {
  get: (slot) => slot.waitingAt,
  set(slot, place) {
    slot.waitingAt = place;
  },
};
const REQUESTED: Place<Slot> = {
  get: (slot) => slot.requestedAt,
  set(slot, place) {
    slot.requestedAt = place;
  },
};

/** One lease of a BNDUPD. */
export interface Told {
  readonly slot: Slot;
  /** As it was told. */
  readonly lease: Lease;
  /** The number of the change that it was told at; 0: nothing was needed. */
  readonly change: number;
}

/** A BNDUPD that is on its way. */
interface Unacked {
  readonly transactionId: number;
  readonly told: readonly Told[];
  /** Unix milliseconds. */
  readonly sentAt: number;
}

const NOTHING: readonly Unacked[] = [];

/** Requests that came while another was being answered and get an UPDDONE each; of more, the oldest get none. */
const REQUESTS_MAX = 8;

/** The UPDREQs and UPDREQALLs that are being answered. */
interface Request {
  /** Oldest first. */
  readonly transactionIds: number[];
  /** What is still to be sent for it: first these, then what the walk brings. */
  readonly slots: Line<Slot>;
  readonly walk: Iterator<Slot> | undefined;
  /** Transaction-ids of what was sent for it and is not yet answered. */
  readonly unacked: Set<number>;
}

export class UpdateQueue {
  /** What the partner has yet to acknowledge: slots whose `change` is not 0. */
  private readonly needed = new Line(NEEDED);
  /** Those of them that wait to be sent, oldest first. */
  private readonly waiting = new Line(WAITING);
  /** What is on its way; the last bits of its transaction-id are its place. */
  private readonly unacked = new Array<Unacked | undefined>(PLACES).fill(undefined);
  private unackedNow = 0;
  /** Nothing on its way has a transaction-id before this one. */
  private oldestId: number;
  private request: Request | undefined;
  /** The transaction-id of our own UPDREQ or UPDREQALL that has no UPDDONE yet. */
  private askedWith: number | undefined;
  private lastId: number;
  private changes = 0;

  /** `firstId`: where transaction-ids begin. */
  constructor(firstId = 0) {
    this.lastId = firstId;
    this.oldestId = firstId;
  }

  get neededCount(): number {
    return this.needed.size;
  }

  get unackedCount(): number {
    return this.unackedNow;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  /**
   * A transaction-id that none of our outstanding messages has; UPDREQ may be outstanding for long (§5.4). One whose
   * place is taken by an update that the partner is slow to answer is left out.
   */
  newTransactionId(): number {
    do this.lastId = nextId(this.lastId);
    while (this.unacked[placeOf(this.lastId)] !== undefined || this.lastId === this.askedWith);
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
  need(slot: Slot, when: 'now' | 'next-scan'): void {
    if (slot.change === 0) this.needed.add(slot);
    slot.change = ++this.changes;
    if (when === 'now') this.waiting.add(slot);
  }

  /** Nothing is left to tell about this lease. */
  forget(slot: Slot): void {
    if (slot.change === 0) return;
    slot.change = 0;
    this.needed.delete(slot);
    this.waiting.delete(slot);
  }

  /** Sends all that is needed and not on its way: on entering NORMAL (§8.8), and at each scan (§7.5.4). */
  offerAll(): void {
    const onTheirWay = new Set<Slot>();
    for (const { told } of this.allUnacked()) for (const { slot } of told) onTheirWay.add(slot);
    for (const slot of this.needed) if (!onTheirWay.has(slot)) this.waiting.add(slot);
  }

  /**
   * Answers an update request: all that is needed, and for UPDREQALL all that `everything` walks through. With a request
   * that comes while one is being answered both end together, each with its UPDDONE.
   */
  startRequest(transactionId: number, everything?: Iterator<Slot>): void {
    const { request } = this;
    const slots = request?.slots ?? new Line(REQUESTED);
    if (everything === undefined) for (const slot of this.needed) slots.add(slot);
    const transactionIds = [...(request?.transactionIds ?? []), transactionId].slice(-REQUESTS_MAX);
    const walk = everything ?? request?.walk;
    this.request = { transactionIds, slots, walk, unacked: request?.unacked ?? new Set() };
  }

  /** A transaction-id to put into UPDDONE, once everything asked for is acknowledged; after the last the request is over. */
  takeFinishedRequest(): number | undefined {
    const { request } = this;
    if (request === undefined || request.slots.size > 0 || request.unacked.size > 0) return undefined;
    if (request.walk !== undefined) {
      const { value, done } = request.walk.next();
      if (done !== true) {
        request.slots.add(value);
        return undefined;
      }
    }
    const transactionId = request.transactionIds.shift();
    if (request.transactionIds.length === 0) this.request = undefined;
    return transactionId;
  }

  /** The next lease to tell about: what was asked for, and with `all` anything that waits. */
  next(all: boolean): Slot | undefined {
    const { request } = this;
    if (request !== undefined) {
      const asked = request.slots.first();
      if (asked !== undefined) return asked;
      const step = request.walk?.next();
      if (step !== undefined && step.done !== true) {
        request.slots.add(step.value);
        return step.value;
      }
    }
    return all ? this.waiting.first() : undefined;
  }

  /** Whether this lease may go along with another of its client. */
  wants(slot: Slot, all: boolean): boolean {
    return (all && this.waiting.has(slot)) || this.request?.slots.has(slot) === true;
  }

  /** Nothing can be said of this lease: it has no client and is no prefix. */
  skip(slot: Slot): void {
    this.waiting.delete(slot);
    this.request?.slots.delete(slot);
  }

  /** It is sent with the next scan, unless it changes before. */
  holdBack(slot: Slot): void {
    this.waiting.delete(slot);
  }

  /** The leases of these slots, as they are, are on their way in one BNDUPD. `transactionId`: the newest. */
  sent(transactionId: number, slots: readonly Slot[], now: number): void {
    let told: Told[] = [];
    for (const slot of slots) told = added(told, this.tell(slot, transactionId));
    this.unacked[placeOf(transactionId)] = { transactionId, told, sentAt: now };
    this.unackedNow++;
  }

  /** The BNDREPLY came: what it answers, or `undefined` if nothing with this transaction-id is on its way. */
  answered(transactionId: number): readonly Told[] | undefined {
    const place = placeOf(transactionId);
    const update = this.unacked[place];
    if (update?.transactionId !== transactionId) return undefined;
    this.unacked[place] = undefined;
    this.unackedNow--;
    this.request?.unacked.delete(transactionId);
    return update.told;
  }

  /** When the oldest update on its way was sent, Unix milliseconds. */
  oldestSentAt(): number | undefined {
    if (this.unackedNow === 0) {
      this.oldestId = this.lastId;
      return undefined;
    }
    for (; ; this.oldestId = nextId(this.oldestId)) {
      const oldest = this.unacked[placeOf(this.oldestId)];
      if (oldest?.transactionId === this.oldestId) return oldest.sentAt;
      invariant(this.oldestId !== this.lastId, 'what is on its way has a place');
    }
  }

  /** The connection is gone: nothing is on its way, and the partner will ask again if it wants to. */
  disconnected(): void {
    for (const { transactionId } of this.allUnacked()) this.unacked[placeOf(transactionId)] = undefined;
    this.unackedNow = 0;
    this.request = undefined;
    this.askedWith = undefined;
  }

  private allUnacked(): readonly Unacked[] {
    return this.unackedNow === 0 ? NOTHING : this.unacked.filter((update) => update !== undefined);
  }

  private tell(slot: Slot, transactionId: number): Told {
    const { request } = this;
    this.waiting.delete(slot);
    if (request?.slots.delete(slot) === true) request.unacked.add(transactionId);
    return { slot, lease: slot.lease, change: slot.change };
  }
}

function nextId(transactionId: number): number {
  return (transactionId + 1) % TRANSACTION_IDS;
}

function placeOf(transactionId: number): number {
  return transactionId % PLACES;
}
