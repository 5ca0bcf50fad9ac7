/** Two real servers: TCP between them, UDP to clients, leases on disk. */
import { expect, test, vi } from 'vitest';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import type { ServerConfig } from '../../src/server/config.ts';
import { FailoverServer } from '../../src/server/driver.ts';
import { MemoryStore } from '../support/memory-store.ts';
import {
  bindingsOf,
  bothNormal,
  clock,
  configOf,
  PATIENCE,
  scratch,
  serveClients,
  startPair,
  startServer,
  stateOf,
} from './pair.ts';

test('a pair reaches NORMAL, serves clients, and both servers know every lease; so do they after a restart', async () => {
  const directory = scratch();
  const pair = await startPair(directory);
  await bothNormal(pair);
  const clients = await serveClients([pair.primary, pair.secondary], 20);
  await vi.waitFor(
    () => expect(clients.status()).toMatchObject({ bound: 20, addresses: 20, prefixes: 20 }),
    PATIENCE,
  );
  await clients.stop();
  await vi.waitFor(() => {
    expect(bindingsOf(pair.primary)).toHaveLength(40);
    expect(bindingsOf(pair.secondary)).toEqual(bindingsOf(pair.primary));
  }, PATIENCE);
  const before = bindingsOf(pair.primary);

  await pair.secondary.server.stop();
  await vi.waitFor(() => expect(stateOf(pair.primary)).toBe('COMMUNICATIONS-INTERRUPTED'), PATIENCE);
  await pair.primary.server.stop();

  const again = await startPair(directory);
  expect(bindingsOf(again.primary)).toEqual(before);
  expect(bindingsOf(again.secondary)).toEqual(before);
  await bothNormal(again);
});

test('a partner that leaves says so, after all its updates, and is believed', async () => {
  for (const leaver of ['primary', 'secondary'] as const) {
    const pair = await startPair();
    await bothNormal(pair);
    await pair[leaver].server.stop();
    const stayer = pair[leaver === 'primary' ? 'secondary' : 'primary'];
    await vi.waitFor(() => expect(stateOf(stayer)).toBe('COMMUNICATIONS-INTERRUPTED'), PATIENCE);
    const ends = stayer.news.flatMap((one) =>
      one.kind === 'note' && one.text.startsWith('connection ended') ? [one.text] : [],
    );
    expect(ends).toEqual([
      'connection ended: the partner disconnected: the server is shutting down (status 20)',
    ]);
  }
});

test('an interface that does not exist is told, and nothing stays open', async () => {
  const config = configOf('primary', scratch(), 9);
  const dhcpv6 = { ...(config.dhcpv6 as NonNullable<typeof config.dhcpv6>), interfaces: ['nosuch0'] };
  const server = new FailoverServer({ ...config, dhcpv6 }, new MemoryStore(), clock);
  await expect(server.start()).rejects.toThrow(/^dhcpv6\.interfaces: expected one of lo.*, found "nosuch0"$/);
  const { port } = server.listening.dhcpv6[0] ?? { port: 0 };
  expect(port).toBe(0);
});

test('partners may talk over IPv4, also to a listener for both', async () => {
  const directory = scratch();
  const over4 = (config: ServerConfig, listen: readonly SocketAddress[]): ServerConfig => ({
    ...config,
    failover: { ...config.failover, listen },
    relationships: config.relationships.map((one) => ({
      ...one,
      partner: { ...one.partner, address: '127.0.0.1' },
    })),
  });
  const second = configOf('secondary', directory, 0);
  const secondary = await startServer(over4(second, [{ address: '::', port: 0 }]));
  const { port } = secondary.server.listening.failover[0] as SocketAddress;
  const primary = await startServer(over4(configOf('primary', directory, port), []));
  await bothNormal({ primary, secondary });
});
