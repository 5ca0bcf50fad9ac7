/** TLS between partners: STARTTLS first, both sides proven by certificate, and everything else refused in time. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { InputError } from '../../src/base/problem.ts';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import type { PartnerConfig } from '../../src/server/config.ts';
import { FailoverServer } from '../../src/server/driver.ts';
import { startTlsMessage } from '../../src/server/starttls.ts';
import { tlsTroubles } from '../../src/server/tls.ts';
import { StatusCode } from '../../src/wire/codes.ts';
import { decodeFailoverMessage } from '../../src/wire/failover.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { certificateFile } from '../support/tls.ts';
import {
  bindingsOf,
  bothNormal,
  clock,
  configOf,
  PATIENCE,
  type Role,
  scratch,
  serveClients,
  startServer,
  type Told,
} from './pair.ts';
import { type Choice, secured } from './secured.ts';

/** SHA-256 fingerprints as `openssl x509 -fingerprint -sha256` prints them. */
const SECONDARY_SHA256 =
  '82:E0:6F:F4:79:45:42:B6:A7:53:92:D9:A6:32:E9:33:8F:8C:80:45:E6:A9:16:3C:BD:02:B6:60:71:38:C2:07';

async function securedPair(
  primary: Choice = {},
  secondary: Choice = {},
): Promise<Readonly<Record<Role, Told>>> {
  const directory = scratch();
  const second = await startServer(secured('secondary', directory, 0, secondary));
  const port = (second.server.listening.failover[0] as SocketAddress).port;
  const first = await startServer(secured('primary', directory, port, primary));
  return { primary: first, secondary: second };
}

/** Why the secondary refused connections, and why those of the primary ended. */
function refusals({ news }: Told): readonly string[] {
  return news.flatMap((one) => (one.kind === 'refused' ? [one.why] : []));
}

test('a secured pair reaches NORMAL and keeps its leases equal', async () => {
  const pair = await securedPair();
  await bothNormal(pair);
  await serveClients([pair.primary, pair.secondary], 5);
  await vi.waitFor(() => {
    expect(bindingsOf(pair.secondary)).toHaveLength(10);
    expect(bindingsOf(pair.secondary)).toEqual(bindingsOf(pair.primary));
  }, PATIENCE);
});

test.each<[string, Partial<PartnerConfig>]>([
  ['its address, when nothing else is configured', { certificateNames: [] }],
  ['its fingerprint', { certificateNames: [], certificateSha256: [SECONDARY_SHA256] }],
  ['its name and fingerprint', { certificateSha256: [SECONDARY_SHA256] }],
])('a partner is known by %s', async (_, partner) => {
  await bothNormal(await securedPair({ partner }));
});

test.each<[string, Choice, Choice, RegExp]>([
  [
    'a certificate that nobody signed',
    { certificate: 'stranger' },
    {},
    /^TLS: the certificate is not good: .*SELF_SIGNED/,
  ],
  [
    'a certificate of another name',
    {},
    { partner: { certificateNames: ['other.example.com'] } },
    /^TLS: the certificate is not a partner's$/,
  ],
  [
    'the wrong fingerprint',
    {},
    { partner: { certificateSha256: [SECONDARY_SHA256] } },
    /^TLS: the certificate is not a partner's$/,
  ],
  ['no STARTTLS where it is required', { security: 'none' }, {}, /^no STARTTLS, which is required$/],
  ['STARTTLS where it is not configured', {}, { security: 'none' }, /^STARTTLS, but TLS is not configured$/],
  [
    'a secondary of another name',
    { partner: { certificateNames: ['other.example.com'] } },
    {},
    /^closed by the other side$|ECONNRESET|^TLS: /,
  ],
])('there is no connection with %s', async (_, primary, secondary, why) => {
  const pair = await securedPair(primary, secondary);
  await vi.waitFor(
    () => expect(refusals(pair.secondary).some((reason) => why.test(reason))).toBe(true),
    PATIENCE,
  );
  const established = pair.primary.news.filter((one) => one.kind === 'note' && /established/.test(one.text));
  expect(established).toEqual([]);
});

/** A TCP connection to the secondary, and what came back on it. */
async function connected({
  server,
}: Told): Promise<{ socket: Socket; received: () => Buffer; closed: Promise<void> }> {
  const { address, port } = server.listening.failover[0] as SocketAddress;
  const socket = connect({ host: address, port });
  onTestFinished(() => void socket.destroy());
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, received: () => bytes, closed };
}

test('a refused STARTTLS is answered with TLSConnectionRefused, an accepted one without a status', async () => {
  const directory = scratch();
  const open = await startServer(configOf('secondary', directory, 0));
  const refused = await connected(open);
  refused.socket.write(startTlsMessage(0x123456));
  await refused.closed;
  expect(decodeFailoverMessage(refused.received(), 2).message).toMatchObject({
    type: 'REPLY',
    transactionId: 0x123456,
    status: { code: StatusCode.TLSConnectionRefused },
  });
  const secure = await startServer(secured('secondary', scratch(), 0));
  const accepted = await connected(secure);
  // One octet at a time: nothing may depend on segments.
  for (const octet of startTlsMessage(7)) {
    accepted.socket.write(Uint8Array.of(octet));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // RFC 8415 §8: message type 7, transaction-id, no options; two octets of length before it.
  await vi.waitFor(() => expect(accepted.received().toString('hex')).toBe('000407000007'), PATIENCE);
});

test('who answers STARTTLS with something else gets no handshake from us', async () => {
  for (const answer of ['00040b000001', '0004070000010000', 'ffff', '']) {
    const seen: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        seen.push(chunk);
        if (answer === '') socket.end();
        else if (seen.length === 1) socket.write(Buffer.from(answer, 'hex'));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
    const { port } = server.address() as { port: number };
    const primary = await startServer(secured('primary', scratch(), port));
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // STARTTLS is type 23; a TLS handshake would begin with 16 03.
    for (const chunk of seen) expect(chunk.subarray(0, 3).toString('hex')).toBe('000417');
    await primary.server.stop();
    server.close();
  }
});

test.each([
  ['no certificate', {}, /^TLS: the certificate is not good/],
  [
    'TLS 1.1',
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' },
    /^TLS: .*(version|protocol)/i,
  ],
] as const)('a primary with %s is refused', async (_, options, why) => {
  const secondary = await startServer(secured('secondary', scratch(), 0));
  const { socket, received } = await connected(secondary);
  socket.write(startTlsMessage(7));
  await vi.waitFor(() => expect(received()).toHaveLength(6), PATIENCE);
  socket.removeAllListeners('data');
  const secure = tlsConnect({ socket, rejectUnauthorized: false, ...options });
  secure.on('error', () => undefined);
  await vi.waitFor(() => expect(refusals(secondary).some((reason) => why.test(reason))).toBe(true), PATIENCE);
});

test('who is silent after the REPLY holds no place for longer than ten seconds', async () => {
  const secondary = await startServer(secured('secondary', scratch(), 0));
  const { socket, received, closed } = await connected(secondary);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  socket.write(startTlsMessage(7));
  while (received().length < 6) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(refusals(secondary)).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  vi.useRealTimers();
  await closed;
  expect(refusals(secondary)).toEqual(['TLS: no handshake in time']);
});

test('files that are no certificate are told before anything is opened', () => {
  const config = secured('secondary', scratch(), 0);
  const right = {
    cert: certificateFile('primary.pem'),
    key: certificateFile('primary.key'),
    ca: certificateFile('ca.pem'),
    keylog: undefined,
  };
  const server = (files: Partial<typeof right>) => {
    const failover = { ...config.failover, tls: { ...right, ...files } };
    return new FailoverServer({ ...config, failover }, new MemoryStore(), clock);
  };
  expect(() => server({})).not.toThrow();
  expect(() => server({ key: certificateFile('nothing.key') })).toThrow(
    /nothing\.key: no such file or directory$/,
  );
  expect(() => server({ cert: certificateFile('ca.pem') })).toThrow(
    /primary\.key: not the key of .*ca\.pem$/,
  );
  expect(() => server({ ca: certificateFile('README.md') })).toThrow(
    /README\.md: expected certificates in PEM \(/,
  );
  expect(() => server({ key: certificateFile('README.md') })).toThrow(InputError);
});

test('all that is wrong with the files is told, also what is not valid at this time', () => {
  const tls = {
    cert: certificateFile('primary.pem'),
    key: certificateFile('primary.key'),
    ca: certificateFile('ca.pem'),
    keylog: undefined,
  };
  const at = (date: string): number => Date.parse(date);
  expect(tlsTroubles(tls, at('2100-01-01'))).toEqual([]);
  expect(tlsTroubles(tls, at('2200-01-01'))).toEqual([
    expect.stringMatching(/primary\.pem: expired on .* 2126 GMT$/),
    expect.stringMatching(/ca\.pem: expired on /),
  ]);
  expect(tlsTroubles(tls, at('2020-01-01'))).toHaveLength(2);
  const bad = { ...tls, cert: certificateFile('nothing.pem'), ca: certificateFile('primary.key') };
  expect(tlsTroubles(bad)).toHaveLength(2);
});

test('a server takes new certificates without a restart, and keeps the old ones if they are no good', async () => {
  const directory = scratch();
  const copy = (name: string): void => {
    for (const end of ['pem', 'key']) {
      copyFileSync(certificateFile(`${name}.${end}`), join(directory, `mine.${end}`));
    }
  };
  copy('stranger');
  const config = secured('secondary', directory, 0);
  const mine = {
    cert: join(directory, 'mine.pem'),
    key: join(directory, 'mine.key'),
    ca: certificateFile('ca.pem'),
    keylog: undefined,
  };
  const secondary = await startServer({ ...config, failover: { ...config.failover, tls: mine } });
  const { port } = secondary.server.listening.failover[0] as SocketAddress;
  const primary = await startServer(secured('primary', directory, port));
  await vi.waitFor(() => expect(refusals(secondary).length).toBeGreaterThan(0), PATIENCE);
  writeFileSync(join(directory, 'mine.key'), 'no key');
  expect(() => secondary.server.reloadTls()).toThrow(/mine\.key: expected a private key/);
  copy('secondary');
  secondary.server.reloadTls();
  await bothNormal({ primary, secondary });
});
