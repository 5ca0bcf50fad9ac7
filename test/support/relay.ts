/** A real proxy on loopback between two sockets of the test: `primary` dials, `secondary` is what the proxy dials. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { seededRandom } from '../../src/base/clock.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { ProxyEvent } from '../../src/proxy/events.ts';
import { ProxyGroup } from '../../src/proxy/group.ts';
import { UNNAMED } from '../../src/proxy/relationship.ts';
import { type ProxyOptions, ProxySession } from '../../src/proxy/relay.ts';

const LOOPBACK = '::1';
const dissectors = loadDissectors();

export interface Tapped {
  readonly proxy: ProxySession;
  readonly primary: Socket;
  readonly secondary: Socket;
  readonly events: ProxyEvent[];
  close(): Promise<void>;
}

export async function startProxy(server: Server, options: Partial<ProxyOptions> = {}): Promise<ProxySession> {
  return await ProxySession.start({
    listen: { address: LOOPBACK, port: 0 },
    dial: { address: LOOPBACK, port: portOf(server) },
    random: seededRandom(1),
    dissectors,
    ...options,
  });
}

export async function listening(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

/** A connection from the primary through the proxy to the secondary; both ends ignore resets until asked. */
export async function tapped(options: Partial<ProxyOptions> = {}): Promise<Tapped> {
  const server = await listening();
  const accepted = once(server, 'connection');
  const proxy = await startProxy(server, options);
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const primary = dialProxy(proxy);
  const [secondary] = (await accepted) as [Socket];
  secondary.on('error', () => undefined);
  await until(() => events.length > 0, 'connection-up');
  return {
    proxy,
    primary,
    secondary,
    events,
    close: async () => {
      primary.destroy();
      secondary.destroy();
      server.close();
      await proxy.close();
    },
  };
}

/** A group whose only relationship is one that is served already. */
export async function groupOf(proxy: ProxySession): Promise<ProxyGroup> {
  const group = new ProxyGroup({
    start: async () => proxy,
    checkFault: (spec) => proxy.checkFault(spec),
    nowMillis: () => 0,
  });
  const { listening: listen } = proxy;
  await group.add({ name: UNNAMED, listen, to: listen, enabled: true, faults: [] });
  return group;
}

export function dialProxy(proxy: ProxySession): Socket {
  const socket = connect({ host: LOOPBACK, port: proxy.listening.port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  return socket;
}

/** The next `count` octets that come, with what may follow in the same segment cut off; rejects if the other side ends first. */
export function read(socket: Socket, count: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      socket.pause();
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
    };
    const fail = (): void => {
      finish();
      reject(new Error(`ended after ${length} of ${count} octets`));
    };
    const listeners: Record<string, (part: Buffer) => void> = {
      data: (part) => {
        parts.push(part);
        length += part.length;
        if (length < count) return;
        finish();
        resolve(Uint8Array.from(Buffer.concat(parts).subarray(0, count)));
      },
      end: fail,
      close: fail,
    };
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    socket.resume();
  });
}

/** Resolves when the socket is closed, in whatever way; throws away what still comes. */
export function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** Polls until `holds`; rejects after two seconds. */
export async function until(holds: () => boolean, what: string, millis = 2000): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > millis) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
