/** Goal: what a partner does not read, and who else connects, costs no more than it may. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dial, listen, type Opened, type Stream } from '../../src/server/sockets.ts';

const LOOPBACK = { address: '::1', port: 0 };
const cleanUp: (() => void)[] = [];

afterEach(() => {
  for (const clean of cleanUp.splice(0)) clean();
});

async function listening(connectionsMax: number, accept: (stream: Stream) => void): Promise<Opened> {
  const opened = await listen(LOOPBACK, connectionsMax, accept);
  cleanUp.push(() => void opened.close());
  return opened;
}

function connected(port: number): Socket {
  const socket = connect({ host: '::1', port }).on('error', () => undefined);
  cleanUp.push(() => socket.destroy());
  return socket;
}

describe('a stream', () => {
  it('is given up when the other side leaves 16 MiB unread', async () => {
    const streams: Stream[] = [];
    const opened = await listening(1, (stream) => streams.push(stream));
    const silent = connected(opened.local.port).pause();
    await once(silent, 'connect');
    await expect.poll(() => streams.length).toBe(1);
    const [stream] = streams as [Stream];
    const why = new Promise((resolve) => {
      stream.handle({ bytes: () => undefined, closed: resolve });
    });
    const mebibyte = new Uint8Array(1 << 20);
    for (let sent = 0; sent < 16; sent++) stream.send(mebibyte);
    expect(await Promise.race([why, 'open still'])).toBe('open still');
    for (let sent = 0; sent < 16; sent++) stream.send(mebibyte);
    expect(await why).toBe('the other side does not read what we send');
  });
});

describe('a listener', () => {
  it('closes connections beyond its limit at once', async () => {
    let accepted = 0;
    const opened = await listening(2, () => accepted++);
    const sockets = [0, 1, 2].map(() => connected(opened.local.port));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await expect.poll(() => sockets.filter((socket) => socket.resume().closed).length).toBe(1);
    expect(accepted).toBe(2);
  });
});

describe('dialling', () => {
  it('says in one line why there is no connection', async () => {
    const server = createServer();
    server.listen({ host: '::1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await new Promise((closed) => server.close(closed));
    const never = dial({ address: '::1', port }, undefined, new AbortController().signal);
    await expect(never).rejects.toThrow(`[::1]:${port}: ECONNREFUSED`);
  });
});
