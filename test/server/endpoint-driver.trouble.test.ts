/** What keeps a primary from its partner is told once, as long as it is the same, and stands in its status until then. */
import { createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import { serverStatus } from '../../src/server/status.ts';
import { bothNormal, PATIENCE, scratch, startServer, type Told } from './pair.ts';
import { type Choice, secured } from './secured.ts';

function troubleOf({ server }: Told): string | undefined {
  return serverStatus(server, '1', Date.now()).relationships[0]?.connection_trouble?.why;
}

function alarmsOf({ news }: Told): readonly string[] {
  return news.flatMap((one) => (one.kind === 'alarm' ? [one.text] : []));
}

/** A secondary that answers STARTTLS, and then what comes, with these octets of hex, or by closing. */
async function answering(...answers: readonly string[]): Promise<number> {
  const server = createServer((socket) => {
    const left = [...answers];
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const answer = left.shift();
      if (answer === undefined) socket.end();
      else socket.write(Buffer.from(answer, 'hex'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test.each<[string, Choice, Choice, RegExp]>([
  [
    'our certificate is not good',
    { certificate: 'stranger' },
    {},
    /^TLS: closed by the partner right behind the handshake, perhaps because of our certificate/,
  ],
  [
    "the partner's certificate is not good",
    { ca: 'stranger.pem' },
    {},
    /^TLS: the certificate is not good: /,
  ],
  [
    "the partner's certificate is somebody else's",
    { partner: { certificateNames: ['other.example.com'] } },
    {},
    /^TLS: the certificate is not a partner's$/,
  ],
  [
    'the partner has no TLS',
    {},
    { security: 'none' },
    /^TLS: the partner refuses it: TLS is not configured here \(status 15\)$/,
  ],
])('%s', async (_, primary, secondary, why) => {
  const directory = scratch();
  const second = await startServer(secured('secondary', directory, 0, secondary));
  const { port } = second.server.listening.failover[0] as SocketAddress;
  const first = await startServer(secured('primary', directory, port, primary));
  await vi.waitFor(() => expect(troubleOf(first)).toMatch(why), PATIENCE);
  // Again and again, and told once.
  await vi.waitFor(() => expect(first.server.endpoints[0]?.trouble?.attempts).toBeGreaterThan(1), PATIENCE);
  const told = alarmsOf(first).filter((text) => text.startsWith('no connection'));
  expect(told).toEqual([`no connection to the partner: ${troubleOf(first)}`]);
  expect(first.server.endpoints[0]?.history.map(({ text }) => text)).toEqual(expect.arrayContaining(told));
});

/** A REPLY without a status accepts (RFC 7653 §5.2.1); an alert of level 2 ends a handshake (RFC 8446 §6). */
test.each([
  ['no version in common', ['000407000001', '15030300020246'], /^TLS: .*protocol version$/],
  ['no suite in common', ['000407000001', '15030300020228'], /^TLS: .*handshake failure$/],
  ['the partner closes instead', ['000407000001'], /^TLS: .*(closed|disconnected|reset)/i],
  [
    'the partner closes before its answer',
    [],
    /^TLS: before an answer to STARTTLS: closed by the other side$/,
  ],
  ['the answer is another message', ['00040b000001'], /^TLS: the answer to STARTTLS is /],
])('%s', async (_, answers, why) => {
  const first = await startServer(secured('primary', scratch(), await answering(...answers)));
  await vi.waitFor(() => expect(troubleOf(first)).toMatch(why), PATIENCE);
});

test('nobody there is told, too, and forgotten when the partner speaks', async () => {
  const directory = scratch();
  const second = await startServer(secured('secondary', directory, 0));
  const { port } = second.server.listening.failover[0] as SocketAddress;
  await second.server.stop();
  const first = await startServer(secured('primary', directory, port));
  await vi.waitFor(() => expect(troubleOf(first)).toBe(`[::1]:${port}: ECONNREFUSED`), PATIENCE);
  expect(alarmsOf(first).filter((text) => text.startsWith('no connection'))).toEqual([]);
  const again = await startServer(secured('secondary', directory, port));
  await bothNormal({ primary: first, secondary: again });
  expect(troubleOf(first)).toBeUndefined();
});
