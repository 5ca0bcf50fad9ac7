/** Our own pair with TLS between them, through a proxy that terminates it: it reads, records, disturbs and tells. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/base/clock.ts';
import type { SocketAddress } from '../../../src/base/socket-address.ts';
import { fileSource } from '../../../src/capture/files.ts';
import { readMessages } from '../../../src/cli/read/messages.ts';
import type { ProxyEvent } from '../../../src/proxy/events.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';
import { type ProxyOptions, ProxySession } from '../../../src/proxy/relay.ts';
import type { TlsTermination } from '../../../src/proxy/tls/terminate.ts';
import { DISSECTORS } from '../../dissect/captured.ts';
import {
  bindingsOf,
  bothNormal,
  PATIENCE,
  scratch,
  serveClients,
  startServer,
  type Told,
} from '../../server/pair.ts';
import { type Choice, secured } from '../../server/secured.ts';
import { tapped, until } from '../../support/relay.ts';
import { certificateFile } from '../../support/tls.ts';

const identity = (name: string) => ({
  cert: readFileSync(certificateFile(`${name}.pem`), 'utf8'),
  key: readFileSync(certificateFile(`${name}.key`), 'utf8'),
});
const TERMINATION: TlsTermination = {
  identities: [identity('secondary'), identity('primary')],
  ca: readFileSync(certificateFile('ca.pem'), 'utf8'),
};

interface Through {
  readonly proxy: ProxySession;
  readonly events: ProxyEvent[];
  readonly pair: { readonly primary: Told; readonly secondary: Told };
}

async function through(
  tls: TlsTermination | undefined,
  options: Partial<ProxyOptions> = {},
  primary: Choice = {},
  secondary: Choice = {},
): Promise<Through> {
  const directory = scratch();
  const second = await startServer(secured('secondary', directory, 0, secondary));
  const dial = second.server.listening.failover[0] as SocketAddress;
  const proxy = await ProxySession.start({
    listen: { address: '::1', port: 0 },
    dial,
    random: seededRandom(1),
    dissectors: DISSECTORS,
    ...(tls === undefined ? {} : { tls }),
    ...options,
  });
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const first = await startServer(secured('primary', directory, proxy.listening.port, primary));
  return { proxy, events, pair: { primary: first, secondary: second } };
}

const tlsEvents = (events: readonly ProxyEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'tls' ? [`${event.who} ${event.outcome}: ${event.detail}`] : []));

it('shows the messages inside, and the pair does not notice', async () => {
  const { proxy, events, pair } = await through(TERMINATION);
  await bothNormal(pair);
  await serveClients([pair.primary, pair.secondary], 3);
  await vi.waitFor(() => expect(bindingsOf(pair.secondary)).toHaveLength(6), PATIENCE);
  expect(tlsEvents(events).sort()).toEqual([
    'primary secured: TLSv1.3 TLS_AES_256_GCM_SHA384, certificate of primary.example.com',
    'secondary secured: TLSv1.3 TLS_AES_256_GCM_SHA384, certificate of secondary.example.com',
  ]);
  const { messages, tlsHandshakes, tlsRecords } = proxy.stats();
  expect(Object.keys(messages)).toEqual(
    expect.arrayContaining(['p>s STARTTLS forwarded', 's>p REPLY forwarded', 'p>s CONNECT forwarded']),
  );
  expect(tlsHandshakes).toEqual({ 'primary secured': 1, 'secondary secured': 1 });
  expect(tlsRecords).toEqual({});
  await proxy.close();
});

// A failover connection lasts for months: the file in which it began is long gone when somebody looks.
it('records so that each file of a rotated recording opens alone', async () => {
  const folder = scratch();
  const { proxy, pair } = await through(TERMINATION, {
    record: { path: join(folder, 'tap.pcapng'), header: { application: 'leasetap test', comments: [] } },
    rotation: { octets: 16_000 },
  });
  await bothNormal(pair);
  await serveClients([pair.primary, pair.secondary], 12);
  await vi.waitFor(() => expect(bindingsOf(pair.secondary)).toHaveLength(24), PATIENCE);
  await proxy.close();
  const files = readdirSync(folder)
    .filter((name) => name.startsWith('tap-'))
    .sort()
    .map((name) => join(folder, name));
  expect(files.length).toBeGreaterThan(2);
  const read = async (paths: readonly string[], leg: string) => {
    const found: string[] = [];
    const problems: string[] = [];
    await readMessages(
      paths.map(fileSource),
      DISSECTORS,
      {
        onMessage: ({ msgName, transactionId, frame }) =>
          found.push(
            `${frame.direction} ${msgName} ${transactionId} ${frame.seen.time.unixSeconds}.${frame.seen.time.ticks}`,
          ),
        onNotice: ({ kind, message }) => kind === 'encrypted' && problems.push(message),
      },
      {},
      { interfaces: [leg] },
    );
    expect(problems).toEqual([]);
    return found;
  };
  for (const leg of ['primary-leg', 'secondary-leg']) {
    const whole = await read(files, leg);
    const alone = await Promise.all(files.map((file) => read([file], leg)));
    // The last file may have begun only just now.
    for (const found of alone.slice(1, -1)) expect(found.length).toBeGreaterThan(10);
    // The first one holds the handshake; from then on nothing is lost: what is written at once is one packet.
    expect(alone.flat().slice(-40)).toEqual(whole.slice(-40));
    expect(whole.length - alone.flat().length).toBeLessThan(3);
  }
});

it('records the wire with its secrets, and writes a key log', async () => {
  const path = join(scratch(), 'tap.pcapng');
  const lines: string[] = [];
  const tls: TlsTermination = { ...TERMINATION, keylog: (line: string) => lines.push(line) };
  const header = { application: 'leasetap test', comments: [] };
  const { proxy, events, pair } = await through(tls, {
    record: { path, header },
    faults: [parseFault('duplicate p>s CONTACT')],
  });
  await bothNormal(pair);
  await serveClients([pair.primary, pair.secondary], 2);
  await vi.waitFor(() => expect(bindingsOf(pair.secondary)).toHaveLength(4), PATIENCE);
  await vi.waitFor(
    () => expect(Object.keys(proxy.stats().messages)).toContain('p>s CONTACT injected'),
    PATIENCE,
  );
  await proxy.close();

  const read = async (name: string): Promise<string[]> => {
    const found: string[] = [];
    const problems: string[] = [];
    const comments: string[] = [];
    await readMessages(
      [fileSource(path)],
      DISSECTORS,
      {
        onMessage: ({ msgName, transactionId, frame }) =>
          found.push(`${frame.direction} ${msgName} ${transactionId} ${frame.tls ?? 'clear'}`),
        onNotice: ({ kind, message }) => kind === 'encrypted' && problems.push(message),
      },
      {},
      { interfaces: [name], onComment: (_, text) => comments.push(text) },
    );
    expect(problems).toEqual([]);
    if (name === 'secondary-leg') expect(comments.join()).toContain('duplicate');
    return found;
  };
  const told = events.flatMap((event) =>
    event.kind === 'message' && event.verdict !== 'injected'
      ? [`${event.message.frame.direction} ${event.message.msgName} ${event.message.transactionId}`]
      : [],
  );
  const recorded = await read('primary-leg');
  // Between the two directions the order is that of the wire, and there one record may hold several messages.
  for (const direction of ['0 ', '1 ']) {
    const [onTheWire, asTold] = [recorded, told].map((lines) =>
      lines.filter((line) => line.startsWith(direction)),
    );
    expect(onTheWire?.map((line) => line.replace(/ \S+$/, ''))).toEqual(asTold);
  }
  expect(recorded.slice(0, 3)).toEqual([
    expect.stringMatching(/STARTTLS \d+ clear/),
    expect.stringMatching(/REPLY \d+ clear/),
    expect.stringMatching(/CONNECT \d+ TLSv1\.3/),
  ]);
  expect((await read('secondary-leg')).length).toBeGreaterThan(recorded.length);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const labels = new Set(lines.map((line) => line.split(' ')[0]));
  expect([...labels]).toEqual(expect.arrayContaining(['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0']));
});

it('passes a pair without TLS as ever', async () => {
  const { events, pair } = await through(TERMINATION, {}, { security: 'none' }, { security: 'none' });
  await bothNormal(pair);
  expect(tlsEvents(events)).toEqual([]);
});

const NO_CA = { identities: TERMINATION.identities };

it.each<[string, TlsTermination, Choice, Choice, RegExp]>([
  [
    'a primary whose certificate nobody signed',
    TERMINATION,
    { certificate: 'stranger' },
    {},
    /^primary failed: the certificate is not good: .*SELF_SIGNED/,
  ],
  [
    'a secondary whose certificate nobody signed',
    TERMINATION,
    {},
    { certificate: 'stranger' },
    /^secondary failed: the certificate is not good: .*SELF_SIGNED/,
  ],
  [
    'a primary that does not believe ours',
    { identities: [identity('stranger'), identity('primary')] },
    {},
    {},
    /^primary failed: .*(alert|closed|reset|ECONNRESET)/i,
  ],
  [
    'a secondary that does not believe ours',
    { identities: [identity('secondary'), identity('stranger')] },
    {},
    {},
    /^secondary (failed|secured): /,
  ],
])('tells of %s, and closes both legs', async (_, tls, primary, secondary, why) => {
  const { proxy, events } = await through(tls, {}, primary, secondary);
  await vi.waitFor(() => expect(tlsEvents(events).join('\n')).toMatch(new RegExp(why, 'm')), PATIENCE);
  await vi.waitFor(
    () => expect(events.some((event) => event.kind === 'connection-down')).toBe(true),
    PATIENCE,
  );
  expect(Object.keys(proxy.stats().messages).join()).not.toContain('CONNECTREPLY');
});

it('takes any certificate without authorities, and says that it was not verified', async () => {
  const { events, pair } = await through(NO_CA);
  await bothNormal(pair);
  expect(tlsEvents(events)).toEqual([
    expect.stringMatching(/ secured: .* not verified/),
    expect.stringMatching(/ secured: .* not verified/),
  ]);
});

it('gives the answer of a fault that refuses STARTTLS: there is no TLS then', async () => {
  const faults = [parseFault('refuse-starttls s>p')];
  const { proxy, events } = await through(TERMINATION, { faults });
  await vi.waitFor(() => expect(proxy.stats().messages['s>p REPLY changed']).toBeGreaterThan(1), PATIENCE);
  expect(tlsEvents(events).filter((told) => told.startsWith('primary'))).toEqual([]);
});

// The words are OpenSSL's, as the server that is shown the certificate tells them, or those of its alert.
it.each([
  ['self-signed', /^TLS: the certificate is not good: .*SELF_SIGNED/],
  ['wrong-name', /^TLS: the certificate is not a partner's$/],
  ['expired', /^TLS: the certificate is not good: CERT_HAS_EXPIRED$/],
])('shows the secondary a certificate that is %s: it refuses, and all can see why', async (flaw, why) => {
  const path = join(scratch(), 'tap.pcapng');
  const logPath = join(scratch(), 'tap.jsonl');
  const header = { application: 'leasetap test', comments: [] };
  const authority = identity('authority');
  const trust = { ca: 'authorities.pem' };
  const fault = parseFault(`wrong-certificate p>s ${flaw} times 1`);
  const { proxy, pair } = await through(
    { ...TERMINATION, authority },
    { record: { path, header }, logPath, faults: [fault] },
    trust,
    trust,
  );
  await vi.waitFor(() => {
    const refused = pair.secondary.news.flatMap((one) => (one.kind === 'refused' ? [one.why] : []));
    expect(refused).toContainEqual(expect.stringMatching(why));
  }, PATIENCE);
  // It was armed for once: the next attempt is as it should be.
  await bothNormal(pair);
  expect(proxy.listFaults()).toEqual([]);
  await proxy.close();
  expect(readFileSync(path, 'latin1')).toContain(`wrong-certificate (hit 1, seed`);
  const hit = readFileSync(logPath, 'utf8')
    .split('\n')
    .find((line) => line.includes('"fault-hit"'));
  expect(JSON.parse(hit ?? '')).toMatchObject({
    action: 'wrong-certificate',
    detail: `${flaw} to the secondary`,
    message_index: null,
  });
});

it('shows the primary a certificate that is wrong', async () => {
  const faults = [parseFault('wrong-certificate s>p')];
  const { events } = await through(TERMINATION, { faults });
  await vi.waitFor(() => expect(tlsEvents(events).join('\n')).toMatch(/^primary failed: /m), PATIENCE);
  expect(tlsEvents(events).join('\n')).not.toContain('primary secured');
});

it('passes TLS unread, and the recording is read with the key log of a server', async () => {
  const path = join(scratch(), 'tap.pcapng');
  const keyLog = join(scratch(), 'keys.txt');
  const header = { application: 'leasetap test', comments: [] };
  const { proxy, events, pair } = await through(undefined, { record: { path, header } }, { keylog: keyLog });
  await bothNormal(pair);
  await proxy.close();
  const unread = events.flatMap((event) => (event.kind === 'unreadable' ? [event.reason] : []));
  expect(unread).toEqual(['TLS after STARTTLS', 'TLS after STARTTLS']);
  expect(proxy.stats().tlsRecords['p>s handshake']).toBe(1);
  expect(statSync(keyLog).mode & 0o777).toBe(0o600);
  const found = new Set<string | null>();
  const onMessage = ({ msgName }: { readonly msgName: string | null }) => found.add(msgName);
  await readMessages([fileSource(path)], DISSECTORS, { onMessage }, { tlsKeylog: keyLog });
  expect([...found]).toEqual(
    expect.arrayContaining(['STARTTLS', 'CONNECT', 'CONNECTREPLY', 'STATE', 'UPDDONE']),
  );
});

it('waits ten seconds for a handshake, then ends both legs', async () => {
  const tap = await tapped({ tls: TERMINATION });
  const heard = new Promise((resolve) => tap.primary.once('data', resolve));
  const ends = [tap.primary, tap.secondary].map(
    (socket) =>
      new Promise<void>((resolve) => {
        for (const end of ['end', 'close']) socket.once(end, () => resolve());
      }),
  );
  tap.secondary.resume();
  tap.primary.write(Uint8Array.of(0, 4, 23, 0, 0, 1));
  await until(() => tap.proxy.stats().messages['p>s STARTTLS forwarded'] === 1, 'STARTTLS to pass');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  tap.secondary.write(Uint8Array.of(0, 4, 7, 0, 0, 1));
  await heard;
  await vi.advanceTimersByTimeAsync(9_000);
  expect(tlsEvents(tap.events)).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  vi.useRealTimers();
  await Promise.all(ends);
  expect(tlsEvents(tap.events)[0]).toMatch(/^(primary|secondary) failed: no handshake in time$/);
  expect(tap.proxy.stats().tlsHandshakes).toMatchObject({ 'primary failed': 1, 'secondary failed': 1 });
  await tap.close();
});
