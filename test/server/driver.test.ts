/** Two real servers: TCP between them, UDP to clients, leases on disk. */
import { expect, test, vi } from 'vitest';
import type { Endpoint } from '../../src/base/flow.ts';
import { LabClients } from '../../src/cli/lab/clients.ts';
import { bindingsOf, scratch, startPair, stateOf, type Told } from './pair.ts';

const PATIENCE = { timeout: 20_000, interval: 50 };

async function bothNormal(pair: { primary: Told; secondary: Told }): Promise<void> {
  await vi.waitFor(
    () => expect([stateOf(pair.primary), stateOf(pair.secondary)]).toEqual(['NORMAL', 'NORMAL']),
    PATIENCE,
  );
}

async function serveClients(servers: readonly Told[], count: number): Promise<LabClients> {
  const clients = new LabClients({
    count,
    seed: 1,
    servers: servers.map(({ server }) => server.listening.dhcpv6[0] as Endpoint),
    linkAddress: '2001:db8:1::1',
    arrivalSeconds: 0.2,
    staySeconds: 0,
    awaySeconds: 1,
  });
  await clients.start();
  return clients;
}

test('a pair reaches NORMAL, serves clients, and both servers know every lease; so do they after a restart', async () => {
  const directory = scratch();
  const pair = await startPair(directory);
  await bothNormal(pair);
  const clients = await serveClients([pair.primary, pair.secondary], 20);
  try {
    await vi.waitFor(
      () => expect(clients.status()).toMatchObject({ bound: 20, addresses: 20, prefixes: 20 }),
      PATIENCE,
    );
  } finally {
    await clients.stop();
  }
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
