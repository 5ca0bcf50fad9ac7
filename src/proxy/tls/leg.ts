/**
 * Our end of a leg that may turn to TLS: a stream of what is inside, on a socket with what is on the wire. Clear until
 * an accepted STARTTLS, then a handshake of our own with the server on this leg, then what TLS carries. Tells every
 * octet of the wire to whoever records it.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Direction, opposite } from '../../base/flow.ts';
import { tlsReason } from '../../base/system-error.ts';
import { shakeHands, type TlsIdentity } from './handshake.ts';
import { StartTls } from './starttls.ts';

/** Who is told what happens on the wire. */
export interface TlsLegListener {
  wire(direction: Direction, octets: Uint8Array): void;
  /** What `direction` sends on the wire has ended. */
  wireEnded(direction: Direction): void;
  handshakeBegins(): void;
  secured(about: string): void;
  /** The handshake, or TLS after it; the leg is gone. */
  failed(why: string): void;
  /** A line of the key log, with its newline. */
  keylog(line: string): void;
}

export interface TlsLegSetup {
  /** 0: the primary is on this leg and we are in the secondary's place, a TLS server; 1: the other way round. */
  readonly leg: 0 | 1;
  /** What we show; asked when the handshake begins. */
  readonly identity: () => TlsIdentity;
  readonly ca: string | undefined;
  readonly listener: TlsLegListener;
}

type Done = (error?: Error | null) => void;

export class TlsLeg extends Duplex {
  private readonly socket: Socket;
  private readonly setup: TlsLegSetup;
  private readonly startTls = new StartTls();
  /** Of what comes from the server on this leg, and of what we send to it. */
  private readonly inward: Direction;
  private readonly outward: Direction;
  /** From the beginning of the handshake on. */
  private wire: Wire | undefined;
  /** From its end on. */
  private tls: TLSSocket | undefined;
  private failed = false;
  /** What waits for the end of the handshake. */
  private waiting: (() => void)[] = [];

  /** Reads from the socket at once; what is inside waits until somebody reads it. */
  constructor(socket: Socket, setup: TlsLegSetup) {
    super({ allowHalfOpen: true });
    this.socket = socket;
    this.setup = setup;
    this.inward = setup.leg;
    this.outward = opposite(setup.leg);
    socket.on('data', (octets: Buffer) => this.arrived(octets));
    socket.on('end', () => {
      setup.listener.wireEnded(this.inward);
      (this.wire ?? this).push(null);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** RST; nothing more comes. */
  resetAndDestroy(): this {
    this.socket.resetAndDestroy();
    return this.destroy();
  }

  override _read(): void {
    if (this.wire === undefined) this.socket.resume();
    else this.tls?.resume();
  }

  override _write(octets: Buffer, _: BufferEncoding, done: Done): void {
    if (this.wire !== undefined) {
      this.whenSecured((tls) => tls.write(octets, done));
      return;
    }
    const before = this.startTls.push(this.outward, octets);
    if (before === undefined) {
      this.writeWire(octets, done);
      return;
    }
    this.writeWire(octets.subarray(0, before), before < octets.length ? () => undefined : done);
    this.secure();
    if (before < octets.length) this.whenSecured((tls) => tls.write(octets.subarray(before), done));
  }

  override _final(done: Done): void {
    if (this.wire === undefined) this.endWire();
    else this.whenSecured((tls) => tls.end());
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.tls?.destroy();
    this.wire?.destroy();
    this.socket.destroy();
    done(error);
  }

  private arrived(octets: Buffer): void {
    this.setup.listener.wire(this.inward, octets);
    if (this.wire !== undefined) {
      if (!this.wire.push(octets)) this.socket.pause();
      return;
    }
    const before = this.startTls.push(this.inward, octets);
    const room = before === 0 || this.push(octets.subarray(0, before));
    if (before === undefined) {
      if (!room) this.socket.pause();
      return;
    }
    const wire = this.secure();
    if (before < octets.length) wire.push(octets.subarray(before));
  }

  /** Sends on the wire. */
  private writeWire(octets: Uint8Array, done: Done): void {
    this.setup.listener.wire(this.outward, octets);
    this.socket.write(octets, done);
  }

  private endWire(): void {
    this.setup.listener.wireEnded(this.outward);
    this.socket.end();
  }

  private whenSecured(then: (tls: TLSSocket) => void): void {
    const { tls } = this;
    if (tls !== undefined) then(tls);
    else
      this.waiting.push(() => {
        if (this.tls !== undefined) then(this.tls);
      });
  }

  private secure(): Wire {
    const { leg, identity, ca, listener } = this.setup;
    const wire = new Wire({
      read: () => this.socket.resume(),
      write: (octets, done) => this.writeWire(octets, done),
      end: () => this.endWire(),
    });
    this.wire = wire;
    listener.handshakeBegins();
    shakeHands(leg === 0 ? 'server' : 'client', wire, {
      identity: identity(),
      ca,
      keylog: (line) => listener.keylog(line),
      failed: (why) => this.fail(why),
      secured: (tls, about) => this.use(tls, about),
    });
    return wire;
  }

  private use(tls: TLSSocket, about: string): void {
    this.tls = tls;
    this.setup.listener.secured(about);
    tls.on('data', (octets: Buffer) => {
      if (!this.push(octets)) tls.pause();
    });
    tls.on('end', () => this.push(null));
    tls.on('error', (error: NodeJS.ErrnoException) => {
      // The other side had closed before: no fault of TLS.
      if (error.code === 'EPIPE') this.destroy(error);
      else this.fail(tlsReason(error) ?? error.message);
    });
    tls.on('close', () => this.destroy());
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }

  private fail(why: string): void {
    if (this.failed) return;
    this.failed = true;
    this.setup.listener.failed(why);
    this.destroy(new Error(why));
  }
}

interface WireEnd {
  read(): void;
  write(octets: Uint8Array, done: Done): void;
  end(): void;
}

/** The socket as TLS sees it: only what is TLS, and every octet passes by us. */
class Wire extends Duplex {
  private readonly far: WireEnd;

  constructor(far: WireEnd) {
    super({ allowHalfOpen: true });
    this.far = far;
  }

  override _read(): void {
    this.far.read();
  }

  override _write(octets: Buffer, _: BufferEncoding, done: Done): void {
    this.far.write(octets, done);
  }

  override _final(done: Done): void {
    this.far.end();
    done();
  }
}
