/**
 * All leases that this endpoint knows, in memory, with the indexes that it needs: by resource, by client, by timeout,
 * and per pool how many prefixes are not free. It keeps what it is given; meaning is elsewhere.
 */
import { laterOf, SAME_TIME_SECONDS, secondsBetween, toEpoch2000 } from '../base/time.ts';
import type { Pool } from './config.ts';
import { ExpiryQueue } from './expiry.ts';
import { type ClientIa, clientKey, type Lease, type Resource, resourceKey, sameClientIa } from './lease.ts';
import { type PoolMap, poolMap } from './pool.ts';
import type { EndpointState } from './state.ts';

/** Counts and members of one pool. */
export interface PoolUse {
  readonly map: PoolMap;
  /** Leases on record that are neither FREE nor FREE-BACKUP. */
  inUse: number;
  /** Keys of FREE-BACKUP leases, oldest first. */
  readonly backup: Set<string>;
  /** A walk through all of it found nothing, in which state and when; nothing in it got free since by a change. */
  empty: { readonly state: EndpointState; readonly since: number } | undefined;
}

const NO_LEASES: readonly Lease[] = [];

export class Bindings {
  readonly pools: readonly PoolUse[];
  private readonly byKey = new Map<string, Lease>();
  /** Leases of a client by DUID; most clients have one or two. */
  private readonly byClient = new Map<string, readonly string[]>();
  private readonly expiry = new ExpiryQueue();

  constructor(pools: readonly Pool[]) {
    this.pools = pools.map((pool) => ({
      map: poolMap(pool),
      inUse: 0,
      backup: new Set(),
      empty: undefined,
    }));
  }

  get size(): number {
    return this.byKey.size;
  }

  get(key: string): Lease | undefined {
    return this.byKey.get(key);
  }

  find(resource: Resource): Lease | undefined {
    return this.byKey.get(resourceKey(resource));
  }

  /** Every lease; may be walked while leases change. */
  values(): IterableIterator<Lease> {
    return this.byKey.values();
  }

  keys(): IterableIterator<string> {
    return this.byKey.keys();
  }

  /** Leases whose last holder is this client, whatever their status. */
  ofClient(client: ClientIa): readonly Lease[] {
    const keys = this.byClient.get(clientKey(client.duid));
    if (keys === undefined) return NO_LEASES;
    const leases: Lease[] = [];
    for (const key of keys) {
      const lease = this.byKey.get(key);
      if (lease?.holder !== undefined && sameClientIa(lease.holder, client)) leases.push(lease);
    }
    return leases;
  }

  /** Keys of all leases whose last holder has this DUID. */
  keysOfDuid(duid: Uint8Array): readonly string[] {
    return this.byClient.get(clientKey(duid)) ?? [];
  }

  poolOf(resource: Resource): number | undefined {
    const index = this.pools.findIndex(({ map }) => map.contains(resource));
    return index < 0 ? undefined : index;
  }

  /** Puts or replaces a lease. `now` (Unix milliseconds) tells which of two centuries its times mean. */
  set(key: string, lease: Lease, now: number): void {
    const old = this.byKey.get(key);
    this.byKey.set(key, lease);
    if (old?.holder !== lease.holder) this.indexClient(key, old, lease);
    if (old?.status !== lease.status) this.count(key, old, lease);
    if (lease.status !== 'ACTIVE') this.mayHaveFreed(lease);
    const at = timeoutOf(lease, now);
    if (at !== undefined) this.expiry.schedule(key, at);
  }

  /** The soonest Unix millisecond at which a lease may time out, or Infinity. */
  nextTimeout(): number {
    return this.expiry.next();
  }

  /** A lease that has timed out by `now`, or `undefined`. Each is returned once. */
  takeTimedOut(now: number): Lease | undefined {
    for (let key = this.expiry.takeDue(now); key !== undefined; key = this.expiry.takeDue(now)) {
      const lease = this.byKey.get(key) as Lease;
      const at = timeoutOf(lease, now);
      if (at === undefined) continue;
      if (at <= now) return lease;
      this.expiry.schedule(key, at);
    }
    return undefined;
  }

  private mayHaveFreed(lease: Lease): void {
    const index = this.poolOf(lease);
    if (index !== undefined) (this.pools[index] as PoolUse).empty = undefined;
  }

  private indexClient(key: string, old: Lease | undefined, lease: Lease): void {
    const before = old?.holder === undefined ? undefined : clientKey(old.holder.duid);
    const after = lease.holder === undefined ? undefined : clientKey(lease.holder.duid);
    if (before === after) return;
    if (before !== undefined) {
      const rest = (this.byClient.get(before) ?? []).filter((other) => other !== key);
      if (rest.length === 0) this.byClient.delete(before);
      else this.byClient.set(before, rest);
    }
    if (after !== undefined) this.byClient.set(after, [...(this.byClient.get(after) ?? []), key]);
  }

  private count(key: string, old: Lease | undefined, lease: Lease): void {
    const index = this.poolOf(lease);
    if (index === undefined) return;
    const use = this.pools[index] as PoolUse;
    use.inUse += Number(isInUse(lease)) - Number(old !== undefined && isInUse(old));
    if (lease.status === 'FREE-BACKUP') use.backup.add(key);
    else use.backup.delete(key);
  }
}

function isInUse({ status }: Lease): boolean {
  return status !== 'FREE' && status !== 'FREE-BACKUP';
}

/** Leases time out a little late, so that a partner whose clock is as far off as it may be agrees that they have. */
const TIMEOUT_GRACE_SECONDS = SAME_TIME_SECONDS + 1;

/**
 * When this server ends the present status by itself, in Unix milliseconds, or `undefined` if never. An ACTIVE lease
 * lasts as long as either the client or, by what we acked, the partner may count on it (§5.5.7, §7.3).
 */
export function timeoutOf(lease: Lease, now: number): number | undefined {
  const { status, stateExpirationTime, expirationTime } = lease;
  if (stateExpirationTime === undefined || (status !== 'ACTIVE' && status !== 'ABANDONED')) return undefined;
  const end =
    expirationTime === undefined ? stateExpirationTime : laterOf(stateExpirationTime, expirationTime);
  return unixMillisOf(end, now) + TIMEOUT_GRACE_SECONDS * 1000;
}

/** Unix milliseconds of an absolute time that is less than 2^31 seconds from `now`. */
export function unixMillisOf(time: number, now: number): number {
  const seconds = toEpoch2000(now);
  return (Math.floor(now / 1000) + secondsBetween(seconds, time)) * 1000;
}
