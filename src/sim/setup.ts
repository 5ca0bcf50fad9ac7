/** What a plan's servers are configured with: small pools and windows, so that what is rare elsewhere is common here. */
import { DEFAULTS, type EndpointConfig, type Pool } from '../failover/config.ts';
import type { Role } from '../failover/machine.ts';
import type { ServiceConfig } from '../server/service-config.ts';
import type { Plan } from './plan.ts';
import { namesOf, type Relationship, type ServerName, TOPOLOGIES } from './topology.ts';

/** What each end lets its partner have unacknowledged; small, so that the window matters. */
export const MAX_UNACKED: Record<Role, number> = { primary: 10, secondary: 5 };

const DELEGATED_LENGTH = 56;
const SERVER_NUMBERS: Record<ServerName, number> = { A: 1, B: 2, C: 3 };

const address = (...groups: number[]): Uint8Array => {
  const octets = new Uint8Array(16);
  groups.forEach((group, index) => {
    octets[2 * index] = group >> 8;
    octets[2 * index + 1] = group & 255;
  });
  return octets;
};

/** The address of the clients' own link that belongs to a relationship; hosts number from 1 up. */
export function onLink(relationship: number, host = 0): Uint8Array {
  return address(0x2001, 0xdb8, 0, relationship, 0, 0, 0, host);
}

/** An address of a link between relay agents, where no client is and no server leases anything. */
export function betweenRelays(host: number): Uint8Array {
  return address(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, host);
}

export function endpointConfig(plan: Plan, relationship: number, role: Role): EndpointConfig {
  const relationships: readonly Relationship[] = TOPOLOGIES[plan.topology];
  return {
    ...DEFAULTS,
    role,
    ...(relationships.length > 1 && { relationshipName: namesOf(relationships)[relationship] as string }),
    pools: pools(relationship, Math.ceil(plan.clients / relationships.length), plan.addressesPerClient),
    // A secondary goes by the primary's, whatever it is configured with (§6.1.2).
    mclt: role === 'primary' ? plan.mclt : 2 * plan.mclt,
    maxUnackedBndupd: MAX_UNACKED[role],
    heartbeatSeconds: 60,
    rejectedReconnectSeconds: 20,
    ...(plan.seed % 4 === 0 && { abandonedSeconds: 1800 }),
  };
}

/** The same with a mistake in it: half of the pools, or another name of the relationship. */
export function mistaken(config: EndpointConfig, what: 'pools' | 'name'): EndpointConfig {
  if (what === 'name') return { ...config, relationshipName: 'mistaken' };
  return { ...config, pools: config.pools.map(halfOf) };
}

function halfOf(pool: Pool): Pool {
  if (pool.kind === 'prefix') {
    const { address, length } = pool.prefix;
    return { ...pool, prefix: { address, length: length + 1 } };
  }
  const last = Uint8Array.from(pool.last);
  const hosts = ((last[14] as number) << 8) | (last[15] as number);
  last.set([hosts >> 9, (hosts >> 1) & 255], 14);
  return { ...pool, last };
}

export function serviceConfig(plan: Plan, server: ServerName): ServiceConfig {
  const relationships: readonly Relationship[] = TOPOLOGIES[plan.topology];
  const links = relationships.flatMap(({ primary, secondary }, relationship) =>
    primary === server || secondary === server
      ? [
          {
            prefix: { address: onLink(relationship), length: 64 },
            relationship,
            addressPools: [0],
            prefixPools: [{ pool: 1, delegatedLength: DELEGATED_LENGTH }],
            preferredLifetimeSeconds: plan.validLifetime,
            validLifetimeSeconds: plan.validLifetime,
          },
        ]
      : [],
  );
  return {
    serverId: Uint8Array.from([0, 2, 0, 0, 0x7e, 0xd9, SERVER_NUMBERS[server]]),
    preference: 0,
    rapidCommit: true,
    dnsServers: [],
    domainList: [],
    links,
  };
}

/** Small pools, so that addresses are used again and prefixes run short. */
function pools(relationship: number, clients: number, addressesPerClient: number): readonly Pool[] {
  const last = Math.ceil(addressesPerClient * clients);
  return [
    { kind: 'address', first: onLink(relationship), last: onLink(relationship, last) },
    {
      kind: 'prefix',
      prefix: { address: address(0x2001, 0xdb8, 0x100 + relationship), length: prefixBits(clients) },
      delegatedLength: DELEGATED_LENGTH,
    },
  ];
}

/** A third of the clients wants a prefix, and there are hardly more. */
function prefixBits(clients: number): number {
  return DELEGATED_LENGTH - Math.max(2, Math.ceil(Math.log2(clients / 3)));
}
