/** The lab's DHCPv6 clients on loopback: one UDP socket and one timer around src/sim/crowd.ts. */
import { createSocket, type Socket } from 'node:dgram';
import { TIMER_MILLIS_MAX } from '../../base/clock.ts';
import { invariant } from '../../base/invariant.ts';
import { parseIpv6 } from '../../base/ipv6.ts';
import type { SocketAddress } from '../../base/socket-address.ts';
import type { HeldLease } from '../../sim/client-leases.ts';
import { Crowd, type CrowdEvent, type CrowdOptions, type CrowdOutput } from '../../sim/crowd.ts';

export interface LabClientsOptions extends Omit<CrowdOptions, 'linkAddress'> {
  /** The relay agent forwards to all of them. */
  readonly servers: readonly SocketAddress[];
  /** IPv6 address by which servers know the clients' link. */
  readonly linkAddress: string;
}

export interface LabClientsStatus {
  readonly clients: number;
  /** With at least one lease. */
  readonly bound: number;
  readonly addresses: number;
  readonly prefixes: number;
  readonly sent: number;
  readonly received: number;
}

export type LabClientEvent = CrowdEvent;

export class LabClients {
  private readonly servers: readonly SocketAddress[];
  private readonly count: number;
  private readonly crowd: Crowd;
  private readonly onEvent: (event: LabClientEvent) => void;
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private sent = 0;
  private received = 0;

  constructor(options: LabClientsOptions, onEvent: (event: LabClientEvent) => void = () => undefined) {
    const linkAddress = parseIpv6(options.linkAddress);
    invariant(linkAddress !== undefined, 'the link address is an IPv6 address');
    this.servers = options.servers;
    this.count = options.count;
    this.crowd = new Crowd({ ...options, linkAddress });
    this.onEvent = onEvent;
  }

  /** Binds the socket; the clients begin one after the other. */
  async start(): Promise<void> {
    const socket = createSocket('udp6');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: '::1', port: 0 }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    // A server that is down makes the system report refused datagrams; clients send again anyway.
    socket.on('error', () => undefined);
    socket.on('message', (datagram) => this.receive(datagram));
    this.socket = socket;
    this.crowd.start(performance.now());
    this.schedule();
  }

  /** Ends without a word to the servers. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  status(): LabClientsStatus {
    const { sent, received } = this;
    const held = this.held();
    const leases = held.flatMap((each) => each.leases);
    return {
      clients: this.count,
      bound: held.filter((each) => each.leases.length > 0).length,
      addresses: leases.filter(({ kind }) => kind === 'address').length,
      prefixes: leases.filter(({ kind }) => kind === 'prefix').length,
      sent,
      received,
    };
  }

  /** What each client believes it holds now. */
  held(): { readonly duid: Uint8Array; readonly leases: readonly HeldLease[] }[] {
    return this.crowd.held(performance.now());
  }

  private receive(datagram: Uint8Array): void {
    const outputs = this.crowd.receive(datagram, performance.now());
    if (outputs === undefined) return;
    this.received++;
    this.carryOut(outputs);
  }

  private carryOut(outputs: readonly CrowdOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'send') this.forward(output.bytes);
      else this.onEvent(output);
    }
    this.schedule();
  }

  private forward(datagram: Uint8Array): void {
    for (const { address, port } of this.servers) {
      this.sent++;
      this.socket?.send(datagram, port, address);
    }
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const next = this.crowd.deadline();
    if (this.socket === undefined || next === undefined) return;
    const delay = Math.min(TIMER_MILLIS_MAX, Math.max(0, Math.ceil(next - performance.now())));
    this.timer = setTimeout(() => this.carryOut(this.crowd.tick(performance.now())), delay);
  }
}
