/** The built program: two servers with TLS between them and a proxy that terminates it. What it recorded opens by itself. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileSource } from '../../src/capture/files.ts';
import { readMessages } from '../../src/cli/read/messages.ts';
import { DISSECTORS } from '../dissect/captured.ts';
import { pairYaml } from '../server/pair.ts';
import { freePort, leasetap, runLeasetap, temporaryFolder } from '../support/process.ts';
import { certificateFile } from '../support/tls.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';

type Role = 'primary' | 'secondary';

function writeConfig(folder: string, role: Role, failoverPort: number, clientPort: number): string {
  const partner = role === 'primary' ? 'secondary' : 'primary';
  const files = `tls: {cert: ${certificateFile(`${role}.pem`)}, key: ${certificateFile(`${role}.key`)}, ca: ${certificateFile('ca.pem')}}`;
  const yaml = pairYaml(role, failoverPort, clientPort)
    .replace('security: none', 'security: tls')
    .replace(/partner: \{/, `partner: {certificate-names: [${partner}.example.com], `);
  const failover = yaml.includes('failover: {')
    ? yaml.replace('failover: {', `failover: {${files}, `)
    : `failover: {${files}}\n${yaml}`;
  const path = join(folder, `${role}.yaml`);
  writeFileSync(path, `store: ${join(folder, role)}\ncontrol: ${join(folder, `${role}.sock`)}\n${failover}`);
  return path;
}

it('terminates TLS, tells it, and records what Wireshark and read open without a key', async () => {
  const folder = temporaryFolder();
  const [to, listen, first, second] = await Promise.all(Array.from({ length: 4 }, () => freePort('::1')));
  const primary = writeConfig(folder, 'primary', listen as number, first as number);
  const secondary = writeConfig(folder, 'secondary', to as number, second as number);
  expect(await runLeasetap(['serve', '--check', primary])).toMatchObject({ code: 0 });
  const [tap, log, keys] = ['tap.pcapng', 'tap.jsonl', 'keys.txt'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await leasetap(['serve', secondary]).prints(/listening: failover/);
  const proxy = leasetap(
    ['proxy', '-l', `[::1]:${listen}`, '-t', `[::1]:${to}`, '-w', tap, '--log', log, '--tls', 'terminate']
      .concat(['--tls-cert', certificateFile('secondary.pem'), '--tls-key', certificateFile('secondary.key')])
      .concat([
        '--tls-to-cert',
        certificateFile('primary.pem'),
        '--tls-to-key',
        certificateFile('primary.key'),
      ])
      .concat(['--tls-ca', certificateFile('ca.pem'), '--tls-keylog', keys]),
  );
  await proxy.prints(/listening on/);
  leasetap(['serve', primary]);
  await proxy.prints(/TLS with the primary secured: TLSv1\.3 .* certificate of primary\.example\.com$/m);
  await proxy.prints(/STATE .*NORMAL/);
  await proxy.kill('SIGTERM');

  for (const file of [tap, keys]) expect(statSync(file).mode & 0o777).toBe(0o600);
  const lines = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ event }) => event === 'tls')).toMatchObject([
    { outcome: 'secured' },
    { outcome: 'secured' },
  ]);
  const read = await runLeasetap(['read', '-T', 'jsonl', '-i', 'secondary-leg', tap]);
  expect(read).toMatchObject({ code: 0, err: '' });
  const messages = read.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(messages.slice(0, 3).map(({ msg_name, tls }) => [msg_name, tls])).toEqual([
    ['STARTTLS', undefined],
    ['REPLY', undefined],
    ['CONNECT', 'TLSv1.3'],
  ]);
  // What went through, message by message; between the two directions the order is that of the wire.
  const named = (all: readonly { dst_port: number; msg_name?: string }[], toSecondary: boolean) =>
    all
      .filter(({ dst_port, msg_name }) => msg_name !== undefined && (dst_port === to) === toSecondary)
      .map(({ msg_name }) => msg_name);
  for (const toSecondary of [true, false]) {
    const logged = named(lines, toSecondary);
    expect(logged.length).toBeGreaterThan(2);
    // What had come when the proxy ended, and was not opened any more, is in the recording only.
    expect(named(messages, toSecondary).slice(0, logged.length)).toEqual(logged);
  }
  // The same secrets outside.
  const outside = await runLeasetap(['read', '--tls-keylog', keys, '-i', 'primary-leg', tap]);
  expect(outside.code).toBe(0);
});

it.skipIf(tsharkIsMissing())(
  '…and tshark finds the same application data as we do, on both legs',
  async () => {
    const folder = temporaryFolder();
    const [to, listen, first, second] = await Promise.all(Array.from({ length: 4 }, () => freePort('::1')));
    const tap = join(folder, 'tap.pcapng');
    const secondary = writeConfig(folder, 'secondary', to as number, second as number);
    await leasetap(['serve', secondary]).prints(/listening: failover/);
    const proxy = leasetap(
      ['proxy', '-l', `[::1]:${listen}`, '-t', `[::1]:${to}`, '-w', tap, '--tls', 'terminate']
        .concat([
          '--tls-cert',
          certificateFile('secondary.pem'),
          '--tls-key',
          certificateFile('secondary.key'),
        ])
        .concat([
          '--tls-to-cert',
          certificateFile('primary.pem'),
          '--tls-to-key',
          certificateFile('primary.key'),
        ])
        .concat(['--fault', 'duplicate p>s UPDREQ,UPDREQALL']),
    );
    await proxy.prints(/listening on/);
    leasetap(['serve', writeConfig(folder, 'primary', listen as number, first as number)]);
    await proxy.prints(/STATE .*NORMAL/);
    await proxy.kill('SIGTERM');
    const legs = [
      { name: 'primary-leg', port: listen },
      { name: 'secondary-leg', port: to },
    ] as const;
    for (const [stream, { name, port }] of legs.entries()) {
      const ours: string[] = [];
      const onMessage = ({
        frame,
      }: {
        readonly frame: { bytes: Uint8Array; start: number; end: number; tls?: string | undefined };
      }) => {
        if (frame.tls !== undefined)
          ours.push(Buffer.from(frame.bytes.subarray(frame.start - 2, frame.end)).toString('hex'));
      };
      await readMessages([fileSource(tap)], DISSECTORS, { onMessage }, {}, { interfaces: [name] });
      expect(ours.length).toBeGreaterThan(5);
      const follow = `follow,tls,raw,${stream}`;
      const theirs = tshark(readFileSync(tap), ['-d', `tcp.port==${port},tls`, '-q', '-z', follow])
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => /^[0-9a-f]+$/.test(line));
      expect(theirs.join('')).toBe(ours.join(''));
    }
  },
);
