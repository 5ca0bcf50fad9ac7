/**
 * `leasetap replay`: a session of our own pair, recorded by the proxy, played against servers that have never met. A
 * server that does the same is fine; one that means something else is found out. In the clear and with TLS.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LabClients } from '../../src/cli/lab/clients.ts';
import { pairYaml } from '../server/pair.ts';
import { freePort, leasetap, type Running, runLeasetap, temporaryFolder } from '../support/process.ts';
import { certificateFile } from '../support/tls.ts';

type Role = 'primary' | 'secondary';
type Ports = Readonly<Record<'failover' | 'proxy' | Role, number>>;

const PATIENCE_MILLIS = 120_000;

async function ports(): Promise<Ports> {
  const [failover, proxy, primary, secondary] = await Promise.all(
    Array.from({ length: 4 }, () => freePort('::1')),
  );
  return { failover, proxy, primary, secondary } as Ports;
}

function writeConfig(folder: string, role: Role, on: Ports, tls: boolean): string {
  const partner = role === 'primary' ? 'secondary' : 'primary';
  const clear = pairYaml(role, role === 'primary' ? on.proxy : on.failover, on[role]);
  const files = `tls: {cert: ${certificateFile(`${role}.pem`)}, key: ${certificateFile(`${role}.key`)}, ca: ${certificateFile('ca.pem')}}`;
  const secured = clear
    .replace('security: none', 'security: tls')
    .replace('partner: {', `partner: {certificate-names: [${partner}.example.com], `)
    .replace(/^(failover: \{|$)/m, (found) =>
      found === '' ? `failover: {${files}}\n` : `failover: {${files}, `,
    );
  const path = join(folder, `${role}.yaml`);
  writeFileSync(
    path,
    `store: ${join(folder, role)}\ncontrol: ${join(folder, `${role}.sock`)}\n${tls ? secured : clear}`,
  );
  return path;
}

/** A secondary that has given up waiting for a partner who was there before: it announces one state after the other. */
async function secondary(
  folder: string,
  on: Ports,
  tls: boolean,
  change = (yaml: string) => yaml,
): Promise<Running> {
  const path = writeConfig(folder, 'secondary', on, tls);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  const server = leasetap(['serve', path]);
  await server.prints(/STARTUP to RECOVER/);
  return server;
}

/** Clients of one server. */
async function clientsOf(on: Ports, role: Role, count: number): Promise<LabClients> {
  const clients = new LabClients({
    count,
    seed: 1,
    servers: [{ address: '::1', port: on[role] }],
    linkAddress: '2001:db8:1::1',
    arrivalSeconds: 0.2,
    staySeconds: 3,
    awaySeconds: 1,
  });
  await clients.start();
  return clients;
}

/** The recording of a pair that comes up, from its first connection to NORMAL, and for as long as `then` takes. */
async function recorded(on: Ports, tls: boolean, then = async (_: Running) => {}): Promise<string> {
  const folder = temporaryFolder();
  const tap = join(folder, 'tap.pcapng');
  const terminate = [
    ...['--tls', 'terminate', '--tls-cert', certificateFile('secondary.pem')],
    ...['--tls-key', certificateFile('secondary.key'), '--tls-to-cert', certificateFile('primary.pem')],
    ...['--tls-to-key', certificateFile('primary.key')],
  ];
  const second = await secondary(folder, on, tls);
  const proxy = leasetap([
    ...['proxy', '-l', `[::1]:${on.proxy}`, '-t', `[::1]:${on.failover}`, '-w', tap],
    ...(tls ? terminate : []),
  ]);
  await proxy.prints(/listening on/);
  const first = leasetap(['serve', writeConfig(folder, 'primary', on, tls)]);
  await proxy.prints(/p>s STATE .*NORMAL/);
  await proxy.prints(/s>p STATE .*NORMAL/);
  await proxy.prints(/CONTACT/);
  await then(proxy);
  // Without a word: the end of the session is no part of it.
  await proxy.kill('SIGKILL');
  await first.kill('SIGKILL');
  await second.kill('SIGKILL');
  return tap;
}

const shows = (role: Role): string[] => [
  ...['--tls-cert', certificateFile(`${role}.pem`), '--tls-key', certificateFile(`${role}.key`)],
  ...['--tls-ca', certificateFile('ca.pem')],
];

describe.each([
  ['in the clear', false],
  ['with TLS', true],
])('a recorded session %s', (_, tls) => {
  it('is a test for a secondary and for a primary', { timeout: PATIENCE_MILLIS }, async () => {
    const on = await ports();
    const tap = await recorded(on, tls);
    const asPrimary = ['replay', tap, '--as', 'primary', '--to', `[::1]:${on.failover}`, '--patience', '5s'];
    const primarysTls = tls ? shows('primary') : [];

    const same = await secondary(temporaryFolder(), on, tls);
    expect(await runLeasetap([...asPrimary, ...primarysTls])).toMatchObject({
      code: 0,
      err: expect.stringMatching(/(^|\n)\d+ messages sent, \d+ answers came, 0 differences\n$/),
    });
    await same.kill('SIGTERM');

    // A relationship that it does not know is refused (RFC 8156 §6.1).
    const other = await secondary(temporaryFolder(), on, tls, (yaml) =>
      yaml.replace('name: pair', 'name: other'),
    );
    const different = await runLeasetap([...asPrimary, ...primarysTls]);
    expect(different.code).toBe(1);
    expect(different.out).toMatch(/^ {2}!= #\d+ CONNECTREPLY captured: accept; now: /m);
    await other.kill('SIGTERM');

    const asSecondary = leasetap([
      ...[
        'replay',
        tap,
        '--as',
        'secondary',
        '--listen',
        `[::1]:${on.proxy}`,
        '--speed',
        '10',
        '--patience',
        '5s',
      ],
      ...(tls ? shows('secondary') : []),
    ]);
    await asSecondary.prints(/waiting for the primary/);
    const primary = leasetap(['serve', writeConfig(temporaryFolder(), 'primary', on, tls)]);
    expect(await asSecondary.ended).toMatchObject({
      code: 0,
      err: expect.stringMatching(/\n\d+ messages sent, \d+ answers came, 0 differences\n$/),
    });
    await primary.prints(/PARTNER-DOWN to NORMAL/);
  });
});

/** Of the last line: differences, and what clients did otherwise. */
const RESULT = /, (\d+) differences(?:; of clients, (\d+) other updates and (\d+) that did not come)?\n$/;

it('takes what clients do for their own affair', { timeout: PATIENCE_MILLIS }, async () => {
  const on = await ports();
  const tap = await recorded(on, false, async (proxy) => {
    const clients = await clientsOf(on, 'primary', 6);
    await proxy.prints(/p>s BNDUPD .*RELEASED/);
    // So long the replay below waits for other clients.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await clients.stop();
  });

  // What the captured primary's clients did is said again, and a secondary answers it.
  const same = await secondary(temporaryFolder(), on, false);
  const asPrimary = await runLeasetap(['replay', tap, '--as', 'primary', '--to', `[::1]:${on.failover}`]);
  expect(asPrimary.code, asPrimary.out + asPrimary.err).toBe(0);
  expect(RESULT.exec(asPrimary.err)?.slice(1)).toEqual(['0', undefined, undefined]);
  expect(asPrimary.out).toMatch(/s>p BNDREPLY .*ACTIVE/);
  await same.kill('SIGTERM');

  // A live primary without clients says none of it, one with others something else.
  for (const count of [0, 24]) {
    const asSecondary = leasetap([
      ...['replay', tap, '--as', 'secondary', '--listen', `[::1]:${on.proxy}`, '--speed', 'real'],
    ]);
    await asSecondary.prints(/waiting for the primary/);
    const primary = leasetap(['serve', writeConfig(temporaryFolder(), 'primary', on, false)]);
    await primary.prints(/to NORMAL/);
    const clients = await clientsOf(on, 'primary', count);
    const ended = await asSecondary.ended;
    await clients.stop();
    await primary.kill('SIGKILL');
    expect(ended.code, ended.out + ended.err).toBe(0);
    const [differences, other, absent] = RESULT.exec(ended.err)?.slice(1).map(Number) ?? [];
    expect(differences).toBe(0);
    if (count === 0) expect([other, (absent ?? 0) > 1]).toEqual([0, true]);
    else expect(other).toBeGreaterThan(0);
  }
});

it('says in one line why there is no TLS', async () => {
  const on = await ports();
  const tap = await recorded(on, false);
  const folder = temporaryFolder();
  await secondary(folder, on, false);
  const replay = ['replay', tap, '--as', 'primary', '--to', `[::1]:${on.failover}`];
  expect(await runLeasetap([...replay, ...shows('primary')])).toMatchObject({
    code: 2,
    err: 'leasetap: TLS: the server refuses STARTTLS with status 15\n',
  });
  expect(await runLeasetap([...replay, '--tls-cert', 'no.pem'])).toMatchObject({
    code: 2,
    err: 'leasetap: --tls-cert: no.pem: no such file or directory\n',
  });
});
