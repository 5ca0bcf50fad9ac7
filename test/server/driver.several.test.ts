/** One process in several relationships: each has its own endpoint, and a prefix belongs to exactly one. */
import { expect, test, vi } from 'vitest';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import { parseServerConfig, type ServerConfig } from '../../src/server/config.ts';
import { PATIENCE, scratch, serveClients, startServer, type Told } from './pair.ts';

function relationship(name: string, role: string, port: number, third: string): string {
  return `
  - name: ${name}
    role: ${role}
    partner: {address: "::1"${role === 'primary' ? `, port: ${port}` : ''}}
    security: none
    mclt: 30s
    keepalive: 4s
    startup: 1s
    reconnect: 1s
    links:
      - prefix: 2001:db8:${third}::/64
        address-pools: 2001:db8:${third}::1000 - 2001:db8:${third}::10ff
        prefix-pools: [{prefix: "2001:db8:8${third}00::/48", delegated-length: 56}]`;
}

function configOf(store: string, listen: boolean, ...relationships: readonly string[]): ServerConfig {
  const failover = listen ? 'failover: {listen: "[::1]:0"}' : '';
  const text = `store: ${store}\ndhcpv6: {listen: "[::1]:0"}\n${failover}\nrelationships:${relationships.join('')}\n`;
  return parseServerConfig('several.yaml', text, (path) => path);
}

function states({ server }: Told): readonly string[] {
  return server.endpoints.map(({ name, endpoint }) => `${name} ${endpoint.state}`);
}

function active({ server }: Told, name: string): number {
  const driver = server.endpoints.find((one) => one.name === name);
  return [...(driver?.endpoint.allLeases() ?? [])].filter(({ status }) => status === 'ACTIVE').length;
}

test('a secondary of one and primary of another keeps their leases and states apart', async () => {
  const directory = scratch();
  const south = await startServer(
    configOf(`${directory}/south`, true, relationship('south', 'secondary', 0, '2')),
  );
  const southPort = (south.server.listening.failover[0] as SocketAddress).port;
  const hub = await startServer(
    configOf(
      `${directory}/hub`,
      true,
      relationship('north', 'secondary', 0, '1'),
      relationship('south', 'primary', southPort, '2'),
      relationship('east', 'secondary', 0, '3'),
    ),
  );
  const hubPort = (hub.server.listening.failover[0] as SocketAddress).port;
  const north = await startServer(
    configOf(`${directory}/north`, false, relationship('north', 'primary', hubPort, '1')),
  );
  const east = await startServer(
    configOf(`${directory}/east`, false, relationship('east', 'primary', hubPort, '3')),
  );
  await vi.waitFor(() => {
    expect(states(hub)).toEqual(['north NORMAL', 'south NORMAL', 'east NORMAL']);
    expect([north, south, east].flatMap(states)).toEqual(['north NORMAL', 'south NORMAL', 'east NORMAL']);
  }, PATIENCE);

  // The clients' link is north's: its primary gives them leases, the hub learns of them in that relationship only.
  await serveClients([north, hub], 4);
  await vi.waitFor(() => expect([active(north, 'north'), active(hub, 'north')]).toEqual([8, 8]), PATIENCE);
  expect([active(hub, 'south'), active(hub, 'east')]).toEqual([0, 0]);

  await east.server.stop();
  await vi.waitFor(() => expect(states(hub)[2]).toBe('east COMMUNICATIONS-INTERRUPTED'), PATIENCE);
  expect(states(hub).slice(0, 2)).toEqual(['north NORMAL', 'south NORMAL']);
});
