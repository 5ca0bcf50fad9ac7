/** From the configuration of a server to those of its parts: one for each failover endpoint, one for the client service. */
import { DEFAULTS, type EndpointConfig, type Pool } from '../failover/config.ts';
import type { LinkConfig, RelationshipConfig, ServerConfig } from './config.ts';
import type { ServiceConfig, ServiceLink } from './service-config.ts';

/** A partner that rejected us is asked again only after so many periods (RFC 8156 §6.1). */
const REJECTED_PERIODS = 5;

export function endpointConfig(relationship: RelationshipConfig): EndpointConfig {
  const { autoPartnerDownSeconds, partnerDownIfAlone, reuseDeclinedSeconds, freeBackup } = relationship;
  return {
    ...DEFAULTS,
    role: relationship.role,
    relationshipName: relationship.name,
    pools: relationship.links.flatMap(poolsOf),
    mclt: relationship.mcltSeconds,
    keepaliveSeconds: relationship.keepaliveSeconds,
    maxUnackedBndupd: relationship.maxUnacked,
    startupSeconds: relationship.startupSeconds,
    reconnectSeconds: relationship.reconnectSeconds,
    rejectedReconnectSeconds: REJECTED_PERIODS * relationship.reconnectSeconds,
    secondaryShare: freeBackup.sharePercent / 100,
    rebalanceThreshold: freeBackup.thresholdPercent / 100,
    ...(autoPartnerDownSeconds === undefined ? {} : { autoPartnerDownSeconds }),
    ...(partnerDownIfAlone === undefined ? {} : { partnerDownIfAlone }),
    ...(reuseDeclinedSeconds === undefined ? {} : { abandonedSeconds: reuseDeclinedSeconds }),
  };
}

export function serviceConfig(config: ServerConfig, serverId: Uint8Array): ServiceConfig {
  const { dhcpv6 } = config;
  return {
    serverId,
    preference: dhcpv6?.preference ?? 0,
    rapidCommit: dhcpv6?.rapidCommit ?? false,
    links: config.relationships.flatMap(serviceLinks),
    dnsServers: dhcpv6?.dnsServers ?? [],
    domainList: dhcpv6?.domainSearch ?? [],
  };
}

/** The order is that of the endpoint's pools: all pools of the first link, then of the second, and so on. */
function poolsOf(link: LinkConfig): readonly Pool[] {
  return [
    ...link.addressPools.map((range) => ({ kind: 'address' as const, ...range })),
    ...link.prefixPools.map((pool) => ({ kind: 'prefix' as const, ...pool })),
  ];
}

function serviceLinks(relationship: RelationshipConfig, index: number): readonly ServiceLink[] {
  let pool = 0;
  return relationship.links.map((link) => ({
    prefix: link.prefix,
    relationship: index,
    addressPools: link.addressPools.map(() => pool++),
    prefixPools: link.prefixPools.map(({ delegatedLength }) => ({ pool: pool++, delegatedLength })),
    preferredLifetimeSeconds: relationship.preferredLifetimeSeconds,
    validLifetimeSeconds: relationship.validLifetimeSeconds,
  }));
}
