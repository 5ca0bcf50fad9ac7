/**
 * What happens to leases: changes made for clients, time-outs, updates sent and acknowledged, updates received (RFC 8156
 * §4.2.2.1, §7, §8.8.1). Rules live in files of their own; here they meet the bindings and the update queue.
 */

import { invariant } from '../base/invariant.ts';
import { added } from '../base/short-list.ts';
import { addSeconds, isAfter, isClearlyAfter, laterOf, SAME_TIME_SECONDS } from '../base/time.ts';
import { StatusCode } from '../wire/codes.ts';
import type { Binding, Status } from '../wire/messages.ts';
import { accept, isStatus, type ReceivedLease, readUpdate } from './accept.ts';
import { claimable, mayBeAnothers, type Situation } from './allocation.ts';
import { bindingReply, bindingUpdate, standsAlone } from './binding-update.ts';
import { Bindings } from './bindings.ts';
import { LEASES_PER_UPDATE_MAX, UNACKED_BNDUPD_MAX } from './config.ts';
import { judge, timeOfClaim, timeOfLease } from './conflict.ts';
import type { Context } from './context.ts';
import type { LeaseChange } from './io.ts';
import { draftOf, type Lease, type Resource, resourceText, sameClientIa } from './lease.ts';
import { actualLifetime, partnerLifetime } from './lifetime.ts';
import { readReply } from './reply.ts';
import type { Slot } from './slot.ts';
import type { EndpointState } from './state.ts';
import { TIMER } from './timers.ts';
import { type Told, UpdateQueue } from './update-queue.ts';

/** Time-outs that are handled at one go. */
const TIMEOUTS_AT_ONCE = 1000;
/** How often to see whether the partner knows by now that a lease is abandoned. */
const LOOK_AGAIN_MILLIS = 60_000;

export class Leases<Reply> {
  readonly bindings: Bindings;
  readonly queue = new UpdateQueue();
  /** The partner's MAX_UNACKED_BNDUPD (§6.1). */
  window = 1;
  /** Latest time at which this server dealt with a client, as found in the store. */
  readonly lastLeaseTime: number | undefined;
  private readonly context: Context<Reply>;
  private readonly situation: () => Situation;

  constructor(context: Context<Reply>, stored: Iterable<Lease>, situation: () => Situation) {
    this.context = context;
    this.situation = situation;
    this.bindings = new Bindings(context.config.pools);
    let last: number | undefined;
    for (const lease of stored) {
      // Whether an update was sent before the crash is not on record: it may have been.
      const known = lease.updateNeeded ? { ...lease, updateSent: true } : lease;
      const slot = this.bindings.put(known, context.now);
      if (lease.updateNeeded) this.queue.need(slot, 'next-scan');
      const time = lease.clientLastTransactionTime;
      if (time !== undefined) last = last === undefined ? time : laterOf(last, time);
    }
    this.lastLeaseTime = last;
  }

  /** Makes and records what the service decided for a client (§4.4, §8.8.1). */
  change(changes: readonly LeaseChange[]): void {
    for (const change of changes) {
      const slot = this.bindings.at(change.resource);
      if (change.kind === 'bind') {
        this.tell(slot, this.bound(slot?.lease, change));
        continue;
      }
      const known = slot?.lease;
      invariant(known?.status === 'ACTIVE' && known.holder !== undefined, 'only an ACTIVE lease is given up');
      invariant(sameClientIa(known.holder, change.client), 'a lease is given up by its own client');
      const released = change.kind === 'release';
      this.tell(slot, released ? this.ended(known, 'RELEASED', true) : this.abandoned(known));
    }
  }

  /**
   * Ends leases whose time is over (§7.2 (8)). An abandoned one waits for the partner to know that it is: what the partner
   * gave meanwhile would otherwise look older than our RESET, and be lost to it (figure 4).
   */
  timeOut(state: EndpointState): void {
    const { bindings, context } = this;
    for (let count = 0; count < TIMEOUTS_AT_ONCE; count++) {
      const slot = bindings.takeTimedOut(context.now);
      if (slot === undefined) return;
      const { lease } = slot;
      const agreed = (state === 'NORMAL' || state === 'PARTNER-DOWN') && !lease.updateNeeded;
      if (lease.status === 'ABANDONED' && !agreed) {
        bindings.postpone(slot, context.now + LOOK_AGAIN_MILLIS);
        continue;
      }
      context.note(
        'lease',
        `${resourceText(lease)} ${lease.status === 'ACTIVE' ? 'expired' : 'is usable again'}`,
        '§7.2',
      );
      if (lease.status === 'ABANDONED') this.tell(slot, this.ended(lease, 'RESET', false));
      else this.tell(slot, this.expired(lease, state));
    }
  }

  /** §7.2 (10): an operator makes an abandoned lease usable again; returns whether it was one. */
  reset(resource: Resource): boolean {
    const slot = this.bindings.at(resource);
    if (slot?.lease.status !== 'ABANDONED') return false;
    this.tell(slot, this.ended(slot.lease, 'RESET', false));
    return true;
  }

  /** Records a change that the partner must learn of. `slot`: where the lease is on record, if it is. */
  tell(slot: Slot | undefined, lease: Lease): void {
    this.queue.need(this.store(slot, lease), 'now');
  }

  /** BNDUPD (§7.5). The BNDREPLY leaves after the changes are stored. */
  receivedUpdate(message: Binding): void {
    const update = readUpdate(message);
    let statuses: (Status | undefined)[] = [];
    for (const lease of update.leases) statuses = added(statuses, this.receivedLease(lease));
    const { overall } = update;
    const verdicts = overall === undefined ? { leases: statuses } : { overall, leases: [] };
    this.context.outbox.put(bindingReply(message, verdicts));
    for (const status of overall === undefined ? statuses : [overall]) {
      if (status !== undefined) this.context.note('rejected', `BNDUPD rejected: ${status.message}`, '§7.5.4');
    }
  }

  /** BNDREPLY (§7.7). */
  receivedReply(message: Binding): void {
    const { context, queue } = this;
    const told = queue.answered(message.transactionId);
    if (told === undefined) {
      context.note('protocol', 'a BNDREPLY that answers nothing', '§5.4');
      return;
    }
    const answers = readReply(message);
    for (const one of told) {
      const { slot } = one;
      const answer = answers.of(slot.lease);
      if (answer.rejectedWith === undefined) {
        const { lease } = slot;
        this.acked(one, answer.partnerLifetimeSent);
        if (slot.change === 0) this.mendCrossing(slot, lease, one.lease);
        continue;
      }
      const { lease } = slot;
      if (slot.change === one.change) this.rejected(slot, answer.rejectedWith);
      context.note('rejected', `the partner rejected ${resourceText(lease)}: ${answer.message}`, '§7.7');
    }
  }

  /**
   * Sends updates while the partner takes more (§6.1): all that wait in NORMAL, else only what was asked for. Nobody is told
   * as ACTIVE what may be another client's, as only a server that is recovering (`timeOfFailure`) has it.
   */
  pump(all: boolean, timeOfFailure: number | undefined): void {
    const { context, queue } = this;
    const window = Math.max(1, Math.min(this.window, UNACKED_BNDUPD_MAX));
    while (queue.unackedCount < window) {
      const slot = queue.next(all);
      if (slot === undefined) break;
      if (slot.lease.holder === undefined && !standsAlone(slot.lease)) {
        queue.skip(slot);
        continue;
      }
      if (all && this.isHeldBack(slot, timeOfFailure)) {
        queue.holdBack(slot);
        continue;
      }
      const slots = this.together(slot, all, timeOfFailure);
      let leases: Lease[] = [];
      for (const one of slots) leases = added(leases, this.markSent(one));
      const transactionId = queue.newTransactionId();
      context.outbox.put(bindingUpdate(leases, transactionId, context.time));
      queue.sent(transactionId, slots, context.now);
    }
    const oldest = queue.oldestSentAt();
    if (oldest === undefined) context.timers.clear(TIMER.ack);
    else context.timers.set(TIMER.ack, oldest + context.config.ackSeconds * 1000);
  }

  private bound(known: Lease | undefined, change: Extract<LeaseChange, { kind: 'bind' }>): Lease {
    const { context } = this;
    const { holder, resource, desiredLifetime } = change;
    const situation = this.situation();
    const { time } = context;
    invariant(
      claimable(situation, known, resource, holder, context.now) !== undefined,
      'a lease is given only to whom it may be given',
    );
    const same = known?.holder !== undefined && sameClientIa(known.holder, holder) ? known : undefined;
    const acked = ackedFor(known, same);
    const longest = actualLifetime(desiredLifetime, acked, situation.mclt, time, situation.alone);
    // The service worked it out a moment ago.
    const { validLifetime } = holder;
    invariant(validLifetime <= longest + SAME_TIME_SECONDS, 'a valid lifetime is at most what §4.4 allows');
    return {
      kind: resource.kind,
      address: known?.address ?? resource.address,
      prefixLength: resource.prefixLength,
      status: 'ACTIVE',
      holder,
      expirationTime: same?.expirationTime,
      ackedPartnerLifetime: acked,
      partnerLifetime: partnerLifetime(time, holder.t1, holder.validLifetime, desiredLifetime),
      clientLastTransactionTime: time,
      partnerRawCltTime: same?.partnerRawCltTime,
      startTimeOfState: same?.status === 'ACTIVE' ? same.startTimeOfState : time,
      stateExpirationTime: addSeconds(time, holder.validLifetime),
      updateNeeded: true,
      updateSent: false,
      rejectedWith: undefined,
    };
  }

  /** RELEASED, EXPIRED or RESET: nobody's any longer, once the partner knows. */
  private ended(lease: Lease, status: 'RELEASED' | 'EXPIRED' | 'RESET', byClient: boolean): Lease {
    const { time } = this.context;
    return {
      ...lease,
      status,
      clientLastTransactionTime: byClient ? time : lease.clientLastTransactionTime,
      startTimeOfState: time,
      stateExpirationTime: undefined,
      updateNeeded: true,
      updateSent: false,
      rejectedWith: undefined,
    };
  }

  /**
   * The same client may have it again as long as the partner was not told (§4.2.2.1). In NORMAL it is told at once; and what
   * may be another client's is nobody's to have.
   */
  private expired(lease: Lease, state: EndpointState): Lease {
    const ended = this.ended(lease, 'EXPIRED', false);
    const { timeOfFailure } = this.situation();
    const updateSent = state === 'NORMAL' || mayBeAnothers(timeOfFailure, lease, this.context.now);
    return updateSent ? { ...ended, updateSent } : ended;
  }

  private abandoned(lease: Lease): Lease {
    const { abandonedSeconds } = this.context.config;
    const { time } = this.context;
    return {
      ...lease,
      status: 'ABANDONED',
      clientLastTransactionTime: time,
      startTimeOfState: time,
      stateExpirationTime: abandonedSeconds === undefined ? undefined : addSeconds(time, abandonedSeconds),
      updateNeeded: true,
      updateSent: false,
      rejectedWith: undefined,
    };
  }

  private receivedLease(received: ReceivedLease | Status): Status | undefined {
    if (isStatus(received)) return received;
    const { bindings, queue, context } = this;
    if (bindings.poolOf(received.info) === undefined) {
      return {
        code: StatusCode.ConfigurationConflict,
        message: `${resourceText(received.info)} is in no pool here`,
      };
    }
    const slot = bindings.at(received.info);
    const known = slot?.lease;
    const code = judge(known, received, context.config.role, context.time);
    if (code === undefined) {
      const lease = accept(known, received, context.time);
      const accepted = this.store(slot, lease);
      if (!lease.updateNeeded) queue.forget(accepted);
      else if (accepted.change === 0) queue.need(accepted, 'now');
      return undefined;
    }
    if (code === StatusCode.OutdatedBindingInformation && slot?.change === 0) {
      // §7.5.4: tell the partner what we know, but at once only what is news to it, and that once, or two servers that
      // disagree would never stop.
      const isNews = isClearlyAfter(timeOfLease(slot.lease), timeOfClaim(received));
      queue.need(this.store(slot, { ...slot.lease, updateNeeded: true }), isNews ? 'now' : 'next-scan');
    }
    const message = `${resourceText(received.info)} is ${known?.status} here, not ${received.status}`;
    return { code, message };
  }

  private acked({ slot, change }: Told, partnerLifetimeSent: number | undefined): void {
    const { lease } = slot;
    const ackedPartnerLifetime = partnerLifetimeSent ?? lease.ackedPartnerLifetime;
    if (slot.change !== change) {
      if (lease.status === 'ACTIVE') this.store(slot, { ...lease, ackedPartnerLifetime });
      return;
    }
    this.queue.forget(slot);
    const told = draftOf(lease);
    told.ackedPartnerLifetime = ackedPartnerLifetime;
    told.partnerLifetime = undefined;
    told.updateNeeded = false;
    told.updateSent = false;
    told.rejectedWith = undefined;
    if (ENDED.has(lease.status)) {
      // §7.2 (4), (5): acknowledged, so PENDING-FREE, so FREE.
      told.status = 'FREE';
      told.expirationTime = undefined;
      told.ackedPartnerLifetime = undefined;
      told.startTimeOfState = this.context.time;
    }
    this.store(slot, told);
  }

  /** Offered again with the next scan, also if it was acknowledged once: a partner that lost its disk asks anew. */
  private rejected(slot: Slot, rejectedWith: number): void {
    this.store(slot, { ...slot.lease, updateNeeded: true, rejectedWith });
    if (slot.change === 0) this.queue.need(slot, 'next-scan');
  }

  /**
   * Two updates about one lease crossed and both were accepted: now each server has what the other had. The one that
   * heard of a later dealing with the client says again what it has; if neither did, the secondary.
   */
  private mendCrossing(slot: Slot, now: Lease, told: Lease): void {
    const theirs = ENDED.has(told.status) ? 'FREE' : told.status;
    const same =
      now.holder === told.holder || (now.holder && told.holder && sameClientIa(now.holder, told.holder));
    const kept = slot.lease;
    if (kept.status === theirs && same) return;
    const before = lastContact(told);
    const after = lastContact(kept);
    const newer = after !== undefined && (before === undefined || isAfter(after, before));
    if (newer || (after === before && this.context.config.role === 'secondary')) {
      this.tell(slot, { ...kept, updateNeeded: true });
    }
  }

  /** With it, others of the same client that wait too: all about one client in one OPTION_CLIENT_DATA (§7.4). */
  private together(first: Slot, all: boolean, timeOfFailure: number | undefined): readonly Slot[] {
    const slots = [first];
    const { siblings } = first;
    if (siblings === undefined || siblings.length < 2 || standsAlone(first.lease)) return slots;
    for (const other of siblings) {
      if (slots.length === LEASES_PER_UPDATE_MAX) break;
      if (other === first || !this.queue.wants(other, all) || standsAlone(other.lease)) continue;
      if (!this.isHeldBack(other, timeOfFailure)) slots.push(other);
    }
    return slots;
  }

  /**
   * It waits until it has ended here or the partner has told of it: figure 4 has a secondary accept any ACTIVE, and it would
   * forget the client to whom it gave the lease. What the partner asks for it gets.
   */
  private isHeldBack(slot: Slot, timeOfFailure: number | undefined): boolean {
    return mayBeAnothers(timeOfFailure, slot.lease, this.context.now) && !this.queue.wants(slot, false);
  }

  /** From now on the partner may know that the lease has ended (§4.2.2.1). */
  private markSent(slot: Slot): Lease {
    const { lease } = slot;
    if (lease.updateSent || (lease.status !== 'EXPIRED' && lease.status !== 'RELEASED')) return lease;
    this.bindings.set(slot, { ...lease, updateSent: true }, this.context.now);
    return slot.lease;
  }

  private store(slot: Slot | undefined, lease: Lease): Slot {
    const { bindings, context } = this;
    context.outbox.persist({ kind: 'lease', lease });
    if (slot === undefined) return bindings.put(lease, context.now);
    bindings.set(slot, lease, context.now);
    return slot;
  }
}

const ENDED: ReadonlySet<Lease['status']> = new Set(['EXPIRED', 'RELEASED', 'RESET']);

/** When either server last dealt with the client. */
function lastContact({
  clientLastTransactionTime: own,
  partnerRawCltTime: partners,
}: Lease): number | undefined {
  if (own === undefined || partners === undefined) return own ?? partners;
  return laterOf(own, partners);
}

/** What the partner acknowledged counts only for the client and lease that it acknowledged (§4.4). */
export function ackedFor(known: Lease | undefined, same: Lease | undefined): number | undefined {
  return known !== undefined && same === known && known.status !== 'FREE' && known.status !== 'FREE-BACKUP'
    ? known.ackedPartnerLifetime
    : undefined;
}
