/**
 * What a lab consists of: ports, files and the configuration of the two servers. Everything is on loopback and in one
 * folder; times are so short that what takes a production pair an hour happens within a minute.
 */
import { join } from 'node:path';
import { formatSocketAddress, type SocketAddress } from '../../base/socket-address.ts';

export const LOOPBACK = '::1';
export const STRANGERS_LOOPBACK = '127.0.0.1';

export type ServerName = 'primary' | 'secondary';

export const SERVER_NAMES: readonly ServerName[] = ['primary', 'secondary'];

/** In seconds. */
export interface LabTimes {
  readonly mclt: number;
  readonly keepalive: number;
  readonly startup: number;
  readonly reconnect: number;
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

/** The MCLT and lifetimes are the shortest that a server accepts: no lease may be shorter than 30 s (RFC 8156 §1). */
export const LAB_TIMES: LabTimes = {
  mclt: 30,
  keepalive: 12,
  startup: 2,
  reconnect: 2,
  validLifetime: 60,
  preferredLifetime: 40,
};

/** So many that leases move all the time, so few that one can follow them. */
export const LAB_CLIENTS = { count: 12, arrivalSeconds: 30, staySeconds: 60, awaySeconds: 15 } as const;

/** TCP and UDP ports that are free on loopback. */
export interface LabPorts {
  readonly proxy: number;
  readonly failover: number;
  /** Of IPv4, where no partner is: absent on a machine without it. */
  readonly strangers?: number;
  readonly clients: Readonly<Record<ServerName, number>>;
}

export interface LabPlan {
  readonly folder: string;
  readonly ports: LabPorts;
  readonly times: LabTimes;
}

const LAB_RELATIONSHIP = 'lab';
/** The link that the lab's clients are on, as their relay says it. */
const LAB_LINK_PREFIX = '2001:db8:1::/64';
export const LAB_LINK_ADDRESS = '2001:db8:1::1';

export function configFile(plan: LabPlan, name: ServerName): string {
  return join(plan.folder, `${name}.yaml`);
}

export function storeFolder(plan: LabPlan, name: ServerName): string {
  return join(plan.folder, name);
}

export function controlSocket(plan: LabPlan, name: ServerName): string {
  return join(plan.folder, `${name}.sock`);
}

/** Where the primary finds its partner: at the proxy. */
export function proxyListen(plan: LabPlan): SocketAddress {
  return { address: LOOPBACK, port: plan.ports.proxy };
}

/** Where the proxy finds the secondary. */
export function secondaryListen(plan: LabPlan): SocketAddress {
  return { address: LOOPBACK, port: plan.ports.failover };
}

/** Where the secondary hears connections from an address that is no partner's. */
export function strangersListen(plan: LabPlan): SocketAddress | undefined {
  const { strangers } = plan.ports;
  return strangers === undefined ? undefined : { address: STRANGERS_LOOPBACK, port: strangers };
}

/** Where a server answers clients and relays. */
export function clientListen(plan: LabPlan, name: ServerName): SocketAddress {
  return { address: LOOPBACK, port: plan.ports.clients[name] };
}

/** The configuration of one server as YAML, as `leasetap serve` reads it. */
export function serverYaml(plan: LabPlan, name: ServerName): string {
  const { times } = plan;
  const ends = [secondaryListen(plan), strangersListen(plan)].flatMap((end) =>
    end === undefined ? [] : [JSON.stringify(formatSocketAddress(end))],
  );
  const listen = name === 'secondary' ? `failover:\n  listen: [${ends.join(', ')}]\n` : '';
  const partnerPort = name === 'primary' ? `, port: ${plan.ports.proxy}` : '';
  return `# The ${name} of a leasetap lab.
store: ${JSON.stringify(storeFolder(plan, name))}
control: ${JSON.stringify(controlSocket(plan, name))}
dhcpv6:
  listen: "${formatSocketAddress(clientListen(plan, name))}"
  relay-only: true
${listen}relationships:
  - name: ${LAB_RELATIONSHIP}
    role: ${name}
    partner: { address: "${LOOPBACK}"${partnerPort} }
    security: none
    mclt: ${times.mclt}
    keepalive: ${times.keepalive}
    startup: ${times.startup}
    reconnect: ${times.reconnect}
    lifetimes: { preferred: ${times.preferredLifetime}, valid: ${times.validLifetime} }
    links:
      - prefix: ${LAB_LINK_PREFIX}
        address-pools: ["2001:db8:1::1000 - 2001:db8:1::1fff"]
        prefix-pools:
          - { prefix: "2001:db8:8000::/44", delegated-length: 48 }
`;
}
