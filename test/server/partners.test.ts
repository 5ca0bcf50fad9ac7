/** Who may connect to a secondary and for how long: nobody else, and not for ever (RFC 8156 §6.1). */
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import { toEpoch2000 } from '../../src/base/time.ts';
import { StatusCode } from '../../src/wire/codes.ts';
import { decodeFailoverMessage, encodeFailoverFrame } from '../../src/wire/failover.ts';
import {
  bothNormal,
  configOf,
  PATIENCE,
  scratch,
  startPair,
  startServer,
  stateOf,
  type Told,
} from './pair.ts';

afterEach(() => vi.useRealTimers());

interface Guest {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received(): Buffer;
  over(): boolean;
}

async function guestOf({ server }: Told): Promise<Guest> {
  const { address, port } = server.listening.failover[0] as SocketAddress;
  const socket = connect({ host: address, port });
  onTestFinished(() => void socket.destroy());
  let bytes = Buffer.alloc(0);
  let over = false;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      over = true;
      resolve();
    });
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, closed, received: () => bytes, over: () => over };
}

function refusals({ news }: Told): readonly string[] {
  return news.flatMap((one) => (one.kind === 'refused' ? [one.why] : []));
}

function connectMessage(relationshipName?: string): Uint8Array {
  return encodeFailoverFrame({
    type: 'CONNECT',
    transactionId: 1,
    sentTime: toEpoch2000(Date.now()),
    protocolVersion: { major: 1, minor: 0 },
    mclt: 30,
    keepaliveTime: 60,
    maxUnackedBndupd: 10,
    connectFlags: 1,
    ...(relationshipName === undefined ? {} : { relationshipName }),
  });
}

test('a connection from an address that is no partner is dropped before a word', async () => {
  const config = configOf('secondary', scratch(), 0);
  const relationships = config.relationships.map((one) => ({
    ...one,
    partner: { ...one.partner, address: '::2' },
  }));
  const secondary = await startServer({ ...config, relationships });
  const guest = await guestOf(secondary);
  await guest.closed;
  expect(guest.received()).toHaveLength(0);
  expect(refusals(secondary)).toEqual(['nobody at this address is a partner']);
});

test('a CONNECT of another relationship is rejected with a status', async () => {
  const secondary = await startServer(configOf('secondary', scratch(), 0));
  const guest = await guestOf(secondary);
  guest.socket.write(connectMessage('other'));
  await guest.closed;
  expect(decodeFailoverMessage(guest.received(), 2).message).toMatchObject({
    type: 'CONNECTREPLY',
    transactionId: 1,
    status: { code: StatusCode.NotAllowed },
  });
});

test('a CONNECT without a name belongs to the only relationship', async () => {
  const secondary = await startServer(configOf('secondary', scratch(), 0));
  const guest = await guestOf(secondary);
  guest.socket.write(connectMessage());
  await vi.waitFor(() => expect(guest.received().length).toBeGreaterThan(6), PATIENCE);
  expect(
    decodeFailoverMessage(guest.received(), 2, 2 + guest.received().readUInt16BE(0)).message,
  ).toMatchObject({
    type: 'CONNECTREPLY',
    mclt: 30,
  });
});

test('who says nothing is cut off after ten seconds', async () => {
  const secondary = await startServer(configOf('secondary', scratch(), 0));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const silent = await guestOf(secondary);
  const slow = await guestOf(secondary);
  slow.socket.write(connectMessage('pair').subarray(0, 5));
  await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(9_900);
  await new Promise((resolve) => setImmediate(resolve));
  expect([silent.over(), slow.over()]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(6_000);
  vi.useRealTimers();
  await Promise.all([silent.closed, slow.closed]);
  expect(refusals(secondary)).toEqual([
    'nothing that we waited for came in time',
    'nothing that we waited for came in time',
  ]);
});

test('a flood of connections is bounded and does not keep the partner out for good', async () => {
  const pair = await startPair();
  await bothNormal(pair);
  const guests = await Promise.all(Array.from({ length: 150 }, () => guestOf(pair.secondary)));
  // 64 at a time, one of which is the partner's.
  await vi.waitFor(() => expect(guests.filter((guest) => guest.over())).toHaveLength(150 - 63), PATIENCE);
  expect([stateOf(pair.primary), stateOf(pair.secondary)]).toEqual(['NORMAL', 'NORMAL']);
  pair.primary.server.endpoints[0]?.reconnect();
  await vi.waitFor(() => expect(stateOf(pair.secondary)).toBe('COMMUNICATIONS-INTERRUPTED'), PATIENCE);
  for (const { socket } of guests) socket.destroy();
  await bothNormal(pair);
});

test('a new connection of the partner replaces one that is half dead', async () => {
  const secondary = await startServer(configOf('secondary', scratch(), 0));
  const first = await guestOf(secondary);
  first.socket.write(connectMessage('pair'));
  await vi.waitFor(() => expect(first.received().length).toBeGreaterThan(6), PATIENCE);
  const second = await guestOf(secondary);
  second.socket.write(connectMessage('pair'));
  await vi.waitFor(() => expect(second.received().length).toBeGreaterThan(6), PATIENCE);
  await first.closed;
  expect(second.over()).toBe(false);
});

test('no octets of a stranger end the server', async () => {
  const secondary = await startServer(configOf('secondary', scratch(), 0));
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), chunks, async (afterConnect, octets) => {
      const guest = await guestOf(secondary);
      if (afterConnect) guest.socket.write(connectMessage('pair'));
      for (const chunk of octets) guest.socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
      guest.socket.destroy();
      await guest.closed;
    }),
    { numRuns: 60 },
  );
  const guest = await guestOf(secondary);
  guest.socket.write(connectMessage('pair'));
  await vi.waitFor(() => expect(guest.received().length).toBeGreaterThan(6), PATIENCE);
});

test('a silent connection does not hold up the end of the server', async () => {
  const secondary = await startServer(configOf('secondary', scratch(), 0));
  const guest = await guestOf(secondary);
  const begin = performance.now();
  await secondary.server.stop();
  expect(performance.now() - begin).toBeLessThan(5_000);
  await guest.closed;
});
