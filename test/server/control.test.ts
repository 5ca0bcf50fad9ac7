/** A running pair asked and told over HTTP, as docs/openapi-server.yaml describes. */
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { InputError } from '../../src/base/problem.ts';
import { BODY_OCTETS_MAX } from '../../src/control/http-server.ts';
import type { ControlPlace } from '../../src/control/place.ts';
import type { StoreRecord } from '../../src/failover/io.ts';
import type { ControlAddress } from '../../src/server/config.ts';
import { openServerControl } from '../../src/server/control.ts';
import { ControlClient } from '../../src/server/control-client.ts';
import { ROUTE_NAMES } from '../../src/server/control-routes.ts';
import { FailoverServer } from '../../src/server/driver.ts';
import type { ServerEvent } from '../../src/server/news-text.ts';
import { readExposition } from '../support/exposition.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { OpenApi } from '../support/openapi.ts';
import {
  bothNormal,
  clock,
  configOf,
  PATIENCE,
  scratch,
  serveClients,
  startPair,
  type Told,
} from './pair.ts';

const api = new OpenApi('openapi-server.yaml');

async function controlOf({ server }: Told, address: ControlAddress) {
  let shutDowns = 0;
  const target = {
    server,
    version: '1.2.3',
    now: clock.nowMillis,
    shutDown: () => {
      shutDowns++;
    },
  };
  const opened = await openServerControl(address, target);
  onTestFinished(() => opened.close());
  return { opened, shutDowns: () => shutDowns };
}

async function unixControl(told: Told, directory = scratch()) {
  const path = join(directory, 'control.sock');
  const { shutDowns } = await controlOf(told, { kind: 'unix', path });
  return { client: new ControlClient({ kind: 'unix', path }), path, shutDowns };
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}

test('everything that may be asked is described, and nothing else', () => {
  expect([...api.routes].sort()).toEqual([...ROUTE_NAMES].sort());
});

test('a pair that serves clients shows its states, pools, leases and events', async () => {
  const pair = await startPair();
  const primary = await unixControl(pair.primary);
  const secondary = await unixControl(pair.secondary);
  const stop = new AbortController();
  const events: ServerEvent[] = [];
  const listening = (async () => {
    for await (const event of primary.client.events(stop.signal)) events.push(event);
  })();
  await bothNormal(pair);
  await serveClients([pair.primary, pair.secondary], 3);

  await vi.waitFor(async () => {
    const status = await secondary.client.status();
    expect(status.relationships[0]?.pools.map(({ leases }) => leases['ACTIVE'])).toEqual([3, 3]);
    expect(status.relationships[0]?.updates_needed).toBe(0);
  }, PATIENCE);
  const status = await primary.client.status();
  expect(api.deviations('Status', status)).toEqual([]);
  expect(status).toMatchObject({ version: '1.2.3', listening: { failover: [] } });
  expect(status.relationships[0]).toMatchObject({
    name: 'pair',
    role: 'primary',
    state: 'NORMAL',
    partner_state: 'NORMAL',
    communications: 'ok',
    responsiveness: 'responsive',
  });
  // Sent-times are whole seconds: between two of them the same clock looks half a second off.
  expect(Math.abs(status.relationships[0]?.skew_seconds ?? 9)).toBeLessThan(1);
  expect(status.relationships[0]?.pools.map(({ kind, size }) => [kind, size])).toEqual([
    ['address', 256],
    ['prefix', 256],
  ]);
  expect(status.relationships[0]?.history.map(({ kind, text }) => [kind, text.split(':')[0]])).toEqual([
    ['transition', 'STARTUP to PARTNER-DOWN'],
    ['transition', 'PARTNER-DOWN to NORMAL'],
  ]);
  expect(status.clients.answered['REPLY']).toBe(3);

  const leases = await all(primary.client.leases({ status: 'active' }));
  expect(leases.flatMap((lease) => api.deviations('Lease', lease))).toEqual([]);
  expect(leases).toHaveLength(6);
  expect(await all(primary.client.leases({ in: '2001:db8:1::/64' }))).toHaveLength(3);
  const duid = leases[0]?.client as string;
  expect((await all(primary.client.leases({ client: duid }))).map(({ client }) => client)).toEqual([
    duid,
    duid,
  ]);

  expect(events.flatMap((event) => api.deviations('Event', event))).toEqual([]);
  expect(events.filter(({ to }) => to === 'NORMAL')).toMatchObject([
    { kind: 'transition', section: '§8.4.2' },
  ]);
  const told = events
    .flatMap((event) => event.leases ?? [])
    .filter((lease) => lease.binding_status === 'ACTIVE');
  expect(new Set(told.map(({ resource }) => resource))).toEqual(
    new Set(leases.map(({ resource }) => resource)),
  );
  stop.abort();
  await listening;

  const metrics = await primary.client.metrics();
  expect(metrics).toContain('leasetap_endpoint_state{relationship="pair",state="NORMAL"} 1\n');
  expect(metrics).toMatch(/leasetap_leases\{.*status="ACTIVE"\} 3\n/);
  expect(metrics).toContain('leasetap_client_answers_total{type="REPLY"} 3\n');
  // One CONNECT made the connection, and what one side sent the other has received.
  const counted = await Promise.all([primary, secondary].map(({ client }) => client.status()));
  const [sent, received] = [
    counted[0]?.relationships[0]?.messages.sent,
    counted[1]?.relationships[0]?.messages.received,
  ];
  expect(sent).toMatchObject({ CONNECT: 1, BNDUPD: received?.['BNDUPD'], STATE: received?.['STATE'] });
  expect(metrics).toContain(
    'leasetap_failover_messages_total{relationship="pair",direction="sent",type="CONNECT"} 1\n',
  );
  expect(readExposition(metrics).size).toBeGreaterThan(8);
});

test('orders change what they are about, or say why not', async () => {
  const pair = await startPair();
  const { client, shutDowns } = await unixControl(pair.primary);
  await bothNormal(pair);
  const resync = await client.order({ name: 'resync', relationship: 'pair' });
  expect(api.deviations('Outcome', resync)).toEqual([]);
  await vi.waitFor(() => {
    const transitions = pair.primary.news.flatMap((news) =>
      news.kind === 'note' && news.to ? [news.to] : [],
    );
    expect(transitions.slice(-2)).toEqual(['COMMUNICATIONS-INTERRUPTED', 'NORMAL']);
  }, PATIENCE);

  await pair.secondary.server.stop();
  await vi.waitFor(
    async () => expect((await client.status()).relationships[0]?.communications).toBe('interrupted'),
    PATIENCE,
  );
  await expect(client.order({ name: 'resync' })).rejects.toThrow('there is no connection to the partner');
  expect(await client.order({ name: 'partner-down' })).toMatchObject({
    relationship: 'pair',
    state: 'PARTNER-DOWN',
  });

  await expect(client.order({ name: 'partner-down', relationship: 'no' })).rejects.toThrow(
    'expected one of pair, found "no"',
  );
  await expect(client.order({ name: 'reset', body: { resource: 'x' } })).rejects.toThrow(
    'expected an address or a prefix',
  );
  await expect(client.order({ name: 'reset', body: { resource: '2001:db8:1::1000' } })).rejects.toThrow(
    '2001:db8:1::1000 is not on record, expected ABANDONED',
  );
  await expect(client.order({ name: 'nonsense' })).rejects.toThrow('expected one of GET /status');
  await expect(all(client.leases({ status: 'leased' }))).rejects.toThrow('status: expected one of ACTIVE');
  await expect(all(client.leases({ in: 'x' }))).rejects.toThrow('in: expected an IPv6 prefix');
  await client.order({ name: 'shutdown' });
  expect(shutDowns()).toBe(1);
});

test('only the owner may use the socket, and a left-over one is replaced but not one in use', async () => {
  const pair = await startPair();
  const directory = scratch();
  const { path } = await unixControl(pair.primary, directory);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(unixControl(pair.secondary, directory)).rejects.toThrow(
    /control\.sock: another program uses this/,
  );
  const left = join(directory, 'left.sock');
  // A socket that its process left behind: bound, but nobody listens any more.
  const server = createServer().listen(left);
  await new Promise((resolve) => server.once('listening', resolve));
  renameSync(left, `${left}.kept`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${left}.kept`, left);
  await controlOf(pair.secondary, { kind: 'unix', path: left });
  expect((await new ControlClient({ kind: 'unix', path: left }).status()).relationships[0]?.role).toBe(
    'secondary',
  );
});

test('on TCP nothing is told without the token', async () => {
  const pair = await startPair();
  const tokenFile = join(scratch(), 'token');
  const listen = { address: '::1', port: 0 };
  writeFileSync(tokenFile, 'short\n');
  await expect(controlOf(pair.primary, { kind: 'tcp', listen, tokenFile })).rejects.toThrow(InputError);
  writeFileSync(tokenFile, 'a token of enough characters\n');
  const { opened } = await controlOf(pair.primary, { kind: 'tcp', listen, tokenFile });
  const good = new ControlClient(opened.place);
  expect((await good.status()).relationships).toHaveLength(1);
  const bad = new ControlClient({ ...opened.place, token: 'a token of enough characterz' } as ControlPlace);
  await expect(bad.status()).rejects.toThrow('expected the header "Authorization: Bearer TOKEN"');
});

test('bad requests are refused as described', async () => {
  const pair = await startPair();
  const directory = scratch();
  mkdirSync(directory, { recursive: true });
  const { path } = await unixControl(pair.primary, directory);
  const ask = (method: string, target: string, body?: string) =>
    new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
      const asking = request({ socketPath: path, method, path: target, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
      });
      asking.on('error', reject);
      asking.end(body);
    });
  const refused = [
    [await ask('POST', '/status'), 405],
    [await ask('GET', '/../../etc/passwd'), 404],
    [await ask('POST', '/reset', '{'), 400],
    [await ask('POST', '/reset', '"x"'), 400],
    [await ask('POST', '/reset', 'x'.repeat(BODY_OCTETS_MAX + 1)), 413],
  ] as const;
  for (const [{ status, body }, expected] of refused) {
    expect(status).toBe(expected);
    expect(api.deviations('Refusal', body)).toEqual([]);
  }
});

test('a long list of leases is sent no faster than it is read, and can be left', async () => {
  const store = new MemoryStore();
  const records = Array.from({ length: 20_000 }, (_, number): StoreRecord => {
    const address = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, number >> 8, number]);
    const times = { startTimeOfState: 848_000_000, stateExpirationTime: 2_000_000_000 };
    const known = { updateNeeded: false, updateSent: false };
    return {
      kind: 'lease',
      lease: { kind: 'address', address, prefixLength: 128, status: 'ACTIVE', ...times, ...known },
    };
  });
  store.save('pair', records, () => undefined);
  const config = configOf('primary', scratch(), 9);
  const links = config.relationships[0]?.links.map((link) => ({
    ...link,
    addressPools: [{ first: link.prefix.address, last: Uint8Array.from(link.prefix.address).fill(0xff, 8) }],
  }));
  const relationships = config.relationships.map((one) => ({ ...one, links: links ?? [] }));
  const server = new FailoverServer({ ...config, relationships }, store, clock);
  const { client } = await unixControl({ server, news: [] });
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  let read = 0;
  for await (const { binding_status } of client.leases()) {
    if (binding_status === 'ACTIVE' && ++read % 2_000 === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(read).toBe(20_000);
  for await (const _ of client.leases()) break;
  expect((await client.status()).relationships[0]?.pools[0]?.leases).toEqual({ ACTIVE: 20_000 });
  expect(warnings).toEqual([]);
});
