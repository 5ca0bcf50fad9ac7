/**
 * The proxy with its sockets: listens for the primary, dials the secondary for each connection, moves octets between
 * both and the engine, and lets back-pressure through. Nothing here knows what the octets mean.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { plainBytes } from '../base/bytes.ts';
import { type Clock, type Random, TIMER_MILLIS_MAX } from '../base/clock.ts';
import { type Direction, type FlowSink, opposite } from '../base/flow.ts';
import { normalAddress, type SocketAddress } from '../base/socket-address.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Conversation, LegPort } from './conversation.ts';
import { ProxyEngine } from './engine.ts';
import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';
import { checkFault } from './faults/armed.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { ProxyHandle } from './handle.ts';
import type { KeptFiles } from './journal/files.ts';
import type { JournalHost } from './journal/host.ts';
import type { Keeping } from './journal/journal.ts';
import { openKeeping } from './journal/keeping.ts';
import type { Numbering } from './numbering.ts';
import { LOOK_MILLIS, Standstill } from './standstill.ts';
import { systemClock } from './system-clock.ts';
import { type TlsTermination, terminated } from './tls/terminate.ts';

export const CONNECTIONS_DEFAULT_MAX = 64;
const DIAL_TIMEOUT_MILLIS = 10_000;
/** How long connections that were ended in order may take to close when the proxy stops. */
const CLOSE_GRACE_MILLIS = 500;
/** How long octets may be sent on unread: short for a reader of the log, long for the machine. */
const LAG_MILLIS = 80;

export interface ProxyOptions extends Omit<KeptFiles, 'isPrivate'> {
  /** Where the primary is to connect; port 0 lets the system choose. */
  readonly listen: SocketAddress;
  /** The secondary. */
  readonly dial: SocketAddress;
  /** Address to dial from. */
  readonly from?: string;
  readonly faults?: readonly FaultSpec[];
  /** Draws the seeds of faults that come without one. */
  readonly random: Random;
  readonly dissectors: Dissectors;
  /** Another thread writes files and judges, so that nothing waits for that. Only in the built program. */
  readonly host?: JournalHost;
  /** Messages are judged by RFC 8156, whenever there is time. */
  readonly judge?: boolean;
  /** A file could not be written any more; relaying goes on. */
  readonly onFileError?: (path: string, error: Error) => void;
  readonly connectionsMax?: number;
  /** TLS behind STARTTLS is taken off on both legs; absent: it passes unread. */
  readonly tls?: TlsTermination;
  /** Gets what the senders sent, as from a capture file. */
  readonly sink?: FlowSink;
  readonly clock?: Clock;
  /** The name of the relationship; absent: it is the only one. */
  readonly relationship?: string;
  /** Shared by the proxies whose events are looked at together. */
  readonly numbering?: Numbering;
}

export class ProxySession implements ProxyHandle {
  /** Where it listens: the port that the system chose, if it was 0. */
  readonly listening: SocketAddress;
  private readonly options: ProxyOptions;
  private readonly engine: ProxyEngine;
  private readonly server: Server;
  private readonly keeping: Keeping | undefined;
  private readonly clock: Clock;
  private readonly sockets = new Set<Socket>();
  /** Per sender: pauses or resumes it, as the other side and the faults demand. */
  private readonly regulators = new Map<LegStream, () => void>();
  private waiting: Socket[] = [];
  private readonly looking: NodeJS.Timeout;
  private timer: NodeJS.Timeout | undefined;
  /** When it fires, Unix milliseconds. */
  private timerDue = 0;

  /**
   * Listens, and opens its files. Rejects with InputError if a fault is wrong, before any file is touched, and with the
   * operating system's error if one of these fails.
   */
  static async start(options: ProxyOptions): Promise<ProxySession> {
    const tls = options.tls === undefined ? 'passed' : 'terminated';
    for (const spec of options.faults ?? []) checkFault(spec, options.dissectors, tls);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: options.listen.address, port: options.listen.port, ipv6Only: false }, resolve);
    });
    let session: ProxySession | undefined;
    // Who connects while the files are being opened is served when they are.
    const early: Socket[] = [];
    const wait = (client: Socket): void => {
      early.push(client.on('error', () => undefined));
    };
    server.on('connection', wait);
    let keeping: Keeping | undefined;
    try {
      keeping = await openKeeping(
        // The recording of what TLS was taken off holds the secrets.
        { ...options, isPrivate: options.tls !== undefined },
        {
          onFileError: options.onFileError ?? (() => undefined),
          onProgress: () => session?.regulateAll(),
          onJudged: (report) => session?.engine.judged(report),
        },
      );
      session = new ProxySession(options, server, keeping);
      server.off('connection', wait);
      for (const client of early) session.accept(client);
      return session;
    } catch (error) {
      for (const client of early) client.destroy();
      server.close();
      await keeping?.close();
      throw error;
    }
  }

  private constructor(options: ProxyOptions, server: Server, keeping: Keeping | undefined) {
    this.options = options;
    this.server = server;
    this.keeping = keeping;
    this.clock = options.clock ?? systemClock();
    this.listening = endOf(server.address() as { address: string; port: number });
    this.engine = new ProxyEngine({
      clock: this.clock,
      random: options.random,
      dissectors: options.dissectors,
      ...(options.tls === undefined ? { lagMillis: LAG_MILLIS } : {}),
      ...(keeping === undefined ? {} : { journal: keeping.journal }),
      ...(options.tls === undefined ? {} : { tlsTakenOff: { later: (then) => setImmediate(then) } }),
      ...(options.sink === undefined ? {} : { sink: options.sink }),
      ...(options.relationship === undefined ? {} : { relationship: options.relationship }),
      ...(options.numbering === undefined ? {} : { numbering: options.numbering }),
    });
    for (const spec of options.faults ?? []) this.engine.armFault(spec);
    const standstill = new Standstill(performance.now());
    this.looking = setInterval(() => {
      const millis = standstill.look(performance.now(), this.keeping?.isBehind() === true);
      if (millis !== undefined) this.engine.stoodStill(millis);
    }, LOOK_MILLIS).unref();
    server.on('connection', (socket) => this.accept(socket));
    server.on('error', () => undefined);
    this.schedule();
  }

  subscribe(listener: (event: ProxyEvent) => void): () => void {
    return this.engine.subscribe(listener);
  }

  armFault(spec: FaultSpec): FaultView {
    const view = this.engine.armFault(spec);
    this.afterFaultsMoved();
    this.schedule();
    return view;
  }

  checkFault(spec: FaultSpec): void {
    this.engine.checkFault(spec);
  }

  removeFault(id: string): boolean {
    const removed = this.engine.removeFault(id);
    this.afterFaultsMoved();
    this.schedule();
    return removed;
  }

  listFaults(): readonly FaultView[] {
    return this.engine.listFaults();
  }

  release(id: string, order?: readonly number[]): boolean {
    const released = this.engine.release(id, order);
    this.afterFaultsMoved();
    this.schedule();
    return released;
  }

  step(id: string): boolean {
    const released = this.engine.step(id);
    this.afterFaultsMoved();
    this.schedule();
    return released;
  }

  stats(): ProxyStats {
    return this.engine.stats();
  }

  /** Ends all connections, writes out the files; resolves when everything is closed. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    clearInterval(this.looking);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.engine.shutDown();
    for (const socket of this.waiting) socket.destroy();
    const patience = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, CLOSE_GRACE_MILLIS);
    await closed;
    clearTimeout(patience);
    for (const socket of this.sockets) socket.destroy();
    await this.keeping?.close();
  }

  private accept(client: Socket): void {
    this.follow(client);
    const max = this.options.connectionsMax ?? CONNECTIONS_DEFAULT_MAX;
    const tooMany = this.sockets.size > 2 * max;
    const fault = tooMany ? undefined : this.engine.connecting();
    if (tooMany) this.turnAway(client, `more than ${max} connections`);
    else if (fault?.how === 'refuse') this.turnAway(client, `refused by ${fault.hit.fault}`);
    else if (fault?.how === 'wait') this.waiting.push(client);
    else this.dial(client);
    this.schedule();
  }

  private turnAway(client: Socket, reason: string): void {
    this.engine.refused(remoteOf(client), reason);
    client.resetAndDestroy();
  }

  private dial(client: Socket): void {
    const { dial, from } = this.options;
    const remote = remoteOf(client);
    const server = connect({
      host: dial.address,
      port: dial.port,
      allowHalfOpen: true,
      noDelay: true,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    this.follow(server);
    const failed = (why: string): void => {
      server.destroy();
      if (client.destroyed) return;
      this.engine.refused(remote, why);
      client.resetAndDestroy();
    };
    const patience = setTimeout(() => failed('the secondary does not answer'), DIAL_TIMEOUT_MILLIS);
    const onError = (error: NodeJS.ErrnoException): void =>
      failed(`the secondary cannot be reached (${error.code})`);
    server.once('error', onError);
    server.once('close', () => clearTimeout(patience));
    client.once('close', () => server.connecting && server.destroy());
    server.once('connect', () => {
      clearTimeout(patience);
      server.off('error', onError);
      if (client.destroyed) server.destroy();
      else this.relay(client, server, remote);
    });
  }

  private relay(client: Socket, server: Socket, primary: SocketAddress): void {
    const ends = {
      primary,
      listening: localOf(client),
      dialling: localOf(server),
      secondary: this.options.dial,
    };
    const { tls } = this.options;
    const sockets = [client, server] as const;
    const legs = tls === undefined ? sockets : terminated(sockets, tls, this.engine, () => conversation);
    const conversation: Conversation = this.engine.open(ends, [portOf(legs[0]), portOf(legs[1])]);
    for (const direction of [0, 1] as const) this.pump(conversation, direction, legs);
    this.schedule();
  }

  /** Moves what the sender of `direction` sends, and keeps it from sending more than the other side takes. */
  private pump(
    conversation: Conversation,
    direction: Direction,
    legs: readonly [LegStream, LegStream],
  ): void {
    const from = legs[direction];
    const to = legs[opposite(direction)];
    const regulate = (): void => {
      const blocked =
        to.writableNeedDrain || conversation.blocksReading(direction) || this.keeping?.isBehind() === true;
      if (blocked && !from.isPaused()) from.pause();
      else if (!blocked && from.isPaused()) from.resume();
    };
    this.regulators.set(from, regulate);
    from.on('data', (chunk: Buffer) => {
      const due = this.engine.passOn(conversation, direction, chunk);
      if (due === undefined) {
        this.engine.receive(conversation, direction, plainBytes(chunk));
        regulate();
        this.schedule();
        return;
      }
      // No more than this for octets that only pass: it is in the way of all of them.
      if (to.writableNeedDrain || this.keeping?.isBehind() === true) regulate();
      this.wakeAt(due);
    });
    to.on('drain', regulate);
    from.on('end', () => {
      this.engine.senderEnded(conversation, direction);
      this.schedule();
    });
    from.on('error', () => this.engine.legLost(conversation, direction, 'reset'));
    from.on('close', () => {
      this.engine.legLost(conversation, direction, 'lost');
      this.regulators.delete(from);
    });
    regulate();
    from.resume();
  }

  private follow(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** One timer for everything that is due next. */
  private schedule(): void {
    const due = this.engine.deadline();
    if (due === undefined) {
      clearTimeout(this.timer);
      this.timer = undefined;
    } else this.wakeAt(due);
  }

  private wakeAt(due: number): void {
    // One that comes too early does no harm, and setting another one for every octet that passes costs more.
    if (this.timer !== undefined && due >= this.timerDue) return;
    clearTimeout(this.timer);
    this.timerDue = due;
    const wait = Math.min(Math.max(due - this.clock.nowMillis(), 0), TIMER_MILLIS_MAX);
    this.timer = setTimeout(() => this.tick(), Math.ceil(wait));
  }

  private tick(): void {
    this.timer = undefined;
    this.engine.tick();
    this.keeping?.handOver();
    this.afterFaultsMoved();
    this.schedule();
  }

  private regulateAll(): void {
    for (const regulate of this.regulators.values()) regulate();
  }

  /** Stages may have begun or ceased to block, and connections that had to wait may be served. */
  private afterFaultsMoved(): void {
    this.regulateAll();
    if (this.waiting.length === 0 || this.engine.holdsConnections()) return;
    const ready = this.waiting;
    this.waiting = [];
    for (const client of ready) if (!client.destroyed) this.dial(client);
  }
}

/** A socket, or what is inside the TLS on one. */
type LegStream = Duplex & { resetAndDestroy(): unknown };

function portOf(socket: LegStream): LegPort {
  return {
    write: (octets) => {
      if (!socket.writable) return true;
      socket.write(octets);
      return socket.writableLength === 0;
    },
    end: () => {
      socket.end();
    },
    reset: () => {
      socket.resetAndDestroy();
    },
  };
}

function remoteOf(socket: Socket): SocketAddress {
  return endOf({ address: socket.remoteAddress ?? '::', port: socket.remotePort ?? 0 });
}

function localOf(socket: Socket): SocketAddress {
  return endOf({ address: socket.localAddress ?? '::', port: socket.localPort ?? 0 });
}

function endOf({ address, port }: { address: string; port: number }): SocketAddress {
  return { address: normalAddress(address) ?? address, port };
}
