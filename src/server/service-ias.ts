/**
 * What each IA of a client's message gets (RFC 8415 §18.3.1–§18.3.8): leases to keep or to give, leases to withdraw, or
 * a status. Only questions are asked of the endpoint here; what is to change comes out as LeaseChanges.
 */
import { equalBytes } from '../base/bytes.ts';
import { prefixContains } from '../base/ipv6.ts';
import type { ClientLeases } from '../failover/client-leases.ts';
import type { LeaseChange } from '../failover/io.ts';
import { type ClientIa, type Resource, sameClientIa } from '../failover/lease.ts';
import { StatusCode } from '../wire/codes.ts';
import type { Ia } from '../wire/dhcpv6-messages.ts';
import type { Status } from '../wire/messages.ts';
import type { ServiceLink } from './service-config.ts';

/** Leases of one IA that are extended together; whoever has more got them elsewhere. */
const EXTENDED_PER_IA_MAX = 32;
/** Leases without a record that one IA gets back: servers give one each, so more is a grab. */
const REBOUND_PER_IA_MAX = 4;

/** One message of a client on one link, while its answer is worked out. */
export interface Turn {
  readonly link: ServiceLink;
  readonly leases: ClientLeases;
  readonly duid: Uint8Array;
  readonly now: number;
  /** What this answer gives already. */
  readonly taken: Resource[];
}

export interface Granted {
  readonly resource: Resource;
  /** Seconds. */
  readonly preferredLifetime: number;
  /** Seconds. */
  readonly validLifetime: number;
}

/** What one IA gets. */
export interface IaAnswer {
  readonly ia: Ia;
  readonly granted: readonly Granted[];
  /** Sent back with lifetimes of 0: the client must not use them. */
  readonly withdrawn: readonly Resource[];
  readonly status?: Status;
}

/** For SOLICIT and REQUEST: the leases that the IA has, or new ones. */
export function assign(turn: Turn, ia: Ia): IaAnswer {
  if (ia.kind === 'IA_TA') return refused(ia);
  const owner = ownerOf(turn, ia);
  const kept = grantAll(turn, owner, ownLeases(turn, owner));
  if (kept.length > 0) return { ia, granted: kept, withdrawn: [] };
  for (const { pool, hint } of candidates(turn, ia)) {
    const resource = turn.leases.pick(pool, owner, turn.now, hint, turn.taken);
    const granted = resource === undefined ? [] : grantAll(turn, owner, [resource]);
    if (granted.length > 0) return { ia, granted, withdrawn: [] };
  }
  return refused(ia);
}

/** For REQUEST only: addresses that can't be used on the client's link (RFC 8415 §18.3.2). */
export function notOnLink(turn: Turn, ia: Ia): boolean {
  return ia.leases.some(
    ({ kind, address }) => kind === 'address' && !prefixContains(turn.link.prefix, address),
  );
}

/** For RENEW. `undefined`: nothing is said about this IA. */
export function renew(turn: Turn, ia: Ia): IaAnswer | undefined {
  const owner = ownerOf(turn, ia);
  const onRecord = ownLeases(turn, owner);
  if (!turn.leases.mayAllocate(turn.now)) {
    // RECOVER-DONE (RFC 8156 §8.7.1): only leases that the message names, and only if they are on record.
    const granted = grantAll(
      turn,
      owner,
      onRecord.filter((lease) => names(ia, lease)),
    );
    return granted.length > 0 ? { ia, granted, withdrawn: [] } : undefined;
  }
  if (onRecord.length === 0) return noBinding(ia);
  const granted = grantAll(turn, owner, onRecord);
  const withdrawn = ia.leases.filter((lease) => !onRecord.some((own) => sameResource(own, lease)));
  return granted.length + withdrawn.length > 0 ? { ia, granted, withdrawn } : undefined;
}

/**
 * For REBIND. `undefined`: nothing is said about this IA. A lease that we have no record of may be one that our partner
 * gave and could not tell us about any more: it is bound again if it may be (RFC 8156 §4.4), and withdrawn only if it
 * is certainly not the client's.
 */
export function rebind(turn: Turn, ia: Ia): IaAnswer | undefined {
  const owner = ownerOf(turn, ia);
  const onRecord = ownLeases(turn, owner);
  if (onRecord.length > 0) return renew(turn, ia);
  if (ia.leases.length === 0) return noBinding(ia);
  const usable = ia.leases.filter((lease) => isOfLink(turn, lease)).slice(0, REBOUND_PER_IA_MAX);
  const granted = grantAll(turn, owner, usable);
  const withdrawn = ia.leases.filter((lease) => isForeign(turn, owner, lease));
  return granted.length + withdrawn.length > 0 ? { ia, granted, withdrawn } : undefined;
}

/** For RELEASE and DECLINE: the named leases that are the IA's own; `undefined` if it has no binding at all. */
export function giveBack(turn: Turn, ia: Ia, kind: 'release' | 'decline'): LeaseChange[] | undefined {
  const client = ownerOf(turn, ia);
  const active = turn.leases.activeLeases(client);
  if (active.length === 0) return undefined;
  return active
    .filter((lease) => names(ia, lease))
    .map((lease) => ({ kind, resource: resourceOf(lease), client }));
}

export function noBinding(ia: Ia): IaAnswer {
  const status = { code: StatusCode.NoBinding, message: 'no binding for this IA' };
  return { ia, granted: [], withdrawn: [], status };
}

function refused(ia: Ia): IaAnswer {
  const status =
    ia.kind === 'IA_PD'
      ? { code: StatusCode.NoPrefixAvail, message: 'no prefix available' }
      : { code: StatusCode.NoAddrsAvail, message: 'no address available' };
  return { ia, granted: [], withdrawn: [], status };
}

function ownerOf(turn: Turn, ia: Ia): ClientIa {
  return { duid: turn.duid, iaKind: ia.kind, iaid: ia.iaid };
}

/** ACTIVE leases of the IA that fit the link on which the client is. */
function ownLeases(turn: Turn, owner: ClientIa): Resource[] {
  return turn.leases
    .activeLeases(owner)
    .filter((lease) => isOfLink(turn, lease))
    .slice(0, EXTENDED_PER_IA_MAX);
}

function isOfLink(turn: Turn, resource: Resource): boolean {
  const pool = turn.leases.poolOf(resource);
  if (pool === undefined) return false;
  const { addressPools, prefixPools } = turn.link;
  return resource.kind === 'address'
    ? addressPools.includes(pool)
    : prefixPools.some((candidate) => candidate.pool === pool);
}

/** Not usable on this link, or somebody else's. */
function isForeign(turn: Turn, owner: ClientIa, lease: Resource): boolean {
  if (lease.kind === 'address' && !prefixContains(turn.link.prefix, lease.address)) return true;
  const known = turn.leases.find(lease);
  if (known === undefined) return false;
  if (known.status === 'ABANDONED') return true;
  return known.status === 'ACTIVE' && known.holder !== undefined && !sameClientIa(known.holder, owner);
}

function grantAll(turn: Turn, owner: ClientIa, resources: readonly Resource[]): Granted[] {
  const { link, leases, now, taken } = turn;
  const granted: Granted[] = [];
  for (const candidate of resources) {
    if (taken.some((other) => sameResource(other, candidate)) || !leases.mayBind(candidate, owner, now))
      continue;
    const desired = link.validLifetimeSeconds;
    const validLifetime = Math.min(desired, leases.grantableLifetime(candidate, owner, desired, now));
    if (validLifetime <= 0) continue;
    const resource = resourceOf(candidate);
    const preferredLifetime = Math.min(link.preferredLifetimeSeconds, validLifetime);
    granted.push({ resource, preferredLifetime, validLifetime });
    taken.push(resource);
  }
  return granted;
}

interface Candidate {
  readonly pool: number;
  readonly hint?: Resource;
}

/** The pools to try, that of the client's first usable hint first; then by the prefix length that it would like. */
function candidates(turn: Turn, ia: Ia): Candidate[] {
  const hint = ia.leases.find((lease) => isOfLink(turn, lease));
  const hinted = hint === undefined ? undefined : turn.leases.poolOf(hint);
  const first = hint === undefined || hinted === undefined ? [] : [{ pool: hinted, hint: resourceOf(hint) }];
  const rest = poolsFor(turn.link, ia).filter((pool) => pool !== hinted);
  return [...first, ...rest.map((pool) => ({ pool }))];
}

function poolsFor(link: ServiceLink, ia: Ia): readonly number[] {
  if (ia.kind !== 'IA_PD') return link.addressPools;
  const wanted = ia.leases[0]?.prefixLength;
  const fits = link.prefixPools.filter(({ delegatedLength }) => delegatedLength === wanted);
  const others = link.prefixPools.filter(({ delegatedLength }) => delegatedLength !== wanted);
  return [...fits, ...others].map(({ pool }) => pool);
}

function names(ia: Ia, resource: Resource): boolean {
  return ia.leases.some((lease) => sameResource(lease, resource));
}

function sameResource(a: Resource, b: Resource): boolean {
  return a.kind === b.kind && a.prefixLength === b.prefixLength && equalBytes(a.address, b.address);
}

function resourceOf({ kind, address, prefixLength }: Resource): Resource {
  return { kind, address, prefixLength };
}
