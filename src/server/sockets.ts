/**
 * Moves octets between sockets and whoever handles them: failover connections over TCP and client messages over UDP.
 * What they mean is for others; every error of a socket ends that socket and is told, none ends the process.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { formatSocketAddress, normalAddress, type SocketAddress } from '../base/socket-address.ts';
import { tlsReason } from '../base/system-error.ts';

/** Octets that a partner may leave unread before we give up on it. */
const UNSENT_OCTETS_MAX = 16 << 20;
/** How long a closed connection may take to deliver what was sent. */
const LINGER_MILLIS = 5_000;
/** How long a listener that closes waits for its connections. */
const GOODBYE_MILLIS = 1_000;
/** How long an attempt to connect may take. */
const CONNECT_MILLIS = 10_000;
/** Receive buffer of a UDP socket, to ride out a commit under load. */
const UDP_BUFFER_OCTETS = 4 << 20;

const CLOSED = 'closed by the other side';

/** Who is told what happens on a stream. */
export interface StreamHandler {
  bytes(bytes: Uint8Array): void;
  /** Once, as the last thing. */
  closed(why: string): void;
}

/** An open connection: a TCP socket, or TLS on one. */
export class Stream {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  private readonly socket: Socket;
  private readonly ifSilent: string;
  private heard = false;
  private handler: StreamHandler | undefined;
  private failure: string | undefined;
  private corked = false;
  private readonly onData = (bytes: Uint8Array): void => {
    this.heard = true;
    this.handler?.bytes(bytes);
  };
  private readonly onClose = (): void => this.ended();

  /** `ifSilent`: why it was probably closed, if it is before anything has come. */
  constructor(socket: Socket, ifSilent = CLOSED) {
    this.socket = socket;
    this.ifSilent = ifSilent;
    this.remote = {
      address: normalAddress(socket.remoteAddress ?? '') ?? '::',
      port: socket.remotePort ?? 0,
    };
    this.local = { address: normalAddress(socket.localAddress ?? '') ?? '::', port: socket.localPort ?? 0 };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const reason = tlsReason(error);
      this.failure ??= reason === undefined ? (error.code ?? error.message) : `TLS: ${reason}`;
    });
  }

  /** From now on what arrives goes to `handler`; until somebody handles a stream, nothing is read from it. */
  handle(handler: StreamHandler): void {
    const socket = this.socket;
    if (this.handler === undefined) {
      socket.on('data', this.onData);
      socket.on('close', this.onClose);
    }
    this.handler = handler;
    if (socket.destroyed) process.nextTick(() => this.ended());
    else socket.resume();
  }

  /** Ends the connection if nobody takes back the order within `millis`. */
  abortAfter(millis: number, why: string): () => void {
    const timer = setTimeout(() => this.abort(why), millis);
    return () => clearTimeout(timer);
  }

  /** Sends; what one turn of the event loop sends leaves together. */
  send(bytes: Uint8Array): void {
    const socket = this.socket;
    if (socket.destroyed || socket.writableEnded) return;
    if (!this.corked) {
      this.corked = true;
      socket.cork();
      process.nextTick(() => {
        this.corked = false;
        socket.uncork();
      });
    }
    socket.write(bytes);
    if (socket.writableLength > UNSENT_OCTETS_MAX) this.abort('the other side does not read what we send');
  }

  /** Resolves when these octets were handed to the system; alone, for use before `release`. */
  sendAlone(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Stops and starts reading, so that the other side waits while we are busy. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Ends the connection once everything sent is delivered; nothing more is handed to the handler. */
  close(): void {
    this.handler = undefined;
    const socket = this.socket;
    if (socket.destroyed) return;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MILLIS);
    socket.once('close', () => clearTimeout(timer));
  }

  /** Ends it at once and tells the handler why. */
  abort(why: string): void {
    this.failure ??= why;
    this.socket.destroy();
  }

  /**
   * Takes the socket out, to put TLS on it. The caller sees to it that nothing is on its way in: the stream reads
   * nothing any more.
   */
  release(): Socket {
    this.handler = undefined;
    this.socket.pause();
    this.socket.off('data', this.onData);
    this.socket.off('close', this.onClose);
    return this.socket;
  }

  private ended(): void {
    const handler = this.handler;
    this.handler = undefined;
    handler?.closed(this.failure ?? (this.heard ? CLOSED : this.ifSilent));
  }
}

/** Connects within CONNECT_MILLIS; rejects with a one-line reason. `from`: our own address. */
export function dial(to: SocketAddress, from: string | undefined, signal: AbortSignal): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: to.address,
      port: to.port,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const giveUp = () => socket.destroy(new Error('no longer wanted'));
    // Not Node's own `signal`: that would destroy the socket also later, with what is still to be delivered.
    signal.addEventListener('abort', giveUp);
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), CONNECT_MILLIS);
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    const failed = (error: NodeJS.ErrnoException) => {
      over();
      reject(new Error(`${formatSocketAddress(to)}: ${error.code ?? error.message}`));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      over();
      socket.off('error', failed);
      resolve(new Stream(socket));
    });
  });
}

/** An open listener or UDP socket. */
export interface Opened {
  readonly local: SocketAddress;
  close(): Promise<void>;
}

/**
 * Listens for connections; rejects with the system's error if it cannot. `connectionsMax`: more are closed at once.
 */
export function listen(
  on: SocketAddress,
  connectionsMax: number,
  accept: (stream: Stream) => void,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      accept(new Stream(socket));
    });
    server.maxConnections = connectionsMax;
    server.once('error', reject);
    server.listen({ host: on.address, port: on.port }, () => {
      server.off('error', reject);
      // Out of descriptors and the like: the next connection may do better.
      server.on('error', () => {});
      const port = (server.address() as { port: number }).port;
      resolve({ local: { address: on.address, port }, close: () => closeListener(server, open) });
    });
  });
}

/** Resolves when all connections are gone: those that say goodbye are let, silent ones are cut off. */
function closeListener(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  return new Promise((closed) => {
    const cut = setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, GOODBYE_MILLIS);
    server.close(() => {
      clearTimeout(cut);
      closed();
    });
  });
}

/** A bound UDP socket. */
export interface Datagrams extends Opened {
  send(bytes: Uint8Array, to: SocketAddress): void;
  join(group: string, networkInterface: string): void;
}

/** Receives datagrams; rejects with the system's error if it cannot bind. */
export function bindUdp(
  on: SocketAddress,
  receive: (bytes: Uint8Array, from: SocketAddress) => void,
): Promise<Datagrams> {
  return new Promise((resolve, reject) => {
    const type = on.address.includes(':') ? 'udp6' : 'udp4';
    const socket: UdpSocket = createSocket({
      type,
      recvBufferSize: UDP_BUFFER_OCTETS,
      ipv6Only: type === 'udp6',
    });
    socket.once('error', reject);
    socket.on('message', (bytes: Uint8Array, { address, port }: RemoteInfo) =>
      receive(bytes, { address, port }),
    );
    socket.bind({ address: on.address, port: on.port }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve({
        local: { address: on.address, port: socket.address().port },
        send: (bytes, to) => socket.send(bytes, to.port, to.address, () => {}),
        join: (group, networkInterface) => socket.addMembership(group, `::%${networkInterface}`),
        close: () => new Promise<void>((closed) => socket.close(() => closed())),
      });
    });
  });
}
