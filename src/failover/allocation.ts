/**
 * Who may give which lease to whom, and when: RFC 8156 §4.2 (independent and proportional allocation, reallocation) and
 * the parts of §8 that say which pool a state may use. Pure questions about one resource, and the search for one.
 */
import { addSeconds, isAfter, laterOf, toEpoch2000 } from '../base/time.ts';
import type { Bindings, PoolUse } from './bindings.ts';
import { type ClientIa, type Lease, type Resource, sameClientIa, sameResource } from './lease.ts';
import type { Role } from './machine.ts';
import { ownerOfAddress } from './pool.ts';
import type { EndpointState } from './state.ts';

/** The part of an endpoint's situation that allocation depends on. */
export interface Situation {
  readonly role: Role;
  readonly state: EndpointState;
  /** Seconds. */
  readonly mclt: number;
  /** Absolute; while in PARTNER-DOWN. */
  readonly partnerDownTime: number | undefined;
  /**
   * In PARTNER-DOWN, and nothing was heard of the partner since. A partner that is back has its updates once: what is given
   * from then on it may not know of when it has to go on alone, so that the MCLT counts again and its pool is its own.
   */
  readonly alone: boolean;
  /** Absolute; from RECOVER until the partner, in NORMAL, has told what it knows. */
  readonly timeOfFailure?: number | undefined;
}

/** Which of several reasons lets this client have this resource; the lower the better (§8.4.1: own pool first). */
export type Claimable = 'kept' | 'own' | 'partners' | undefined;

/** Numbers tried at random before a pool is walked. */
const PROBES = 64;
/** Resources looked at by one walk through a pool. */
const WALK_MAX = 65_536;
/**
 * An empty pool is walked again after so long where time alone sets leases free, in PARTNER-DOWN, and where a walk does
 * not reach all of it. Elsewhere it waits for a change.
 */
const EMPTY_MILLIS = 1000;

/**
 * Whether `client` may have `resource` now. 'kept': it holds it, or may have it again; 'own': from the pool that this
 * server may always use; 'partners': from the partner's, in PARTNER-DOWN.
 */
export function claimable(
  situation: Situation,
  lease: Lease | undefined,
  resource: Resource,
  client: ClientIa,
  now: number,
): Claimable {
  if (lease !== undefined) {
    const same = lease.holder !== undefined && sameClientIa(lease.holder, client);
    if (lease.status === 'ACTIVE') {
      return same && !mayBeAnothers(situation.timeOfFailure, lease, now) ? 'kept' : undefined;
    }
    const ended = lease.status === 'EXPIRED' || lease.status === 'RELEASED';
    // §4.2.2.1, §8.8.1: to the same client again, as long as the partner was not told.
    if (ended && same && !lease.updateSent) return 'kept';
    if (lease.status === 'ABANDONED') return undefined;
    if (lease.status !== 'FREE' && lease.status !== 'FREE-BACKUP') {
      return mayReallocate(situation, lease, now) ? poolOf(situation, lease, resource, now) : undefined;
    }
    // Not yet acknowledged: the partner may still think that it is its own to give.
    if (lease.updateNeeded && !mayReallocate(situation, lease, now)) return undefined;
  }
  return poolOf(situation, lease, resource, now);
}

/** Whose pool a resource that nobody holds comes from, if this server may use that pool now. */
function poolOf(situation: Situation, lease: Lease | undefined, resource: Resource, now: number): Claimable {
  if (resource.kind === 'address') {
    // §4.2.1: never the partner's addresses, not even in PARTNER-DOWN.
    return ownerOfAddress(resource.address) === situation.role ? 'own' : undefined;
  }
  const owner: Role = lease?.status === 'FREE-BACKUP' ? 'secondary' : 'primary';
  if (owner === situation.role) return 'own';
  return partnersPoolIsUsable(situation, now) ? 'partners' : undefined;
}

/** §4.2.2.1, §8.4.1: the partner's delegable prefixes, the MCLT after entering PARTNER-DOWN. */
function partnersPoolIsUsable({ alone, partnerDownTime, mclt }: Situation, now: number): boolean {
  return (
    alone && partnerDownTime !== undefined && isAfter(toEpoch2000(now), addSeconds(partnerDownTime, mclt))
  );
}

/**
 * §8.4.1, §4.2.2.1: in PARTNER-DOWN, a lease that its client gave up or lost may go to another one the MCLT after the
 * latest of: its expiration, what was told to the partner, what was acknowledged by either, its present state's
 * beginning (§7.2 (4)) and the entry into PARTNER-DOWN. In any other state only the partner's acknowledgement frees it.
 */
export function mayReallocate(situation: Situation, lease: Lease, now: number): boolean {
  if (situation.state !== 'PARTNER-DOWN' || situation.partnerDownTime === undefined) return false;
  let latest = laterOf(situation.partnerDownTime, lease.startTimeOfState);
  for (const time of [
    lease.stateExpirationTime,
    lease.partnerLifetime,
    lease.ackedPartnerLifetime,
    lease.expirationTime,
  ]) {
    if (time !== undefined) latest = laterOf(latest, time);
  }
  return isAfter(toEpoch2000(now), addSeconds(latest, situation.mclt));
}

/**
 * Whether the partner may have given this ACTIVE lease to another client without our knowing. While this server was down or
 * recovering, the partner in PARTNER-DOWN might do so with what was over for the MCLT (§8.4.1), also after it answered our
 * UPDREQ. What this server dealt with since `timeOfFailure` (absolute; absent: it is not recovering) is its own.
 */
export function mayBeAnothers(timeOfFailure: number | undefined, lease: Lease, now: number): boolean {
  const { status, stateExpirationTime, expirationTime, clientLastTransactionTime } = lease;
  if (timeOfFailure === undefined || status !== 'ACTIVE' || stateExpirationTime === undefined) return false;
  if (clientLastTransactionTime !== undefined && isAfter(clientLastTransactionTime, timeOfFailure))
    return false;
  const end =
    expirationTime === undefined ? stateExpirationTime : laterOf(stateExpirationTime, expirationTime);
  return isAfter(toEpoch2000(now), end);
}

/** Finds a resource of `use` for `client`: its own earlier one, the hint, a free one; the partner's at the very last. */
export function pick(
  situation: Situation,
  bindings: Bindings,
  use: PoolUse,
  client: ClientIa,
  now: number,
  hint: Resource | undefined,
  taken: readonly Resource[],
): Resource | undefined {
  let partners: Resource | undefined;
  const fits = (resource: Resource): boolean => {
    if (taken.some((one) => sameResource(one, resource))) return false;
    const claim = claimable(situation, bindings.find(resource), resource, client, now);
    if (claim === 'partners') partners ??= resource;
    return claim === 'kept' || claim === 'own';
  };
  for (const lease of bindings.ofClient(client)) if (use.map.contains(lease) && fits(lease)) return lease;
  if (hint !== undefined && use.map.contains(hint) && fits(hint)) return hint;
  if (use.map.pool.kind === 'prefix' && situation.role === 'secondary') {
    for (const { lease } of use.backup) if (fits(lease)) return lease;
    if (situation.state !== 'PARTNER-DOWN') return undefined;
  }
  if (isStillEmpty(use, situation, now)) return undefined;
  const found = search(use, client, fits) ?? partners;
  // What this answer takes already may be free to others.
  const empty = found === undefined && !taken.some((resource) => use.map.contains(resource));
  use.empty = empty ? { state: situation.state, since: now } : undefined;
  return found;
}

function isStillEmpty({ empty, map }: PoolUse, { state }: Situation, now: number): boolean {
  if (empty === undefined || empty.state !== state) return false;
  const wasAll = map.size <= WALK_MAX;
  return (wasAll && state !== 'PARTNER-DOWN') || Math.abs(now - empty.since) < EMPTY_MILLIS;
}

/** First where the client's hash leads, then from there on through the pool. */
function search(use: PoolUse, client: ClientIa, fits: (resource: Resource) => boolean): Resource | undefined {
  const { size } = use.map;
  let hash = hashOf(client);
  const probes = Math.min(PROBES, size / 2);
  for (let probe = 0; probe < probes; probe++) {
    const resource = use.map.at(hash % size);
    if (fits(resource)) return resource;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  }
  const first = hashOf(client) % size;
  const steps = Math.min(size, WALK_MAX);
  for (let step = 0; step < steps; step++) {
    const resource = use.map.at((first + step) % size);
    if (fits(resource)) return resource;
  }
  return undefined;
}

/** FNV-1a over DUID, kind and IAID: the same client is led to the same address. */
function hashOf(client: ClientIa): number {
  let hash = 0x811c9dc5;
  for (const octet of client.duid) hash = Math.imul(hash ^ octet, 0x01000193);
  hash = Math.imul(hash ^ client.iaid, 0x01000193);
  hash = Math.imul(hash ^ client.iaKind.charCodeAt(3), 0x01000193);
  return (hash ^ (hash >>> 13)) >>> 0;
}
