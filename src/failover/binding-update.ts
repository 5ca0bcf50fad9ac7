/**
 * Leases into BNDUPD (RFC 8156 §7.4) and a received BNDUPD into the BNDREPLY that answers it (§7.6). Only shapes and
 * times: which leases go together is the update queue's business, what is accepted is accept.ts's.
 */
import { added } from '../base/short-list.ts';
import { laterOf, secondsBetween } from '../base/time.ts';
import type { Binding, ClientData, IdentityAssociation, LeaseInfo, Status } from '../wire/messages.ts';
import { LEASES_RECEIVED_MAX } from './config.ts';
import type { Holder, Lease } from './lease.ts';
import { BINDING_STATUS_CODES } from './state.ts';

/** A BNDUPD about `leases`, which are all of one client, or one prefix that belongs to none. `now` absolute. */
export function bindingUpdate(leases: readonly Lease[], transactionId: number, now: number): Binding {
  const first = leases[0] as Lease;
  if (standsAlone(first)) {
    const prefixLease = leaseInfo(first, undefined, now);
    return { type: 'BNDUPD', transactionId, sentTime: 0, prefixLease: { ...prefixLease, baseTime: now } };
  }
  return { type: 'BNDUPD', transactionId, sentTime: 0, clientData: clientDataOf(leases, now) };
}

/** A prefix that no client holds is told by itself, without OPTION_CLIENT_DATA (§7.4). */
export function standsAlone(lease: Lease): boolean {
  if (lease.kind !== 'prefix') return false;
  return lease.holder === undefined || lease.status === 'FREE' || lease.status === 'FREE-BACKUP';
}

function clientDataOf(leases: readonly Lease[], now: number): ClientData {
  const first = leases[0] as Lease;
  const ias = [iaOf(first, now)];
  let latest = first.holder as Holder;
  for (let index = 1; index < leases.length; index++) {
    const lease = leases[index] as Lease;
    const holder = lease.holder as Holder;
    latest = holder;
    const ia = ias.find(({ kind, iaid }) => kind === holder.iaKind && iaid === holder.iaid);
    if (ia === undefined) ias.push(iaOf(lease, now));
    else ia.leases.push(leaseInfo(lease, holder, now));
  }
  const { duid, relayData, reconfigureData } = latest;
  return { clientId: duid, baseTime: now, relayData, reconfigureData, ias };
}

function iaOf(lease: Lease, now: number) {
  const holder = lease.holder as Holder;
  const { iaKind: kind, iaid, t1, t2 } = holder;
  return { kind, iaid, t1, t2, leases: [leaseInfo(lease, holder, now)] };
}

function leaseInfo(lease: Lease, holder: Holder | undefined, now: number): LeaseInfo {
  const { clientLastTransactionTime, partnerRawCltTime, stateExpirationTime } = lease;
  // Those marked * in §7.4 go with a status that has a timeout, and only with it.
  const ends = stateExpirationTime !== undefined;
  const aboutClient = holder !== undefined;
  return {
    kind: lease.kind,
    address: lease.address,
    prefixLength: lease.prefixLength,
    preferredLifetime: holder?.preferredLifetime ?? 0,
    validLifetime: holder?.validLifetime ?? 0,
    status: undefined,
    bindingStatus: BINDING_STATUS_CODES[lease.status],
    startTimeOfState: lease.startTimeOfState,
    stateExpirationTime,
    cltTime:
      aboutClient && clientLastTransactionTime !== undefined
        ? Math.max(0, secondsBetween(clientLastTransactionTime, now))
        : undefined,
    partnerLifetime: ends ? partnerLifetimeToSend(lease, stateExpirationTime) : undefined,
    partnerLifetimeSent: undefined,
    partnerRawCltTime: aboutClient ? partnerRawCltTime : undefined,
    expirationTime: ends ? (lease.expirationTime ?? 0) : undefined,
    clientFqdn: holder?.clientFqdn,
  };
}

/** What is left to tell, or else, when all is told again (UPDREQALL), what was told before. */
function partnerLifetimeToSend(lease: Lease, stateExpirationTime: number): number {
  const { partnerLifetime, ackedPartnerLifetime } = lease;
  if (partnerLifetime !== undefined) return laterOf(partnerLifetime, stateExpirationTime);
  return ackedPartnerLifetime === undefined
    ? stateExpirationTime
    : laterOf(ackedPartnerLifetime, stateExpirationTime);
}

/** Verdicts on one BNDUPD: for all of it, or for each lease in the order in which they stand in it. */
export interface Verdicts {
  readonly overall?: Status;
  readonly leases: readonly (Status | undefined)[];
}

/** The BNDREPLY to `update` (§7.6). A status stands only where something was rejected. */
export function bindingReply(update: Binding, verdicts: Verdicts): Binding {
  const { clientData, prefixLease, transactionId } = update;
  const { overall } = verdicts;
  const base = { type: 'BNDREPLY', transactionId, sentTime: 0 } as const;
  if (clientData !== undefined) {
    const { clientId, vss } = clientData;
    const ias = isTooLarge(clientData) ? [] : echoes(clientData.ias, verdicts.leases);
    return {
      type: 'BNDREPLY',
      transactionId,
      sentTime: 0,
      clientData: { clientId, vss, status: overall, ias },
    };
  }
  if (prefixLease !== undefined) {
    const { vss } = prefixLease;
    const lease = echo(prefixLease, overall ?? verdicts.leases[0]);
    return { ...base, prefixLease: vss === undefined ? lease : { ...lease, vss } };
  }
  return overall === undefined ? base : { ...base, status: overall };
}

/** Whether there is more in it than we take up. */
export function isTooLarge({ ias }: ClientData): boolean {
  let leases = 0;
  for (const ia of ias) leases += ia.leases.length;
  return ias.length > LEASES_RECEIVED_MAX || leases > LEASES_RECEIVED_MAX;
}

function echoes(
  ias: readonly IdentityAssociation[],
  verdicts: readonly (Status | undefined)[],
): IdentityAssociation[] {
  let all: IdentityAssociation[] = [];
  let at = 0;
  for (const { kind, iaid, t1, t2, leases: received } of ias) {
    let leases: LeaseInfo[] = [];
    for (const lease of received) leases = added(leases, echo(lease, verdicts[at++]));
    all = added(all, { kind, iaid, t1, t2, leases });
  }
  return all;
}

function echo(received: LeaseInfo, status: Status | undefined): LeaseInfo {
  return {
    kind: received.kind,
    address: received.address,
    prefixLength: received.prefixLength,
    preferredLifetime: received.preferredLifetime,
    validLifetime: received.validLifetime,
    status,
    bindingStatus: received.bindingStatus,
    startTimeOfState: undefined,
    stateExpirationTime: received.stateExpirationTime,
    cltTime: undefined,
    partnerLifetime: undefined,
    partnerLifetimeSent: received.partnerLifetime,
    partnerRawCltTime: undefined,
    expirationTime: undefined,
    clientFqdn: undefined,
  };
}
