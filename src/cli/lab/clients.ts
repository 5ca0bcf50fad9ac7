/**
 * The lab's DHCPv6 clients: many of them behind one relay agent on loopback, on one UDP socket. What a client does is in
 * src/sim/client.ts; here are the socket, the timers, and a seeded life of coming and going that keeps leases moving.
 */
import { createSocket, type Socket } from 'node:dgram';
import { equalBytes, readU16 } from '../../base/bytes.ts';
import { type Random, seededRandom } from '../../base/clock.ts';
import type { Endpoint } from '../../base/flow.ts';
import { invariant } from '../../base/invariant.ts';
import { parseIpv6 } from '../../base/ipv6.ts';
import { type ClientInput, type ClientOutput, Dhcpv6Client } from '../../sim/client.ts';
import type { HeldLease } from '../../sim/client-leases.ts';
import { type RelayAgent, relayForward, relayReply } from '../../sim/relay.ts';

export interface LabClientsOptions {
  readonly count: number;
  readonly seed: number;
  /** The relay agent forwards to all of them. */
  readonly servers: readonly Endpoint[];
  /** IPv6 address by which servers know the clients' link. */
  readonly linkAddress: string;
  /** Clients begin spread over so many seconds. */
  readonly arrivalSeconds: number;
  /** Mean time until a client leaves, seconds; half of them release, half just go. 0: they stay. */
  readonly staySeconds: number;
  /** Mean time until it comes back, seconds. */
  readonly awaySeconds: number;
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

export type LabClientEvent = Exclude<ClientOutput, { kind: 'send' }> & { readonly client: number };

/** setTimeout takes no longer delays. */
const DELAY_MAX_MILLIS = 2 ** 31 - 1;
const CLIENTS_MAX = 0xffff;

interface LabClient {
  readonly client: Dhcpv6Client;
  readonly random: Random;
  /** Link-local; its last two octets are the index. */
  readonly address: Uint8Array;
  timer: NodeJS.Timeout | undefined;
  /** When it comes or goes next, and which. */
  life: { readonly at: number; readonly what: 'arrive' | 'leave' } | undefined;
}

export class LabClients {
  private readonly options: LabClientsOptions;
  private readonly agent: RelayAgent;
  private readonly clients: LabClient[];
  private readonly onEvent: (event: LabClientEvent) => void;
  private socket: Socket | undefined;
  private sent = 0;
  private received = 0;

  constructor(options: LabClientsOptions, onEvent: (event: LabClientEvent) => void = () => undefined) {
    const linkAddress = parseIpv6(options.linkAddress);
    invariant(linkAddress !== undefined, 'the link address is an IPv6 address');
    invariant(options.count <= CLIENTS_MAX, 'clients are numbered in 16 bits');
    this.options = options;
    this.onEvent = onEvent;
    this.agent = { linkAddress, interfaceId: new TextEncoder().encode('lab'), ownPort: true };
    this.clients = Array.from({ length: options.count }, (_, index) => makeClient(index, options.seed));
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
    const now = performance.now();
    for (const each of this.clients) {
      each.life = { at: now + each.random.fraction() * this.options.arrivalSeconds * 1000, what: 'arrive' };
      this.schedule(each, now);
    }
  }

  /** Ends without a word to the servers. */
  async stop(): Promise<void> {
    for (const each of this.clients) clearTimeout(each.timer);
    const { socket } = this;
    this.socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  status(): LabClientsStatus {
    const { sent, received } = this;
    const held = this.held();
    const leases = held.flatMap((each) => each.leases);
    return {
      clients: this.clients.length,
      bound: held.filter((each) => each.leases.length > 0).length,
      addresses: leases.filter(({ kind }) => kind === 'address').length,
      prefixes: leases.filter(({ kind }) => kind === 'prefix').length,
      sent,
      received,
    };
  }

  /** What each client believes it holds now. */
  held(): { readonly duid: Uint8Array; readonly leases: readonly HeldLease[] }[] {
    const now = performance.now();
    return this.clients.map(({ client }) => ({ duid: client.config.duid, leases: client.held(now) }));
  }

  private receive(datagram: Uint8Array): void {
    const reply = relayReply(datagram);
    const each = reply === undefined ? undefined : this.clients[readU16(reply.peer, 14)];
    if (reply === undefined || each === undefined || !equalBytes(each.address, reply.peer)) return;
    this.received++;
    this.give(each, { kind: 'datagram', bytes: reply.datagram });
  }

  private give(each: LabClient, input: ClientInput): void {
    const now = performance.now();
    for (const output of each.client.handle(input, now)) {
      if (output.kind === 'send') this.forward(each, output.bytes);
      else this.onEvent({ ...output, client: readU16(each.address, 14) });
    }
    this.schedule(each, now);
  }

  private forward(each: LabClient, datagram: Uint8Array): void {
    const forwarded = relayForward(this.agent, each.address, datagram);
    if (forwarded === undefined) return;
    for (const { address, port } of this.options.servers) {
      this.sent++;
      this.socket?.send(forwarded, port, address);
    }
  }

  private schedule(each: LabClient, now: number): void {
    clearTimeout(each.timer);
    if (this.socket === undefined) return;
    const next = Math.min(
      each.client.deadline() ?? Number.POSITIVE_INFINITY,
      each.life?.at ?? Number.POSITIVE_INFINITY,
    );
    if (next === Number.POSITIVE_INFINITY) return;
    const delay = Math.min(DELAY_MAX_MILLIS, Math.max(0, Math.ceil(next - now)));
    each.timer = setTimeout(() => this.wake(each), delay);
  }

  private wake(each: LabClient): void {
    const now = performance.now();
    if (each.life === undefined || each.life.at > now) {
      this.give(each, { kind: 'tick' });
      return;
    }
    const { staySeconds, awaySeconds } = this.options;
    const leaving = each.life.what === 'leave';
    const mean = leaving ? awaySeconds : staySeconds;
    const at = now - Math.log(1 - each.random.fraction()) * mean * 1000;
    each.life = mean === 0 ? undefined : { at, what: leaving ? 'arrive' : 'leave' };
    if (!leaving) this.give(each, { kind: 'start' });
    else this.give(each, { kind: each.random.fraction() < 0.5 ? 'release' : 'power-off' });
  }
}

/** DUID-LL of a locally administered address (RFC 8415 §11.4), made from the number of the client. */
function makeClient(index: number, seed: number): LabClient {
  const high = index >> 8;
  const low = index & 0xff;
  const random = seededRandom(seed + index);
  const config = {
    duid: Uint8Array.of(0, 3, 0, 1, 2, 0, 0x5e, 0, high, low),
    ias: [
      { kind: 'IA_NA', iaid: 1 },
      { kind: 'IA_PD', iaid: 1 },
    ] as const,
    rapidCommit: false,
  };
  const address = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xff, 0xfe, 0, high, low);
  return { client: new Dhcpv6Client(config, random), random, address, timer: undefined, life: undefined };
}
