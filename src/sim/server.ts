/** One server of the simulated pair: the real endpoint and the real DHCPv6 service on a clock and a disk that fail. */

import type { EndpointConfig } from '../failover/config.ts';
import { Endpoint } from '../failover/endpoint.ts';
import type { Input, LeaseChange, Output } from '../failover/io.ts';
import type { Role } from '../failover/machine.ts';
import { Dhcpv6Service } from '../server/service.ts';
import type { ServiceConfig } from '../server/service-config.ts';
import type { Checks, ServerView } from './checks.ts';
import type { SimClock } from './clock.ts';
import type { SimDisk } from './disk.ts';
import type { Network } from './network.ts';
import type { Schedule } from './schedule.ts';

/** An answer on its way to a client. */
export interface ClientReply {
  readonly client: number;
  readonly bytes: Uint8Array;
  readonly changes: readonly LeaseChange[];
}

/** What a server needs around it. */
export interface Surroundings {
  readonly schedule: Schedule;
  readonly checks: Checks;
  network(): Network;
  /** An answer leaves for a client. */
  answer(reply: ClientReply): void;
  trace(text: string): void;
}

/** What each server lets its partner have unacknowledged; small, so that the window matters. */
export const MAX_UNACKED: Record<Role, number> = { primary: 10, secondary: 5 };

const SOURCE = Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

export class SimServer {
  readonly config: EndpointConfig;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  endpoint: Endpoint<ClientReply> | undefined;
  private readonly local: Uint8Array;
  private readonly serviceConfig: ServiceConfig;
  private readonly around: Surroundings;
  private service: Dhcpv6Service | undefined;
  /** True time of the tick that is planned. */
  private tickAt = Number.POSITIVE_INFINITY;
  /** Counts starts: what was planned in an earlier life does not happen. */
  private life = 0;

  constructor(
    config: EndpointConfig,
    serviceConfig: ServiceConfig,
    clock: SimClock,
    disk: SimDisk,
    around: Surroundings,
  ) {
    this.config = config;
    this.serviceConfig = serviceConfig;
    this.clock = clock;
    this.disk = disk;
    this.around = around;
    this.local = (serviceConfig.links[0] as ServiceConfig['links'][number]).prefix.address;
  }

  get isUp(): boolean {
    return this.endpoint !== undefined;
  }

  get localNow(): number {
    return this.clock.local(this.around.schedule.now);
  }

  /** As the checks see it. */
  get view(): ServerView {
    const { disk, config, localNow, endpoint } = this;
    return {
      role: config.role,
      state: endpoint?.state ?? 'STARTUP',
      localNow,
      disk,
      mclt: config.mclt,
      maxUnacked: MAX_UNACKED[config.role === 'primary' ? 'secondary' : 'primary'],
    };
  }

  start(): void {
    if (this.isUp) return;
    this.life++;
    this.tickAt = Number.POSITIVE_INFINITY;
    const endpoint = new Endpoint<ClientReply>(this.config, this.disk.load(), this.localNow);
    this.endpoint = endpoint;
    this.service = new Dhcpv6Service(this.serviceConfig, () => endpoint.clients);
    this.feed({ kind: 'tick' });
  }

  /** The process is gone, with all that was not on the disk. */
  stop(): void {
    this.life++;
    this.endpoint = undefined;
    this.disk.powerOff();
    this.around.checks.connectionReset(this.config.role);
  }

  feed(input: Input<ClientReply>): void {
    const { endpoint } = this;
    if (endpoint === undefined) return;
    if (input.kind === 'connected' || input.kind === 'closed')
      this.around.checks.connectionReset(this.config.role);
    for (const output of endpoint.handle(input, this.localNow)) this.carryOut(output);
    this.planTick();
  }

  /** A datagram of a client. */
  receive(client: number, datagram: Uint8Array): void {
    const { endpoint, service, around } = this;
    if (endpoint === undefined || service === undefined) return;
    const now = this.localNow;
    const result = service.handle(datagram, { source: SOURCE, local: this.local }, now);
    if (result.kind === 'none') return;
    const { bytes, changes } = result;
    around.checks.decided(this.view, changes, (resource) => endpoint.clients.find(resource));
    this.feed({ kind: 'client', changes, reply: { client, bytes, changes } });
  }

  /** After a clock was set: what was planned is planned anew. */
  clockWasSet(): void {
    this.tickAt = Number.POSITIVE_INFINITY;
    if (this.isUp) this.planTick();
  }

  private carryOut(output: Output<ClientReply>): void {
    const { around, config, life } = this;
    switch (output.kind) {
      case 'connect':
        around.network().connect();
        break;
      case 'send':
        around.network().send(config.role, output.bytes);
        break;
      case 'close':
        around.checks.connectionReset(config.role);
        around.network().close(config.role);
        break;
      case 'persist':
        this.disk.write(output.records, () => {
          if (life === this.life) this.feed({ kind: 'stored', token: output.token });
        });
        break;
      case 'reply':
        around.checks.answered(this.view, output.reply.changes);
        around.answer(output.reply);
        break;
      case 'note':
        if (output.from !== undefined && output.to !== undefined) {
          around.checks.transition(output.from, output.to, config.role);
        }
        around.trace(`${config.role} ${output.text} (${output.section})`);
        break;
      case 'alarm':
        break;
      case 'done':
        this.stop();
        break;
    }
  }

  private planTick(): void {
    const deadline = this.endpoint?.deadline();
    if (deadline === undefined) return;
    // Clocks have fractions: a tick that comes a hair too early would come again and again.
    const at = this.clock.time(deadline) + 0.01;
    if (at >= this.tickAt) return;
    this.tickAt = at;
    const { life } = this;
    this.around.schedule.at(at, () => {
      if (life !== this.life || this.tickAt !== at) return;
      this.tickAt = Number.POSITIVE_INFINITY;
      this.feed({ kind: 'tick' });
    });
  }
}
