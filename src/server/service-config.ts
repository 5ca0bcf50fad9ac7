/** What the DHCPv6 service is configured with, as values. How a file says it is in config-shape.ts. */
import type { Ipv6Prefix } from '../base/ipv6.ts';

export interface ServiceConfig {
  /** Our DUID. */
  readonly serverId: Uint8Array;
  /** OPTION_PREFERENCE of ADVERTISE; 0 is not sent (RFC 8415 §18.3.9). */
  readonly preference: number;
  /** Answer a SOLICIT that asks for it with a REPLY (RFC 8415 §18.3.1). */
  readonly rapidCommit: boolean;
  readonly links: readonly ServiceLink[];
  /** 16 octets each; for clients that ask for them. */
  readonly dnsServers: readonly Uint8Array[];
  readonly domainList: readonly string[];
}

/** A link with clients and what may be leased there. */
export interface ServiceLink {
  /** Addresses under it are appropriate for the link. */
  readonly prefix: Ipv6Prefix;
  /** Which endpoint looks after its leases. */
  readonly relationship: number;
  /** Indexes of the endpoint's address pools, in order of preference. */
  readonly addressPools: readonly number[];
  readonly prefixPools: readonly ServicePrefixPool[];
  /** What configuration wants clients to get, seconds; failover may give less (RFC 8156 §4.4). */
  readonly preferredLifetimeSeconds: number;
  readonly validLifetimeSeconds: number;
}

export interface ServicePrefixPool {
  /** Index of the endpoint's pool. */
  readonly pool: number;
  /** Bits. */
  readonly delegatedLength: number;
}
