/**
 * What happens to leases: changes made for clients, time-outs, updates sent and acknowledged, updates received (RFC 8156
 * §4.2.2.1, §7, §8.8.1). Rules live in files of their own; here they meet the bindings and the update queue.
 */

import { invariant } from '../base/invariant.ts';
import { addSeconds, isAfter, laterOf, SAME_TIME_SECONDS } from '../base/time.ts';
import { StatusCode } from '../wire/codes.ts';
import type { Binding, Status } from '../wire/messages.ts';
import { accept, isStatus, type ReceivedLease, readUpdate } from './accept.ts';
import { claimable, type Situation } from './allocation.ts';
import { bindingReply, bindingUpdate, standsAlone } from './binding-update.ts';
import { Bindings } from './bindings.ts';
import { LEASES_PER_UPDATE_MAX, UNACKED_BNDUPD_MAX } from './config.ts';
import { judge } from './conflict.ts';
import type { Context } from './context.ts';
import type { LeaseChange } from './io.ts';
import { type Lease, type Resource, resourceKey, resourceText, sameClientIa } from './lease.ts';
import { actualLifetime, partnerLifetime } from './lifetime.ts';
import { readReply } from './reply.ts';
import { UpdateQueue } from './update-queue.ts';

/** Time-outs that are handled at one go. */
const TIMEOUTS_AT_ONCE = 1000;

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
      const key = resourceKey(lease);
      // Whether an update was sent before the crash is not on record: it may have been.
      this.bindings.set(key, lease.updateNeeded ? { ...lease, updateSent: true } : lease, context.now);
      if (lease.updateNeeded) this.queue.need(key, 'next-scan');
      const time = lease.clientLastTransactionTime;
      if (time !== undefined) last = last === undefined ? time : laterOf(last, time);
    }
    this.lastLeaseTime = last;
  }

  /** Makes and records what the service decided for a client (§4.4, §8.8.1). */
  change(changes: readonly LeaseChange[]): void {
    for (const change of changes) {
      const key = resourceKey(change.resource);
      const known = this.bindings.get(key);
      if (change.kind === 'bind') this.bind(key, known, change);
      else {
        invariant(
          known?.status === 'ACTIVE' && known.holder !== undefined,
          'only an ACTIVE lease is given up',
        );
        invariant(sameClientIa(known.holder, change.client), 'a lease is given up by its own client');
        this.tell(
          key,
          change.kind === 'release' ? this.ended(known, 'RELEASED', true) : this.abandoned(known),
        );
      }
    }
  }

  /** Ends leases whose time is over (§7.2 (8)). */
  timeOut(): void {
    const { bindings, context } = this;
    for (let count = 0; count < TIMEOUTS_AT_ONCE; count++) {
      const lease = bindings.takeTimedOut(context.now);
      if (lease === undefined) return;
      context.note(
        'lease',
        `${resourceText(lease)} ${lease.status === 'ACTIVE' ? 'expired' : 'is usable again'}`,
        '§7.2',
      );
      this.tell(
        resourceKey(lease),
        this.ended(lease, lease.status === 'ACTIVE' ? 'EXPIRED' : 'RESET', false),
      );
    }
  }

  /** §7.2 (10): an operator makes an abandoned lease usable again; returns whether it was one. */
  reset(resource: Resource): boolean {
    const lease = this.bindings.find(resource);
    if (lease?.status !== 'ABANDONED') return false;
    this.tell(resourceKey(lease), this.ended(lease, 'RESET', false));
    return true;
  }

  /** Records a change that the partner must learn of. */
  tell(key: string, lease: Lease): void {
    this.store(key, lease);
    this.queue.need(key, 'now');
  }

  /** BNDUPD (§7.5). The BNDREPLY leaves after the changes are stored. */
  receivedUpdate(message: Binding): void {
    const update = readUpdate(message);
    const statuses = update.leases.map((lease) => this.receivedLease(lease));
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
    const update = queue.answered(message.transactionId);
    if (update === undefined) {
      context.note('protocol', 'a BNDREPLY that answers nothing', '§5.4');
      return;
    }
    const answers = readReply(message);
    update.keys.forEach((key, index) => {
      const lease = this.bindings.get(key) as Lease;
      const unchanged = queue.unchangedSince(key, update.changes[index] as number);
      const answer = answers.of(key);
      if (answer.rejectedWith === undefined) {
        this.acked(key, lease, unchanged, answer.partnerLifetimeSent);
        if (!queue.isNeeded(key)) this.mendCrossing(key, lease, update.leases[index] as Lease);
      } else {
        if (unchanged) this.store(key, { ...lease, rejectedWith: answer.rejectedWith });
        context.note('rejected', `the partner rejected ${resourceText(lease)}: ${answer.message}`, '§7.7');
      }
    });
  }

  /** Sends updates while the partner takes more (§6.1): all that wait in NORMAL, else only what was asked for. */
  pump(all: boolean): void {
    const { context, queue } = this;
    const window = Math.max(1, Math.min(this.window, UNACKED_BNDUPD_MAX));
    while (queue.unackedCount < window) {
      const key = queue.next(all);
      if (key === undefined) break;
      const first = this.bindings.get(key) as Lease;
      if (first.holder === undefined && !standsAlone(first)) {
        queue.skip(key);
        continue;
      }
      const keys = standsAlone(first) ? [key] : this.together(key, first, all);
      const leases = keys.map((one) => this.markSent(one));
      const transactionId = queue.newTransactionId();
      context.outbox.put(bindingUpdate(leases, transactionId, context.time));
      queue.sent(transactionId, keys, leases, context.now);
    }
    const oldest = queue.oldestSentAt();
    if (oldest === undefined) context.timers.clear('ack');
    else context.timers.set('ack', oldest + context.config.ackSeconds * 1000);
  }

  private bind(key: string, known: Lease | undefined, change: Extract<LeaseChange, { kind: 'bind' }>): void {
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
    const longest = actualLifetime(
      desiredLifetime,
      acked,
      situation.mclt,
      time,
      situation.state === 'PARTNER-DOWN',
    );
    // The service worked it out a moment ago.
    const { validLifetime } = holder;
    invariant(validLifetime <= longest + SAME_TIME_SECONDS, 'a valid lifetime is at most what §4.4 allows');
    this.tell(key, {
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
    });
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
    const key = resourceKey(received.info);
    const known = bindings.get(key);
    const code = judge(known, received, context.config.role, context.time);
    if (code === undefined) {
      const lease = accept(known, received, context.time);
      this.store(key, lease);
      if (!lease.updateNeeded) queue.forget(key);
      return undefined;
    }
    if (code === StatusCode.OutdatedBindingInformation && known !== undefined && !queue.isNeeded(key)) {
      // §7.5.4: tell the partner what we know, but once only, or two servers that disagree would never stop.
      this.tell(key, { ...known, updateNeeded: true });
    }
    const message = `${resourceText(received.info)} is ${known?.status} here, not ${received.status}`;
    return { code, message };
  }

  private acked(
    key: string,
    lease: Lease,
    unchanged: boolean,
    partnerLifetimeSent: number | undefined,
  ): void {
    const ackedPartnerLifetime = partnerLifetimeSent ?? lease.ackedPartnerLifetime;
    if (!unchanged) {
      if (lease.status === 'ACTIVE') this.store(key, { ...lease, ackedPartnerLifetime });
      return;
    }
    this.queue.forget(key);
    const told = {
      ...lease,
      partnerLifetime: undefined,
      updateNeeded: false,
      updateSent: false,
      rejectedWith: undefined,
    };
    if (!ENDED.has(lease.status)) {
      this.store(key, { ...told, ackedPartnerLifetime });
      return;
    }
    // §7.2 (4), (5): acknowledged, so PENDING-FREE, so FREE.
    this.store(key, {
      ...told,
      status: 'FREE',
      expirationTime: undefined,
      ackedPartnerLifetime: undefined,
      startTimeOfState: this.context.time,
    });
  }

  /**
   * Two updates about one lease crossed and both were accepted: now each server has what the other had. The one that
   * heard of a later dealing with the client says again what it has; if neither did, the secondary.
   */
  private mendCrossing(key: string, now: Lease, told: Lease): void {
    const theirs = ENDED.has(told.status) ? 'FREE' : told.status;
    const same =
      now.holder === told.holder || (now.holder && told.holder && sameClientIa(now.holder, told.holder));
    const kept = this.bindings.get(key) as Lease;
    if (kept.status === theirs && same) return;
    const before = lastContact(told);
    const after = lastContact(kept);
    const newer = after !== undefined && (before === undefined || isAfter(after, before));
    if (newer || (after === before && this.context.config.role === 'secondary')) {
      this.tell(key, { ...kept, updateNeeded: true });
    }
  }

  /** Other leases of the same client that wait too: all about one client in one OPTION_CLIENT_DATA (§7.4). */
  private together(key: string, first: Lease, all: boolean): readonly string[] {
    const holder = first.holder;
    const others = holder === undefined ? [] : this.bindings.keysOfDuid(holder.duid);
    if (others.length < 2) return [key];
    const keys = [key];
    for (const other of others) {
      if (keys.length === LEASES_PER_UPDATE_MAX) break;
      if (other === key || !this.queue.wants(other, all)) continue;
      if (!standsAlone(this.bindings.get(other) as Lease)) keys.push(other);
    }
    return keys;
  }

  /** From now on the partner may know that the lease has ended (§4.2.2.1). */
  private markSent(key: string): Lease {
    const lease = this.bindings.get(key) as Lease;
    if (lease.updateSent || (lease.status !== 'EXPIRED' && lease.status !== 'RELEASED')) return lease;
    const marked = { ...lease, updateSent: true };
    this.bindings.set(key, marked, this.context.now);
    return marked;
  }

  private store(key: string, lease: Lease): void {
    this.bindings.set(key, lease, this.context.now);
    this.context.outbox.persist({ kind: 'lease', lease });
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
