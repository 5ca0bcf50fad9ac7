/**
 * All leases that this endpoint knows, in memory, with the indexes that it needs: by resource, by client, by timeout,
 * and per pool how many prefixes are not free. It keeps what it is given; meaning is elsewhere.
 */
import { equalBytes } from '../base/bytes.ts';
import { laterOf, SAME_TIME_SECONDS, secondsBetween, toEpoch2000 } from '../base/time.ts';
import type { Pool } from './config.ts';
import { ExpiryQueue } from './expiry.ts';
import { type ClientIa, clientKey, type Lease, type Resource, sameClientIa } from './lease.ts';
import { type PoolMap, poolMap } from './pool.ts';
import { Slot } from './slot.ts';
import { SlotTable } from './slot-table.ts';
import type { EndpointState } from './state.ts';

/** Counts and members of one pool. */
export interface PoolUse {
  readonly map: PoolMap;
  /** Leases on record that are neither FREE nor FREE-BACKUP. */
  inUse: number;
  /** Those that are FREE-BACKUP, oldest first. */
  readonly backup: Set<Slot>;
  /** A walk through all of it found nothing, in which state and when; nothing in it got free since by a change. */
  empty: { readonly state: EndpointState; readonly since: number } | undefined;
}

const NO_LEASES: readonly Lease[] = [];

export class Bindings {
  readonly pools: readonly PoolUse[];
  private readonly table = new SlotTable();
  /** Slots of a client by DUID; most clients have one or two. */
  private readonly byClient = new Map<string, Slot[]>();
  private readonly expiry = new ExpiryQueue();

  constructor(pools: readonly Pool[]) {
    this.pools = pools.map((pool) => ({
      map: poolMap(pool),
      inUse: 0,
      backup: new Set(),
      empty: undefined,
    }));
  }

  at(resource: Resource): Slot | undefined {
    return this.table.at(resource);
  }

  find(resource: Resource): Lease | undefined {
    return this.at(resource)?.lease;
  }

  /** Every slot; may be walked while leases change. */
  slots(): IterableIterator<Slot> {
    return this.table.all();
  }

  /** Every lease; may be walked while leases change. */
  *leases(): IterableIterator<Lease> {
    for (const { lease } of this.table.all()) yield lease;
  }

  /** Leases whose last holder is this client, whatever their status. */
  ofClient(client: ClientIa): readonly Lease[] {
    const slots = this.byClient.get(clientKey(client.duid));
    if (slots === undefined) return NO_LEASES;
    const leases: Lease[] = [];
    for (const { lease } of slots) {
      if (lease.holder !== undefined && sameClientIa(lease.holder, client)) leases.push(lease);
    }
    return leases;
  }

  poolOf(resource: Resource): number | undefined {
    const { pools } = this;
    for (let index = 0; index < pools.length; index++) {
      if ((pools[index] as PoolUse).map.contains(resource)) return index;
    }
    return undefined;
  }

  /** Records a lease on what may have none yet. `now`: see `set`. */
  put(lease: Lease, now: number): Slot {
    const known = this.at(lease);
    if (known !== undefined) {
      this.set(known, lease, now);
      return known;
    }
    const slot = new Slot(lease);
    this.table.add(slot);
    this.changed(slot, undefined, now);
    return slot;
  }

  /** Replaces a lease. `now` (Unix milliseconds) tells which of two centuries its times mean. */
  set(slot: Slot, lease: Lease, now: number): void {
    const old = slot.lease;
    slot.lease = lease;
    this.changed(slot, old, now);
  }

  /** The soonest Unix millisecond at which a lease may time out, or Infinity. */
  nextTimeout(): number {
    return this.expiry.next() * 1000;
  }

  /** The slot of a lease that has timed out by `now`, or `undefined`. Each is returned once, unless postponed. */
  takeTimedOut(now: number): Slot | undefined {
    const seconds = Math.floor(now / 1000);
    for (let slot = this.expiry.takeDue(seconds); slot !== undefined; slot = this.expiry.takeDue(seconds)) {
      const at = timeoutOf(slot.lease, now);
      if (at === undefined) continue;
      if (at <= seconds) return slot;
      this.expiry.schedule(slot, at);
    }
    return undefined;
  }

  /** A lease that has timed out is returned again at `until`, Unix milliseconds. */
  postpone(slot: Slot, until: number): void {
    this.expiry.schedule(slot, Math.ceil(until / 1000));
  }

  private changed(slot: Slot, old: Lease | undefined, now: number): void {
    const { lease } = slot;
    if (old?.holder !== lease.holder) this.indexClient(slot, old?.holder, lease.holder);
    if (old?.status !== lease.status) this.count(slot, old);
    if (lease.status !== 'ACTIVE') this.mayHaveFreed(lease);
    const at = timeoutOf(lease, now);
    if (at !== undefined) this.expiry.schedule(slot, at);
  }

  private mayHaveFreed(lease: Lease): void {
    const index = this.poolOf(lease);
    if (index !== undefined) (this.pools[index] as PoolUse).empty = undefined;
  }

  private indexClient(slot: Slot, before: ClientIa | undefined, after: ClientIa | undefined): void {
    if (before !== undefined && after !== undefined && equalBytes(before.duid, after.duid)) return;
    if (before !== undefined) {
      const key = clientKey(before.duid);
      const slots = this.byClient.get(key) as Slot[];
      if (slots.length === 1) this.byClient.delete(key);
      else slots.splice(slots.indexOf(slot), 1);
    }
    slot.siblings = after === undefined ? undefined : this.joinClient(slot, clientKey(after.duid));
  }

  private joinClient(slot: Slot, key: string): readonly Slot[] {
    const slots = this.byClient.get(key);
    if (slots !== undefined) {
      slots.push(slot);
      return slots;
    }
    const alone = [slot];
    this.byClient.set(key, alone);
    return alone;
  }

  private count(slot: Slot, old: Lease | undefined): void {
    const { lease } = slot;
    const index = this.poolOf(lease);
    if (index === undefined) return;
    const use = this.pools[index] as PoolUse;
    use.inUse += Number(isInUse(lease)) - Number(old !== undefined && isInUse(old));
    if (lease.status === 'FREE-BACKUP') use.backup.add(slot);
    else use.backup.delete(slot);
  }
}

function isInUse({ status }: Lease): boolean {
  return status !== 'FREE' && status !== 'FREE-BACKUP';
}

/**
 * Leases time out a little late, so that the partner agrees that they have (figure 4, time(1)): its clock may be so much
 * behind (§7.5.1), and it asks for an end that is so much past.
 */
const TIMEOUT_GRACE_SECONDS = 2 * SAME_TIME_SECONDS + 1;

/**
 * When this server ends the present status by itself, in Unix seconds, or `undefined` if never. An ACTIVE lease
 * lasts as long as either the client or, by what we acked, the partner may count on it (§5.5.7, §7.3).
 */
export function timeoutOf(lease: Lease, now: number): number | undefined {
  const { status, stateExpirationTime, expirationTime } = lease;
  if (stateExpirationTime === undefined || (status !== 'ACTIVE' && status !== 'ABANDONED')) return undefined;
  const end =
    expirationTime === undefined ? stateExpirationTime : laterOf(stateExpirationTime, expirationTime);
  return unixMillisOf(end, now) / 1000 + TIMEOUT_GRACE_SECONDS;
}

/** Unix milliseconds of an absolute time that is less than 2^31 seconds from `now`. */
export function unixMillisOf(time: number, now: number): number {
  const seconds = toEpoch2000(now);
  return (Math.floor(now / 1000) + secondsBetween(seconds, time)) * 1000;
}
