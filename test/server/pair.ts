/** Two servers in one process, with real sockets on loopback and real stores, for tests of what joins them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import { LabClients } from '../../src/cli/lab/clients.ts';
import { type Lease, resourceText } from '../../src/failover/lease.ts';
import type { EndpointState } from '../../src/failover/state.ts';
import { parseServerConfig, type ServerConfig } from '../../src/server/config.ts';
import { FailoverServer } from '../../src/server/driver.ts';
import type { ServerNews } from '../../src/server/news.ts';
import { openLmdbStore } from '../../src/server/store-lmdb.ts';

export const clock = { nowMillis: () => Date.now() };

export type Role = 'primary' | 'secondary';

export interface Told {
  readonly server: FailoverServer;
  readonly news: ServerNews[];
}

/** A directory that is gone after the test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'leasetap-server-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What both servers of a pair have in their files, from `dhcpv6:` on; `more` goes into the relationship. */
export function pairYaml(role: Role, failoverPort: number, clientPort: number, more = ''): string {
  const partner = role === 'primary' ? `{address: "::1", port: ${failoverPort}}` : '{address: "::1"}';
  return `dhcpv6: {listen: "[::1]:${clientPort}", relay-only: true}
${role === 'secondary' ? `failover: {listen: "[::1]:${failoverPort}"}` : ''}
relationships:
  - name: pair
    role: ${role}
    partner: ${partner}
    security: none
    mclt: 30s
    keepalive: 4s
    startup: 1s
    reconnect: 1s
    lifetimes: {preferred: 100s, valid: 200s}
    links:
      - prefix: 2001:db8:1::/64
        address-pools: 2001:db8:1::1000 - 2001:db8:1::10ff
        prefix-pools:
          - {prefix: "2001:db8:8000::/48", delegated-length: 56}
${more}`;
}

/** The file of one server. The secondary listens where the system likes. */
export function configOf(role: Role, directory: string, failoverPort: number, more = ''): ServerConfig {
  const text = `store: ${join(directory, role)}\n${pairYaml(role, failoverPort, 0, more)}`;
  return parseServerConfig(`${role}.yaml`, text, (path) => path);
}

/** Starts a server of this configuration; it is stopped after the test, unless it was before. */
export async function startServer(config: ServerConfig): Promise<Told> {
  const server = new FailoverServer(config, openLmdbStore(config.storeDirectory), clock);
  const news: ServerNews[] = [];
  server.news.listen((told) => news.push(told.news));
  await server.start();
  onTestFinished(() => server.stop());
  return { server, news };
}

export async function startPair(directory = scratch()): Promise<Readonly<Record<Role, Told>>> {
  const secondary = await startServer(configOf('secondary', directory, 0));
  const port = (secondary.server.listening.failover[0] as SocketAddress).port;
  const primary = await startServer(configOf('primary', directory, port));
  return { primary, secondary };
}

/** For what takes a connection, a timer or a disk. */
export const PATIENCE = { timeout: 20_000, interval: 50 };

export async function bothNormal(pair: { primary: Told; secondary: Told }): Promise<void> {
  await vi.waitFor(
    () => expect([stateOf(pair.primary), stateOf(pair.secondary)]).toEqual(['NORMAL', 'NORMAL']),
    PATIENCE,
  );
}

/** Clients behind a relay agent that reaches these servers; they stop with the test. */
export async function serveClients(servers: readonly Told[], count: number): Promise<LabClients> {
  const clients = new LabClients({
    count,
    seed: 1,
    servers: servers.map(({ server }) => server.listening.dhcpv6[0] as SocketAddress),
    linkAddress: '2001:db8:1::1',
    arrivalSeconds: 0.2,
    staySeconds: 0,
    awaySeconds: 1,
  });
  await clients.start();
  onTestFinished(() => clients.stop());
  return clients;
}

export function stateOf({ server }: Told): EndpointState | undefined {
  return server.endpoints[0]?.endpoint.state;
}

/** `2001:db8:1::1001 ACTIVE` for each lease that is not just free, in order. */
export function bindingsOf({ server }: Told): readonly string[] {
  const leases: readonly Lease[] = [...(server.endpoints[0]?.endpoint.allLeases() ?? [])];
  return leases
    .filter(({ status }) => status === 'ACTIVE')
    .map((lease) => `${resourceText(lease)} ${lease.status} ${lease.holder?.iaid}`)
    .sort();
}
