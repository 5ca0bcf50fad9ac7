/** What an endpoint is configured with, and the limits that bound what a partner can make it do. */
import type { Ipv6Prefix } from '../base/ipv6.ts';

/** Addresses are shared by their low-order bit (§4.2.1.1), so both servers configure the same range. */
export interface AddressPool {
  readonly kind: 'address';
  /** First and last address, 16 octets each. */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** All prefixes of `delegatedLength` bits under `prefix` (FIXED_PD_LENGTH). */
export interface PrefixPool {
  readonly kind: 'prefix';
  readonly prefix: Ipv6Prefix;
  readonly delegatedLength: number;
}

export type Pool = AddressPool | PrefixPool;

export interface EndpointConfig {
  readonly role: 'primary' | 'secondary';
  /** Sent in CONNECT; absent if it is the only relationship of the two servers (§6.1.1). */
  readonly relationshipName?: string;
  readonly pools: readonly Pool[];
  /** Seconds. A secondary uses the primary's once connected (§6.1.2). */
  readonly mclt: number;
  /** FO_KEEPALIVE_TIME, seconds (§6.5). */
  readonly keepaliveSeconds: number;
  /** FO_CONTACT_PER_KEEPALIVE_TIME. */
  readonly contactsPerKeepalive: number;
  /** OPTION_F_MAX_UNACKED_BNDUPD that we tell the partner. */
  readonly maxUnackedBndupd: number;
  /** How long STARTUP waits for the partner (§8.3.2 step 3). */
  readonly startupSeconds: number;
  /** Period of connection attempts, and after a rejection (§6.1). */
  readonly reconnectSeconds: number;
  readonly rejectedReconnectSeconds: number;
  /** How long a CONNECT may stay unanswered. */
  readonly connectReplySeconds: number;
  /** Enter PARTNER-DOWN after so long in COMMUNICATIONS-INTERRUPTED; absent: never by itself (§8.9). */
  readonly autoPartnerDownSeconds?: number;
  /**
   * With nothing in stable storage and no partner during STARTUP: PARTNER-DOWN (true) or RECOVER (false), which waits for
   * the partner (§8.3.2 step 1). Absent: PARTNER-DOWN for a primary and RECOVER for a secondary, as in §8.2.
   */
  readonly partnerDownIfAlone?: boolean;
  /** Share of available delegable prefixes that the secondary should have, 0 to 1 (§4.2.2). */
  readonly secondaryShare: number;
  /** Rebalance when the secondary's share is off by more than this fraction of its target (§4.2.2). */
  readonly rebalanceThreshold: number;
  /** Most prefixes of one pool that the secondary is given, however large the pool. */
  readonly backupPrefixesMax: number;
  /** Drop the connection when UPDDONE and BNDUPDs stay away for so long (§8.5.2). */
  readonly updateDoneSeconds: number;
  /** Drop the connection when a BNDUPD stays unacknowledged for so long (§8.8.2). */
  readonly ackSeconds: number;
  /** Period of the scan that offers updates again which the partner rejected (§7.5.4). */
  readonly rescanSeconds: number;
  /** How often the time of operation is recorded for TIME-OF-FAILURE (§8.3.2). */
  readonly heartbeatSeconds: number;
  /** A declined address is offered again after so long; absent: only by operator command (§7.2). */
  readonly abandonedSeconds?: number;
  /** Messages over which the partner's clock skew is averaged (§7.1). */
  readonly skewMessages: number;
}

/** Defaults of §6.5 where the RFC has one; the rest are ours. Role, pools and name have none. */
export const DEFAULTS = {
  mclt: 3600,
  keepaliveSeconds: 60,
  contactsPerKeepalive: 4,
  maxUnackedBndupd: 100,
  startupSeconds: 10,
  reconnectSeconds: 5,
  rejectedReconnectSeconds: 60,
  connectReplySeconds: 10,
  secondaryShare: 0.5,
  rebalanceThreshold: 0.1,
  backupPrefixesMax: 1024,
  updateDoneSeconds: 60,
  ackSeconds: 60,
  rescanSeconds: 60,
  heartbeatSeconds: 10,
  skewMessages: 8,
} as const satisfies Partial<EndpointConfig>;

/** The smallest keepalive time of a partner that we honour, so that it cannot make us send CONTACTs without end. */
export const KEEPALIVE_SECONDS_MIN = 2;
/** The most unacknowledged BNDUPDs that we send, whatever the partner allows. */
export const UNACKED_BNDUPD_MAX = 4096;
/** The most leases, and IAs, of one BNDUPD that we take up: each may get a status of its own in a BNDREPLY of 65535 octets. */
export const LEASES_RECEIVED_MAX = 256;
/** The most leases of one client that go into one BNDUPD. */
export const LEASES_PER_UPDATE_MAX = 64;
/** Longest valid lifetime: absolute times are compared modulo 2^32 and need to be less than 2^31 apart. */
export const LIFETIME_MAX_SECONDS = 10 * 365 * 86400;
