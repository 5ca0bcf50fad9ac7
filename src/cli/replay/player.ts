/** A replay with its socket: dials or listens, frames what comes, and drives the replay by the clock. */
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Direction, opposite } from '../../base/flow.ts';
import type { Connection } from '../../base/frame.ts';
import { formatSocketAddress, type SocketAddress } from '../../base/socket-address.ts';
import { timestampOfMillis } from '../../base/timestamp.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { dissect } from '../../dissect/dissect.ts';
import type { Message } from '../../dissect/message.ts';
import { Cutter } from '../../proxy/cutter.ts';
import { ConnectionDialect } from '../../proxy/dialect.ts';
import { frameRange } from '../../proxy/link.ts';
import type { Replay, ReplayOutput } from '../../proxy/replay/replay.ts';

export type Place = { readonly dial: SocketAddress } | { readonly listen: SocketAddress };

export interface PlayerSetup {
  readonly replay: Replay;
  readonly side: Direction;
  readonly dissectors: Dissectors;
  readonly tell: (output: ReplayOutput) => void;
  /** A message of the live server. */
  readonly heard: (message: Message) => void;
  readonly signal: AbortSignal;
}

/** A connection to the live server. Rejects with the operating system's error. */
export function meet(place: Place, waiting: (where: string) => void, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('interrupted'));
    signal.addEventListener('abort', stop);
    if ('dial' in place) {
      const socket = connect({ host: place.dial.address, port: place.dial.port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(socket));
      return;
    }
    const server = createServer({ noDelay: true }, (socket) => {
      server.close();
      resolve(socket);
    });
    server.once('error', reject);
    server.listen({ host: place.listen.address, port: place.listen.port }, () => {
      const { address, port } = server.address() as SocketAddress;
      waiting(formatSocketAddress({ address, port }));
    });
    signal.addEventListener('abort', () => server.close());
  });
}

/** Plays to the end; resolves when the replay has finished, or was interrupted. `stream`: what is inside the socket. */
export function play(socket: Socket, stream: Duplex, setup: PlayerSetup): Promise<void> {
  const { replay, side, signal } = setup;
  const dialect = new ConnectionDialect(new Set(setup.dissectors.protocols.keys()));
  const cutter = new Cutter(dialect);
  const read = messageReader(socket, opposite(side), setup.dissectors);
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const carryOut = (outputs: readonly ReplayOutput[]): void => {
      for (const output of outputs) {
        if (output.kind === 'send' && stream.writable) stream.write(output.octets);
        setup.tell(output);
        if (output.kind === 'finished') finish();
      }
      clearTimeout(timer);
      const due = replay.deadline();
      if (due !== undefined)
        timer = setTimeout(() => carryOut(replay.tick(Date.now())), Math.max(0, due - Date.now()));
    };
    const finish = (): void => {
      clearTimeout(timer);
      stream.end();
      setTimeout(() => socket.destroy(), 500).unref();
      resolve();
    };
    signal.addEventListener('abort', finish);
    stream.on('data', (chunk: Buffer) => {
      for (const { kind, octets } of cutter.push(new Uint8Array(chunk))) {
        if (kind !== 'message') continue;
        const message = read(octets);
        setup.heard(message);
        carryOut(replay.receive(message, Date.now()));
      }
    });
    stream.on('error', () => undefined);
    stream.on('close', () => carryOut(replay.closed()));
    stream.resume();
    carryOut(replay.start(Date.now()));
  });
}

function messageReader(
  socket: Socket,
  direction: Direction,
  dissectors: Dissectors,
): (octets: Uint8Array) => Message {
  const here = { address: socket.localAddress ?? '::', port: socket.localPort ?? 0 };
  const there = { address: socket.remoteAddress ?? '::', port: socket.remotePort ?? 0 };
  const ends = direction === 1 ? ([here, there] as const) : ([there, here] as const);
  const connection: Connection = {
    index: 0,
    protocol: 'dhcpv6-failover',
    flow: { id: 0, transport: 'tcp', ends },
  };
  let index = 0;
  let streamOffset = 0;
  return (octets) => {
    const seen = { time: timestampOfMillis(Date.now()), packet: index + 1 };
    const frame = { connection, direction, ...frameRange(octets), seen, streamOffset, resync: false };
    streamOffset += octets.length;
    return dissect(dissectors, frame, index++);
  };
}
