/**
 * What a running server is and does, as the values that its control, its metrics and `leasetap ctl` show. Names are
 * those of JSON output; absolute times are seconds since 2000 with an ISO twin.
 */
import { toHex } from '../base/bytes.ts';
import { formatIpv6 } from '../base/ipv6.ts';
import { formatSocketAddress } from '../base/socket-address.ts';
import { isoOfEpoch2000 } from '../base/time.ts';
import type { Pool } from '../failover/config.ts';
import { type Lease, resourceText } from '../failover/lease.ts';
import type { RelationshipConfig } from './config.ts';
import type { FailoverServer } from './driver.ts';
import type { EndpointDriver } from './endpoint-driver.ts';

export interface ServerStatus {
  readonly version: string;
  readonly duid: string;
  readonly started_iso: string;
  readonly uptime_seconds: number;
  readonly listening: { readonly failover: readonly string[]; readonly dhcpv6: readonly string[] };
  /** How often: by type of the answer, and by reason. */
  readonly clients: {
    readonly answered: Readonly<Record<string, number>>;
    readonly unanswered: Readonly<Record<string, number>>;
  };
  readonly relationships: readonly RelationshipStatus[];
}

export interface RelationshipStatus {
  readonly name: string;
  readonly role: 'primary' | 'secondary';
  readonly state: string;
  readonly since: number;
  readonly since_iso: string;
  readonly communications: 'ok' | 'interrupted';
  readonly partner_address: string;
  /** Why the latest attempts to connect have failed; `null` if they have not. A secondary does not try. */
  readonly connection_trouble: ConnectionTrouble | null;
  /** As last heard; `null` if never. */
  readonly partner_state: string | null;
  readonly partner_since: number | null;
  readonly partner_since_iso: string | null;
  /** What clients may expect: responsive, renew-responsive or unresponsive. */
  readonly responsiveness: string;
  /** The partner's clock minus ours, averaged; `null` if not measured on this connection. */
  readonly skew_seconds: number | null;
  readonly updates_needed: number;
  readonly updates_unacked: number;
  /** Failover messages by type, since the server started. */
  readonly messages: {
    readonly sent: Readonly<Record<string, number>>;
    readonly received: Readonly<Record<string, number>>;
  };
  /** What happens next, soonest first; what waits on others has no time. */
  readonly next: readonly NextEvent[];
  readonly pools: readonly PoolStatus[];
  /** The latest transitions and alarms since the server started, oldest first. */
  readonly history: readonly HistoryEntry[];
}

export interface ConnectionTrouble {
  readonly since_iso: string;
  readonly attempts: number;
  readonly why: string;
}

export interface HistoryEntry {
  readonly time_iso: string;
  readonly kind: 'transition' | 'alarm';
  readonly text: string;
  /** Of RFC 8156. */
  readonly section: string;
}

export interface NextEvent {
  readonly what: string;
  /** Of RFC 8156. */
  readonly section: string;
  readonly at_iso: string | null;
  readonly in_seconds: number | null;
}

export interface PoolStatus {
  readonly kind: 'address' | 'prefix';
  readonly range: string;
  /** Addresses or delegated prefixes in all. */
  readonly size: number;
  /** Leases on record by binding-status; the rest of `size` was never leased. */
  readonly leases: Readonly<Record<string, number>>;
}

export interface LeaseStatus {
  readonly relationship: string;
  /** `2001:db8::1` or `2001:db8:8000::/56`. */
  readonly resource: string;
  readonly kind: 'address' | 'prefix';
  readonly binding_status: string;
  /** DUID of the client that has the lease, or had it last. */
  readonly client: string | null;
  readonly ia: string | null;
  readonly iaid: number | null;
  readonly valid_lifetime: number | null;
  readonly start_time_of_state: number;
  readonly start_time_of_state_iso: string;
  readonly state_expiration_time: number | null;
  readonly state_expiration_time_iso: string | null;
  readonly expiration_time: number | null;
  readonly acked_partner_lifetime: number | null;
  readonly partner_lifetime: number | null;
  readonly client_last_transaction_time: number | null;
  readonly partner_raw_clt_time: number | null;
  /** The partner has not acknowledged what the lease is now. */
  readonly update_needed: boolean;
  readonly rejected_with: number | null;
}

export function serverStatus(server: FailoverServer, version: string, now: number): ServerStatus {
  const { failover, dhcpv6 } = server.listening;
  return {
    version,
    duid: toHex(server.duid),
    started_iso: new Date(server.startedAt).toISOString(),
    uptime_seconds: Math.floor((now - server.startedAt) / 1000),
    listening: { failover: failover.map(formatSocketAddress), dhcpv6: dhcpv6.map(formatSocketAddress) },
    clients: { answered: server.answered.counted(), unanswered: server.unanswered.counted() },
    relationships: server.config.relationships.map((config, index) =>
      relationshipStatus(config, server.endpoints[index] as EndpointDriver, now),
    ),
  };
}

function relationshipStatus(
  config: RelationshipConfig,
  driver: EndpointDriver,
  now: number,
): RelationshipStatus {
  const { endpoint, trouble } = driver;
  const told = endpoint.explain();
  return {
    name: config.name,
    role: config.role,
    state: told.state,
    since: told.since,
    since_iso: isoOfEpoch2000(told.since),
    communications: told.communicationsOk ? 'ok' : 'interrupted',
    partner_address: config.partner.address,
    connection_trouble:
      trouble === undefined
        ? null
        : { since_iso: new Date(trouble.since).toISOString(), attempts: trouble.attempts, why: trouble.why },
    partner_state: told.partnerState ?? null,
    partner_since: told.partnerSince ?? null,
    partner_since_iso: isoOrNull(told.partnerSince),
    responsiveness: told.responsiveness,
    skew_seconds: told.skewSeconds ?? null,
    updates_needed: told.updatesNeeded,
    updates_unacked: told.updatesUnacked,
    messages: { sent: endpoint.messages.sent, received: endpoint.messages.received },
    next: told.next.map(({ what, section, at }) => ({
      what,
      section,
      at_iso: at === undefined ? null : new Date(at).toISOString(),
      in_seconds: at === undefined ? null : Math.max(0, Math.round((at - now) / 1000)),
    })),
    pools: poolsOf(driver),
    history: driver.history.map(({ time, ...entry }) => ({
      time_iso: new Date(time).toISOString(),
      ...entry,
    })),
  };
}

function poolsOf({ endpoint }: EndpointDriver): readonly PoolStatus[] {
  const counts = endpoint.config.pools.map(() => new Map<string, number>());
  for (const lease of endpoint.allLeases()) {
    const count = counts[endpoint.clients.poolOf(lease) ?? -1];
    count?.set(lease.status, (count.get(lease.status) ?? 0) + 1);
  }
  return endpoint.config.pools.map((pool, index) => ({
    kind: pool.kind,
    range: rangeText(pool),
    size: sizeOf(pool),
    leases: Object.fromEntries(counts[index] ?? []),
  }));
}

function rangeText(pool: Pool): string {
  if (pool.kind === 'address') return `${formatIpv6(pool.first)} - ${formatIpv6(pool.last)}`;
  return `${formatIpv6(pool.prefix.address)}/${pool.prefix.length} in /${pool.delegatedLength}`;
}

function sizeOf(pool: Pool): number {
  if (pool.kind === 'prefix') return 2 ** (pool.delegatedLength - pool.prefix.length);
  const number = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes)}`);
  return Number(number(pool.last) - number(pool.first) + 1n);
}

export function leaseStatus(relationship: string, lease: Lease): LeaseStatus {
  const { holder } = lease;
  return {
    relationship,
    resource: resourceText(lease),
    kind: lease.kind,
    binding_status: lease.status,
    client: holder === undefined ? null : toHex(holder.duid),
    ia: holder?.iaKind ?? null,
    iaid: holder?.iaid ?? null,
    valid_lifetime: holder?.validLifetime ?? null,
    start_time_of_state: lease.startTimeOfState,
    start_time_of_state_iso: isoOfEpoch2000(lease.startTimeOfState),
    state_expiration_time: lease.stateExpirationTime ?? null,
    state_expiration_time_iso: isoOrNull(lease.stateExpirationTime),
    expiration_time: lease.expirationTime ?? null,
    acked_partner_lifetime: lease.ackedPartnerLifetime ?? null,
    partner_lifetime: lease.partnerLifetime ?? null,
    client_last_transaction_time: lease.clientLastTransactionTime ?? null,
    partner_raw_clt_time: lease.partnerRawCltTime ?? null,
    update_needed: lease.updateNeeded,
    rejected_with: lease.rejectedWith ?? null,
  };
}

function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : isoOfEpoch2000(time);
}
