/**
 * The configuration of one server as a value, and how it comes from the text of a YAML file. What the file may say is in
 * config-shape.ts and config-rules.ts.
 */
import { toColonHex } from '../base/bytes.ts';
import type { Ipv6Prefix } from '../base/ipv6.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import { checkServer } from './config-rules.ts';
import { type RawLink, type RawRelationship, type RawServer, serverShape } from './config-shape.ts';
import type { AddressRange, ResolvePath } from './config-values.ts';
import { checked, readYaml } from './schema.ts';

const DEFAULT_VALID_LIFETIME_SECONDS = 7200;
const DEFAULT_PREFERRED_LIFETIME_SECONDS = 3600;

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Where the secrets of connections are written, if anywhere. */
  readonly keylog: string | undefined;
}

export type ControlAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly listen: SocketAddress; readonly tokenFile: string };

/** A link on which clients are: its prefix, and what may be leased there. */
export interface LinkConfig {
  readonly prefix: Ipv6Prefix;
  readonly addressPools: readonly AddressRange[];
  readonly prefixPools: readonly PrefixPoolConfig[];
}

/** A delegable prefix and the length of the prefixes that are delegated from it. */
export interface PrefixPoolConfig {
  readonly prefix: Ipv6Prefix;
  readonly delegatedLength: number;
}

export interface PartnerConfig {
  /** Normal text; the primary dials it, the secondary accepts from it. */
  readonly address: string;
  readonly port: number;
  /** Names (DNS or IP) of which the partner's certificate must hold one; empty: its address. */
  readonly certificateNames: readonly string[];
  /** SHA-256 fingerprints, upper-case hex with colons as Node writes them; empty: any. */
  readonly certificateSha256: readonly string[];
}

/** One failover relationship, all times in seconds. */
export interface RelationshipConfig {
  readonly name: string;
  readonly role: 'primary' | 'secondary';
  readonly partner: PartnerConfig;
  readonly security: 'tls' | 'none';
  readonly dialFrom: string | undefined;
  readonly mcltSeconds: number;
  readonly keepaliveSeconds: number;
  readonly maxUnacked: number;
  readonly startupSeconds: number;
  readonly reconnectSeconds: number;
  readonly autoPartnerDownSeconds: number | undefined;
  /** PARTNER-DOWN, not RECOVER, after a start with an empty store and without the partner; `undefined`: by role. */
  readonly partnerDownIfAlone: boolean | undefined;
  /** A declined address is free again after so long; `undefined`: only when an operator says so. */
  readonly reuseDeclinedSeconds: number | undefined;
  readonly preferredLifetimeSeconds: number;
  readonly validLifetimeSeconds: number;
  /** How much of each delegable prefix the secondary is to have, and when the primary rebalances (§4.2.2). */
  readonly freeBackup: { readonly sharePercent: number; readonly thresholdPercent: number };
  readonly links: readonly LinkConfig[];
}

/** Where clients and relays reach us. */
export interface Dhcpv6Config {
  readonly listen: readonly SocketAddress[];
  /** Interfaces on which ff02::1:2 and ff05::1:3 are joined. */
  readonly interfaces: readonly string[];
  /** Answer nothing but what came through a relay. */
  readonly relayOnly: boolean;
  /** OPTION_PREFERENCE of ADVERTISE, 0 to 255. */
  readonly preference: number;
  /** Commit at once for a SOLICIT that asks for it. */
  readonly rapidCommit: boolean;
  /** For clients that ask for them: resolvers, 16 octets each, and names with their final dot. */
  readonly dnsServers: readonly Uint8Array[];
  readonly domainSearch: readonly string[];
}

export interface ServerConfig {
  /** `undefined`: one is made at the first start and kept in the store. */
  readonly duid: Uint8Array | undefined;
  readonly storeDirectory: string;
  readonly control: ControlAddress | undefined;
  /** `undefined`: no clients are served. */
  readonly dhcpv6: Dhcpv6Config | undefined;
  readonly failover: { readonly listen: readonly SocketAddress[]; readonly tls: TlsFiles | undefined };
  readonly relationships: readonly RelationshipConfig[];
}

/**
 * Reads the text of a file; `file` is what mistakes name.
 * @throws ConfigError
 */
export function parseServerConfig(file: string, text: string, resolvePath: ResolvePath): ServerConfig {
  return serverConfig(readYaml(file, text, checked(serverShape(resolvePath), checkServer)));
}

function serverConfig(raw: RawServer): ServerConfig {
  return {
    duid: raw.duid,
    storeDirectory: raw.store,
    control: raw.control === undefined ? undefined : controlAddress(raw.control),
    dhcpv6: raw.dhcpv6,
    failover: raw.failover,
    relationships: raw.relationships.map(relationshipConfig),
  };
}

function controlAddress(raw: NonNullable<RawServer['control']>): ControlAddress {
  return typeof raw === 'string' ? { kind: 'unix', path: raw } : { kind: 'tcp', ...raw };
}

function relationshipConfig(raw: RawRelationship): RelationshipConfig {
  const partner = raw.partner.value;
  return {
    name: raw.name.value,
    role: raw.role.value,
    partner: { ...partner, certificateSha256: partner.certificateSha256.map(fingerprint) },
    security: raw.security.value,
    dialFrom: raw.dialFrom,
    mcltSeconds: raw.mclt,
    keepaliveSeconds: raw.keepalive,
    maxUnacked: raw.maxUnacked,
    startupSeconds: raw.startup,
    reconnectSeconds: raw.reconnect,
    autoPartnerDownSeconds: raw.autoPartnerDown,
    partnerDownIfAlone: raw.partnerDownIfAlone,
    reuseDeclinedSeconds: raw.reuseDeclined,
    preferredLifetimeSeconds: raw.lifetimes?.preferred.value ?? DEFAULT_PREFERRED_LIFETIME_SECONDS,
    validLifetimeSeconds: raw.lifetimes?.valid ?? DEFAULT_VALID_LIFETIME_SECONDS,
    freeBackup: raw.freeBackup,
    links: raw.links.map(linkConfig),
  };
}

function linkConfig(raw: RawLink): LinkConfig {
  return {
    prefix: raw.prefix.value,
    addressPools: raw.addressPools.map((pool) => pool.value),
    prefixPools: raw.prefixPools.map((pool) => ({
      prefix: pool.prefix.value,
      delegatedLength: pool.delegatedLength.value,
    })),
  };
}

/** As Node writes them: upper-case hex pairs with colons. */
function fingerprint(octets: Uint8Array): string {
  return toColonHex(octets).toUpperCase();
}
