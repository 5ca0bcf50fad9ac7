/** The lab's clients over real sockets on loopback, against the service with leases from a small double. */
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { parseIpv6, parsePrefix } from '../../../src/base/ipv6.ts';
import { LabClients, type LabClientsOptions } from '../../../src/cli/lab/clients.ts';
import type { Resource } from '../../../src/failover/lease.ts';
import { Dhcpv6Service } from '../../../src/server/service.ts';
import { FakeLeases } from '../../server/fake-leases.ts';

const LINK_ADDRESS = '2001:db8:1::1';
const COUNT = 12;

function resources(
  kind: Resource['kind'],
  prefixLength: number,
  text: (index: number) => string,
): Resource[] {
  return Array.from({ length: COUNT }, (_, index) => {
    const address = parseIpv6(text(index));
    if (address === undefined) throw new Error(text(index));
    return { kind, address, prefixLength };
  });
}

/** A server that answers at once and keeps leases in memory. */
class Server {
  readonly leases = new FakeLeases([
    resources('address', 128, (index) => `2001:db8:1::1:${index}`),
    resources('prefix', 48, (index) => `2001:db8:8${index.toString(16).padStart(3, '0')}::`),
  ]);
  readonly socket: Socket = createSocket('udp6');

  async listen(): Promise<number> {
    const prefix = parsePrefix('2001:db8:1::/64');
    if (prefix === undefined) throw new Error('a prefix');
    const service = new Dhcpv6Service(
      {
        serverId: Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1),
        preference: 255,
        rapidCommit: false,
        links: [
          {
            prefix,
            relationship: 0,
            addressPools: [0],
            prefixPools: [{ pool: 1, delegatedLength: 48 }],
            preferredLifetimeSeconds: 40,
            validLifetimeSeconds: 60,
          },
        ],
        dnsServers: [],
        domainList: [],
      },
      () => this.leases,
    );
    this.socket.on('message', (datagram, from) => {
      const result = service.handle(datagram, { source: parseIpv6(from.address) ?? new Uint8Array(16) }, 1);
      if (result.kind === 'none') return;
      this.leases.apply(result.changes, 1);
      expect(result.port).toBe('source');
      this.socket.send(result.bytes, from.port, from.address);
    });
    await new Promise<void>((resolve) => this.socket.bind({ address: '::1', port: 0 }, resolve));
    return this.socket.address().port;
  }
}

describe('LabClients', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function lab(more: Partial<LabClientsOptions>): Promise<{ clients: LabClients; server: Server }> {
    const server = new Server();
    const port = await server.listen();
    const clients = new LabClients({
      count: COUNT,
      seed: 1,
      servers: [{ address: '::1', port }],
      linkAddress: LINK_ADDRESS,
      arrivalSeconds: 0.2,
      staySeconds: 0,
      awaySeconds: 0,
      ...more,
    });
    closing.push(
      () => clients.stop(),
      () => {
        server.socket.close();
      },
    );
    await clients.start();
    return { clients, server };
  }

  it('gets every client an address and a prefix, no two the same', async () => {
    const { clients } = await lab({});
    await expect
      .poll(() => clients.status(), { timeout: 10_000 })
      .toMatchObject({
        clients: COUNT,
        bound: COUNT,
        addresses: COUNT,
        prefixes: COUNT,
      });
    const keys = clients.held().flatMap(({ leases }) => leases.map(({ address }) => address.join('.')));
    expect(new Set(keys).size).toBe(2 * COUNT);
  });

  it('lets clients come and go', async () => {
    const { clients, server } = await lab({ staySeconds: 0.5, awaySeconds: 0.2 });
    const released = () => [...server.leases.leases.values()].some(({ status }) => status === 'FREE');
    await expect.poll(released, { timeout: 10_000 }).toBe(true);
    expect(clients.status().sent).toBeGreaterThan(COUNT);
  });
});
