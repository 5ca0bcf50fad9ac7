/** `leasetap proxy` with certificates of its own for each relationship, and a control that may not name every file. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { TLSSocket, connect as tlsConnect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { leasetap, type Running, runLeasetap, temporaryFolder } from '../support/process.ts';
import { portOf } from '../support/relay.ts';
import { certificateFile } from '../support/tls.ts';

/** RFC 7653 §5.2.1: a header of four octets; the answer is a REPLY of the same transaction-id without a status. */
const STARTTLS = Buffer.from('000417000001', 'hex');
const REPLY = Buffer.from('000407000001', 'hex');

const material = (name: string) => ({
  cert: readFileSync(certificateFile(`${name}.pem`)),
  key: readFileSync(certificateFile(`${name}.key`)),
});

/** A secondary that turns to TLS when asked to. */
async function secondary(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(REPLY);
      new TLSSocket(socket, { isServer: true, ...material('secondary') }).on('error', () => undefined);
    });
  });
  server.listen(0, '::1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return `[::1]:${portOf(server)}`;
}

/** The name in the certificate that a primary is shown there. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ host: '::1', port });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(STARTTLS);
  expect((await once(socket, 'data'))[0]).toEqual(REPLY);
  const tls = tlsConnect({ socket, rejectUnauthorized: false, ...material('primary') });
  tls.on('error', () => undefined);
  await once(tls, 'secureConnect');
  return String(tls.getPeerCertificate().subject.CN);
}

async function port(proxy: Running, name: string): Promise<number> {
  return Number((await proxy.prints(new RegExp(`${name}: listening on \\S+:(\\d+)`)))[1]);
}

const [first, second] = ['primary', 'secondary'].map((name) => ({
  cert: certificateFile(`${name}.pem`),
  key: certificateFile(`${name}.key`),
})) as [{ cert: string; key: string }, { cert: string; key: string }];

describe('certificates for each relationship', () => {
  it('come from options with names before them', async () => {
    const [folder, to] = [temporaryFolder(), await secondary()];
    const keys = join(folder, 'keys.txt');
    const proxy = leasetap([
      ...['proxy', '-l', '[::1]:0', '-t', `campus=${to}`, '-l', '[::1]:0', '-t', `branch=${to}`],
      ...['--tls', 'terminate', '--tls-cert', first.cert, '--tls-key', first.key],
      ...['--tls-cert', `branch=${second.cert}`, '--tls-key', `branch=${second.key}`],
      ...['--tls-keylog', `branch=${keys}`],
    ]);
    expect(await shownAt(await port(proxy, 'campus'))).toBe('primary.example.com');
    expect(readFileSync(keys, 'utf8')).toBe('');
    expect(await shownAt(await port(proxy, 'branch'))).toBe('secondary.example.com');
    await proxy.prints(/branch: connection \d: TLS with the secondary secured/);
    expect(readFileSync(keys, 'utf8')).toContain('CLIENT_HANDSHAKE_TRAFFIC_SECRET');
  });

  it('come from the file, and over the control', async () => {
    const [folder, to] = [temporaryFolder(), await secondary()];
    const [config, control] = [join(folder, 'pairs.yaml'), join(folder, 'tap.sock')];
    writeFileSync(
      config,
      `relationships:
  - { name: campus, listen: "[::1]:0", to: "${to}", tls: { cert: ${first.cert}, key: ${first.key} } }
  - { name: branch, listen: "[::1]:0", to: "${to}", tls: { cert: ${second.cert}, key: ${second.key} } }
`,
    );
    const proxy = leasetap(['proxy', '--config', config, '-C', control]);
    await proxy.prints(/control at/);
    expect(await shownAt(await port(proxy, 'campus'))).toBe('primary.example.com');
    expect(await shownAt(await port(proxy, 'branch'))).toBe('secondary.example.com');
    const add = (name: string, ...tls: string[]) =>
      runLeasetap(['proxy', 'add', '-C', control, '-l', '[::1]:0', '-t', `${name}=${to}`, ...tls]);
    const certificates = ['--tls-cert', second.cert, '--tls-key', second.key];
    expect(await add('lab', '--tls', 'terminate', ...certificates)).toMatchObject({ code: 0, err: '' });
    expect(await shownAt(await port(proxy, 'lab'))).toBe('secondary.example.com');
    expect(await add('bad', '--tls', 'terminate', '--tls-cert', '/no.pem', '--tls-key', first.key)).toEqual(
      expect.objectContaining({ code: 2, err: 'leasetap: tls.cert: /no.pem: no such file or directory\n' }),
    );
  });

  it('are told in one line with the line of the file when they are no good', async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'pairs.yaml');
    writeFileSync(
      config,
      `relationships:
  - name: campus
    listen: "[::1]:0"
    to: "[::1]:9"
    tls:
      cert: ${first.cert}
      key: ${second.key}
`,
    );
    const { code, err } = await runLeasetap(['proxy', '--config', config]);
    expect(code).toBe(2);
    expect(err).toMatch(/^leasetap: \S+pairs\.yaml:7:7: tls\.key: \S+secondary\.key: [^\n]*\n$/);
  });
});

describe('a control on TCP', () => {
  it('names files below the folder for them, and nowhere else', async () => {
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const token = 'a-token-of-enough-length';
    writeFileSync(join(elsewhere, 'token'), token);
    const proxy = leasetap([
      ...['proxy', '-l', '[::1]:0', '-t', 'campus=[::1]:9', '-w', join(elsewhere, 'own.pcapng')],
      ...['-C', '127.0.0.1:0', '--token-file', join(elsewhere, 'token'), '--control-folder', folder],
    ]);
    const [, control = ''] = await proxy.prints(/control at (\S+)/);
    const ask = async (method: string, path: string, body: unknown): Promise<[number, unknown]> => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`http://${control}${path}`, { method, headers, body: JSON.stringify(body) });
      return [answer.status, await answer.json()];
    };
    const lab = (write: string) => ({ name: 'lab', listen: '[::1]:0', to: '[::1]:9', write });
    for (const path of [join(elsewhere, 'a.pcapng'), '../a.pcapng', '/etc/passwd']) {
      const refused = [400, { error: { code: 'bad-input', message: expect.stringContaining('below') } }];
      expect(await ask('POST', '/proxies', lab(path))).toEqual(refused);
      expect(await ask('POST', '/populate', { relationships: [lab(path)] })).toEqual(refused);
      expect(await ask('PATCH', '/proxies/campus', { log: path })).toEqual(refused);
    }
    expect(existsSync(join(elsewhere, 'a.pcapng'))).toBe(false);
    // What whoever started it has said stays.
    expect(await ask('PATCH', '/proxies/campus', { enabled: false })).toMatchObject([200, {}]);
    expect(await ask('POST', '/proxies', lab('a.pcapng'))).toMatchObject([201, { name: 'lab' }]);
    expect(existsSync(join(folder, 'a.pcapng'))).toBe(true);
  });
});
