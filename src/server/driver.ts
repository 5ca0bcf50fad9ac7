/**
 * One running server: its store, its failover endpoints with their connections, its client service. It opens what the
 * configuration names, carries octets and time to the engines, and ends in good order. It decides nothing about leases.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { type Clock, TIMER_MILLIS_MAX } from '../base/clock.ts';
import { parseIpv6, prefixContains } from '../base/ipv6.ts';
import { DHCPV6_SERVER_PORT } from '../base/ports.ts';
import { InputError } from '../base/problem.ts';
import { formatSocketAddress, type SocketAddress } from '../base/socket-address.ts';
import type { LinkConfig, RelationshipConfig, ServerConfig } from './config.ts';
import { Counters } from './counters.ts';
import { EndpointDriver, type World } from './endpoint-driver.ts';
import { endpointConfig, serviceConfig } from './engine-config.ts';
import { NewsDesk, type ServerNews } from './news.ts';
import { Partners } from './partners.ts';
import { type Arrival, Dhcpv6Service } from './service.ts';
import { bindUdp, type Datagrams, listen, type Opened } from './sockets.ts';
import type { LeaseStore } from './store.ts';
import { loadTls } from './tls.ts';

/** Incoming failover connections at one time, on one listener. */
const CONNECTIONS_MAX = 64;
/** Answers that wait for the store; more requests are dropped, as by a full socket buffer. */
const WAITING_ANSWERS_MAX = 20_000;
/** How long a shutdown waits for partners, whatever the endpoints say. */
const SHUTDOWN_MILLIS = 8_000;
const RELAY_FORW = 12;
/** All_DHCP_Relay_Agents_and_Servers and All_DHCP_Servers (RFC 8415 §7.1). */
const MULTICAST_GROUPS = ['ff02::1:2', 'ff05::1:3'];

export class FailoverServer {
  readonly config: ServerConfig;
  readonly news = new NewsDesk();
  readonly endpoints: readonly EndpointDriver[];
  readonly duid: Uint8Array;
  readonly startedAt: number;
  /** What clients got, by type of message, and why they got nothing. */
  readonly answered = new Counters();
  readonly unanswered = new Counters();
  /** Resolves with the reason if the server cannot go on. */
  readonly failed: Promise<Error>;
  private readonly clock: Clock;
  private readonly store: LeaseStore;
  private readonly partners: Partners;
  private readonly service: Dhcpv6Service;
  /** What is open, with the ports that the system chose. */
  readonly listening: { readonly failover: SocketAddress[]; readonly dhcpv6: SocketAddress[] } = {
    failover: [],
    dhcpv6: [],
  };
  private readonly opened: Opened[] = [];
  private waitingAnswers = 0;
  private started = false;
  private stopping: Promise<void> | undefined;

  /**
   * Reads the store and certificates; opens nothing yet.
   * @throws InputError for certificates that cannot be used and a store that cannot be read
   */
  constructor(config: ServerConfig, store: LeaseStore, clock: Clock) {
    this.config = config;
    this.store = store;
    this.clock = clock;
    this.startedAt = clock.nowMillis();
    this.duid = config.duid ?? ownDuid(store);
    this.failed = new Promise((resolve) => store.onFailure(resolve));
    const tls = config.failover.tls === undefined ? undefined : loadTls(config.failover.tls);
    this.partners = new Partners(config.relationships, tls, clock, () => randomInt(1, 2 ** 24));
    this.endpoints = config.relationships.map(
      (relationship) =>
        new EndpointDriver(
          relationship.name,
          endpointConfig(relationship),
          this.world(relationship),
          (news) => this.tell({ ...news, relationship: relationship.name }),
        ),
    );
    this.service = new Dhcpv6Service(
      serviceConfig(config, this.duid),
      (relationship) => (this.endpoints[relationship] as EndpointDriver).endpoint.clients,
    );
  }

  /**
   * Opens all sockets, then starts the endpoints.
   * @throws the system's error if a socket cannot be opened; the rest is closed again
   */
  async start(): Promise<void> {
    try {
      for (const on of this.config.failover.listen) await this.listenForPartners(on);
      for (const on of this.config.dhcpv6?.listen ?? []) await this.listenForClients(on);
    } catch (error) {
      await this.closeAll();
      throw error;
    }
    this.started = true;
    for (const endpoint of this.endpoints) endpoint.start();
  }

  /**
   * Reads the certificates again, for connections to come.
   * @throws InputError if they are no good, or there are none in the configuration; those in use stay
   */
  reloadTls(): void {
    const { tls } = this.config.failover;
    if (tls === undefined) throw new InputError('TLS is not configured');
    this.partners.renewTls(loadTls(tls));
  }

  /** Tells partners that we leave, after what is still to be told, stores everything and closes. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    if (this.started) await this.shutDownEndpoints();
    for (const endpoint of this.endpoints) endpoint.stop();
    await this.closeAll();
    await this.store.close();
  }

  private async shutDownEndpoints(): Promise<void> {
    this.tell({ kind: 'stopping' });
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SHUTDOWN_MILLIS);
    });
    await Promise.race([Promise.all(this.endpoints.map((endpoint) => endpoint.shutDown())), patience]);
    clearTimeout(timer);
  }

  private tell(news: ServerNews): void {
    this.news.tell(this.clock.nowMillis(), news);
  }

  private world(relationship: RelationshipConfig): World {
    return {
      clock: this.clock,
      store: this.store,
      after: (millis, wake) => {
        const timer = setTimeout(wake, Math.min(millis, TIMER_MILLIS_MAX));
        return { cancel: () => clearTimeout(timer) };
      },
      connect: (signal) => this.partners.connect(relationship, signal),
    };
  }

  private async listenForPartners(on: SocketAddress): Promise<void> {
    const opened = await listen(on, CONNECTIONS_MAX, (stream) => {
      this.partners.receive(stream).then(
        ({ relationship, stream: ready, bytes }) => this.endpoints[relationship]?.accept(ready, bytes),
        (error: Error) => this.tell({ kind: 'refused', from: stream.remote, why: error.message }),
      );
    });
    this.opened.push(opened);
    this.listening.failover.push(opened.local);
    this.tell({ kind: 'listening', what: 'failover', where: formatSocketAddress(opened.local) });
  }

  private async listenForClients(on: SocketAddress): Promise<void> {
    const socket: Datagrams = await bindUdp(on, (bytes, from) => this.request(bytes, from, socket));
    this.opened.push(socket);
    for (const networkInterface of this.config.dhcpv6?.interfaces ?? []) {
      joinGroups(socket, networkInterface);
    }
    this.listening.dhcpv6.push(socket.local);
    this.tell({ kind: 'listening', what: 'dhcpv6', where: formatSocketAddress(socket.local) });
  }

  private request(datagram: Uint8Array, from: SocketAddress, socket: Datagrams): void {
    const why = this.answer(datagram, from, socket);
    if (why !== undefined) this.unanswered.add(why);
  }

  /** Returns why nothing is answered, if so. */
  private answer(datagram: Uint8Array, from: SocketAddress, socket: Datagrams): string | undefined {
    const relayed = datagram[0] === RELAY_FORW;
    if (this.config.dhcpv6?.relayOnly === true && !relayed) return 'not through a relay';
    if (this.waitingAnswers >= WAITING_ANSWERS_MAX) return 'too many answers are waiting';
    const source = parseIpv6(from.address.split('%', 1)[0] as string);
    if (source === undefined) return 'not over IPv6';
    const local = relayed ? undefined : this.ownAddress(from, socket);
    const arrival: Arrival = local === undefined ? { source } : { source, local };
    const result = this.service.handle(datagram, arrival, this.clock.nowMillis());
    if (result.kind === 'none') return result.why;
    // On a port of our own choice we are a trial: whoever asks is answered where it asked from.
    const standard = socket.local.port === DHCPV6_SERVER_PORT && result.port !== 'source';
    const port = standard ? Number(result.port) : from.port;
    this.waitingAnswers++;
    this.endpoints[result.relationship]?.client(result.changes, () => {
      this.waitingAnswers--;
      this.answered.add(result.message.type);
      socket.send(result.bytes, { address: from.address, port });
    });
    return undefined;
  }

  /** An address of ours on the link of a client without relay agent: it tells which of the links that is. */
  private ownAddress(from: SocketAddress, socket: Datagrams): Uint8Array | undefined {
    const bound = parseIpv6(socket.local.address);
    if (bound?.some((octet) => octet !== 0)) return bound;
    const zone = from.address.split('%')[1];
    const links = this.config.relationships.flatMap((relationship) => relationship.links);
    return (zone === undefined ? [] : (networkInterfaces()[zone] ?? []))
      .map(({ address }) => parseIpv6(address))
      .find((address) => address !== undefined && isOnLink(links, address));
  }

  private async closeAll(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((opened) => opened.close()));
  }
}

/** @throws InputError if there is no such interface, or it can do no multicast */
function joinGroups(socket: Datagrams, name: string): void {
  const known = Object.keys(networkInterfaces());
  // The system would take any other name for the default interface.
  if (!known.includes(name)) {
    throw new InputError(`dhcpv6.interfaces: expected one of ${known.join(', ')}, found "${name}"`);
  }
  try {
    for (const group of MULTICAST_GROUPS) socket.join(group, name);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new InputError(`dhcpv6.interfaces: ${name} cannot join multicast groups: ${reason}`);
  }
}

function isOnLink(links: readonly LinkConfig[], address: Uint8Array): boolean {
  return links.some(({ prefix }) => prefixContains(prefix, address));
}

/** DUID-UUID (RFC 6355), made at the first start and kept. */
function ownDuid(store: LeaseStore): Uint8Array {
  const kept = store.value('duid');
  if (kept !== undefined) return kept;
  const duid = Uint8Array.from([0, 4, ...randomBytes(16)]);
  store.setValue('duid', duid);
  return duid;
}
