/** The clients of a simulated scenario: the crowd of the lab behind its relay agent, with virtual time and datagrams. */
import { type Random, seededRandom } from '../base/clock.ts';
import type { Arrival } from '../server/service.ts';
import { Crowd, type CrowdOptions, type CrowdOutput } from './crowd.ts';
import type { Holdings } from './holdings.ts';
import type { Schedule } from './schedule.ts';
import type { ServerName } from './topology.ts';

const DATAGRAM_MILLIS_MAX = 30;

export interface ScenarioClientsParts {
  readonly schedule: Schedule;
  readonly holdings: Holdings;
  readonly crowd: CrowdOptions;
  /** A datagram reaches the servers, in whatever order. */
  readonly servers: readonly { receive(client: number, datagram: Uint8Array, arrival: Arrival): void }[];
}

export class ScenarioClients {
  private readonly parts: ScenarioClientsParts;
  private readonly crowd: Crowd;
  private readonly delays: Random;
  private tickAt = Number.POSITIVE_INFINITY;

  constructor(parts: ScenarioClientsParts) {
    this.parts = parts;
    this.crowd = new Crowd(parts.crowd);
    this.delays = seededRandom(parts.crowd.seed ^ 0xde1a);
  }

  start(): void {
    this.crowd.start(this.parts.schedule.now);
    this.planTick();
  }

  /** A server answers. */
  answer(datagram: Uint8Array, by: ServerName): void {
    this.later(() => this.carryOut(this.crowd.receive(datagram, this.parts.schedule.now) ?? [], by));
  }

  private carryOut(outputs: readonly CrowdOutput[], by: ServerName | undefined): void {
    const { holdings, schedule } = this.parts;
    for (const output of outputs) {
      if (output.kind === 'send') {
        this.toServers(output.bytes);
        continue;
      }
      const { client } = output;
      const { kind, address, prefixLength, validUntil: until } = output.lease;
      const resource = { kind, address, prefixLength };
      if (output.kind === 'drops') holdings.drops(client, resource);
      else if (by !== undefined) {
        const duid = this.crowd.duidOf(client);
        holdings.takes({ client, duid, resource, relationship: 0, until, by }, schedule.now);
      }
    }
    this.planTick();
  }

  private toServers(datagram: Uint8Array): void {
    const { servers, crowd } = this.parts;
    for (const server of servers)
      this.later(() => server.receive(0, datagram, { source: crowd.linkAddress }));
  }

  private later(run: () => void): void {
    this.parts.schedule.after(DATAGRAM_MILLIS_MAX * this.delays.fraction(), run);
  }

  private planTick(): void {
    const due = this.crowd.deadline();
    if (due === undefined || due >= this.tickAt) return;
    this.tickAt = due;
    this.parts.schedule.at(due, () => {
      if (this.tickAt !== due) return;
      this.tickAt = Number.POSITIVE_INFINITY;
      this.carryOut(this.crowd.tick(this.parts.schedule.now), undefined);
    });
  }
}
