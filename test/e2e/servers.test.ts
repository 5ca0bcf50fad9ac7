/** A pair of real processes with clients: killed without warning and started again, it forgets nothing it promised. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { LabClients } from '../../src/cli/lab/clients.ts';
import { freePorts } from '../../src/cli/lab/free-ports.ts';
import { resourceText } from '../../src/failover/lease.ts';
import { ControlClient } from '../../src/server/control-client.ts';
import { pairYaml } from '../server/pair.ts';
import { leasetap, type Running, runLeasetap, temporaryFolder } from '../support/process.ts';

const PATIENCE = { timeout: 40_000, interval: 100 };

type Role = 'primary' | 'secondary';

interface Pair {
  readonly folder: string;
  readonly ports: Readonly<Record<Role, number>>;
  readonly controls: Readonly<Record<Role, ControlClient>>;
  start(role: Role): Running;
}

async function pairOf(): Promise<Pair> {
  const folder = temporaryFolder();
  const { failover, clients } = await freePorts();
  for (const role of ['primary', 'secondary'] as const) {
    const places = `store: ${role}-leases\ncontrol: ${role}.sock\n`;
    writeFileSync(join(folder, `${role}.yaml`), places + pairYaml(role, failover, clients[role]));
  }
  const control = (role: Role) => new ControlClient({ kind: 'unix', path: join(folder, `${role}.sock`) });
  return {
    folder,
    ports: clients,
    controls: { primary: control('primary'), secondary: control('secondary') },
    start: (role) => leasetap(['serve', join(folder, `${role}.yaml`)]),
  };
}

async function settled({ controls }: Pair): Promise<void> {
  await vi.waitFor(async () => {
    for (const control of [controls.primary, controls.secondary]) {
      const [relationship] = (await control.status()).relationships;
      expect(relationship).toMatchObject({ state: 'NORMAL', updates_needed: 0, updates_unacked: 0 });
    }
  }, PATIENCE);
}

/** `2001:db8:1::1001 <DUID>` of every ACTIVE lease. */
async function activeLeases(control: ControlClient): Promise<readonly string[]> {
  const leases: string[] = [];
  for await (const { resource, client } of control.leases({ status: 'ACTIVE' }))
    leases.push(`${resource} ${client}`);
  return leases.sort();
}

test('a pair that is killed under load comes back with the same leases on both sides', {
  timeout: 120_000,
}, async () => {
  const pair = await pairOf();
  const running = { primary: pair.start('primary'), secondary: pair.start('secondary') };
  await running.primary.prints(/to NORMAL/);
  await running.secondary.prints(/to NORMAL/);
  const clients = new LabClients({
    count: 40,
    seed: 7,
    servers: [pair.ports.primary, pair.ports.secondary].map((port) => ({ address: '::1', port })),
    linkAddress: '2001:db8:1::1',
    arrivalSeconds: 1,
    staySeconds: 4,
    awaySeconds: 1,
  });
  await clients.start();
  onTestFinished(() => clients.stop());
  for (const role of ['secondary', 'primary', 'secondary'] as const) {
    await vi.waitFor(() => expect(clients.status().bound).toBeGreaterThan(10), PATIENCE);
    await running[role].kill('SIGKILL');
    running[role] = pair.start(role);
    await running[role].prints(/to NORMAL/);
  }
  await vi.waitFor(() => expect(clients.status().bound).toBeGreaterThan(10), PATIENCE);
  const held = clients
    .held()
    .flatMap(({ duid, leases }) => leases.map((lease) => `${resourceText(lease)} ${toHex(duid)}`));
  await clients.stop();
  await settled(pair);
  const [primary, secondary] = await Promise.all([
    activeLeases(pair.controls.primary),
    activeLeases(pair.controls.secondary),
  ]);
  expect(secondary).toEqual(primary);
  expect(held.filter((lease) => !primary.includes(lease))).toEqual([]);

  // As from a terminal: the group gets one, and whoever started the server sends another.
  running.primary.child.kill('SIGINT');
  const ended = await running.primary.kill('SIGTERM');
  expect(ended).toMatchObject({ code: 0, signal: null });
  await running.secondary.prints(/the partner disconnected: the server is shutting down/);
});

test('a secondary that lost its disk gets every lease back, and serves nobody before the MCLT has passed', {
  timeout: 120_000,
}, async () => {
  const pair = await pairOf();
  const primary = pair.start('primary');
  const first = pair.start('secondary');
  await primary.prints(/to NORMAL/);
  await first.prints(/to NORMAL/);
  const clients = new LabClients({
    count: 10,
    seed: 8,
    servers: [pair.ports.primary, pair.ports.secondary].map((port) => ({ address: '::1', port })),
    linkAddress: '2001:db8:1::1',
    arrivalSeconds: 0.5,
    staySeconds: 0,
    awaySeconds: 1,
  });
  await clients.start();
  onTestFinished(() => clients.stop());
  await vi.waitFor(() => expect(clients.status().bound).toBe(10), PATIENCE);
  await settled(pair);
  const before = await activeLeases(pair.controls.primary);
  expect(before).toHaveLength(20);

  await first.kill('SIGKILL');
  rmSync(join(pair.folder, 'secondary-leases'), { recursive: true });
  const second = pair.start('secondary');
  // The partner has a record of us and we have none of it: UPDREQALL, then RECOVER-WAIT for the MCLT of 30 s
  // (RFC 8156 §8.5.2, §8.6).
  await second.prints(/RECOVER to RECOVER-WAIT/);
  expect(await activeLeases(pair.controls.secondary)).toEqual(before);
  const waiting = (await pair.controls.secondary.status()).relationships[0];
  expect(waiting).toMatchObject({ state: 'RECOVER-WAIT', responsiveness: 'unresponsive' });
  expect(waiting?.next.find(({ what }) => what === 'enter RECOVER-DONE')?.in_seconds).toBeGreaterThan(20);
  await second.prints(/to NORMAL/, 50_000);
  await settled(pair);
  expect(await activeLeases(pair.controls.secondary)).toEqual(await activeLeases(pair.controls.primary));
});

test('what cannot work is told in one line with exit code 2', async () => {
  const pair = await pairOf();
  const config = join(pair.folder, 'primary.yaml');
  const running = pair.start('primary');
  await running.prints(/listening: dhcpv6/);
  const other = join(pair.folder, 'other.yaml');
  writeFileSync(other, `${'store: other\n'}${readFileSync(config, 'utf8').split('\n').slice(2).join('\n')}`);
  const bad = join(pair.folder, 'bad.yaml');
  writeFileSync(bad, 'store: x\nrelationship: []\n');
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['serve', config], /^leasetap: .*primary-leases: the lease store is in use by process \d+\n$/],
    [['serve', other], /^leasetap: \[::1\]:\d+: the port is in use by another program\n$/],
    [['serve', join(pair.folder, 'no.yaml')], /^leasetap: .*no\.yaml: no such file or directory\n$/],
    [['serve', pair.folder], /^leasetap: .*it is a directory, expected a file\n$/],
    [['ctl', join(pair.folder, 'no.sock')], /^leasetap: .*no\.sock: no server answers there \(ENOENT\)\n$/],
    [
      ['ctl', join(pair.folder, 'primary.sock'), 'sttus'],
      /^leasetap: unknown action "sttus"; did you mean status\?\n$/,
    ],
    [
      ['ctl', join(pair.folder, 'primary.sock'), 'reset'],
      /^leasetap: expected the address or prefix to reset/,
    ],
    [
      ['ctl', join(pair.folder, 'primary.sock'), 'status', 'x'],
      /^leasetap: status takes no resource, found "x"\n$/,
    ],
    [
      ['ctl', join(pair.folder, 'primary.sock'), 'reset', '2001:db8::zz'],
      /^leasetap: expected an address or a prefix with its length as the resource, e\.g\. 2001:db8::1\n$/,
    ],
    [['serve'], /^leasetap: missing required argument 'config'\n$/],
  ];
  for (const [args, says] of cases) {
    const { code, err, out } = await runLeasetap(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
  }
  const checked = await runLeasetap(['serve', '--check', bad]);
  expect([checked.code, checked.err]).toEqual([
    2,
    `${bad}:1:1: the key "relationships" is missing\n${bad}:2:1: unknown key "relationship"; did you mean relationships?\n`,
  ]);
  expect(await runLeasetap(['serve', '--check', config])).toMatchObject({
    code: 0,
    out: `${config}: good\n`,
    err: '',
  });
});
