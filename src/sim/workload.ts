/**
 * The clients of a run: real DHCPv6 clients that renew, leave, come back and decline. Each lives on the link of one
 * relationship and reaches both of its servers, or neither, perhaps through relay agents.
 */
import { type Random, seededRandom } from '../base/clock.ts';
import type { Resource } from '../failover/lease.ts';
import { type Access, type AccessKind, accessOf } from './access.ts';
import { type ClientInput, Dhcpv6Client } from './client.ts';
import type { HeldLease, WantedIa } from './client-leases.ts';
import type { Coverage } from './coverage.ts';
import type { Holdings } from './holdings.ts';
import type { Plan } from './plan.ts';
import type { Schedule } from './schedule.ts';
import { type ServerName, TOPOLOGIES } from './topology.ts';

const LATENCY_MAX_MILLIS = 30;
/** Share of datagrams that are lost. */
const LOSS = 0.005;
const DAY_MILLIS = 86_400_000;
/** Clients begin within this time. */
const ARRIVAL_MILLIS = 600_000;

const ACCESS: readonly AccessKind[] = [
  'direct',
  'direct',
  'one-relay',
  'one-relay',
  'two-relays',
  'behind-lightweight-relay',
];

interface SimClient {
  readonly dhcp: Dhcpv6Client;
  readonly relationship: number;
  readonly access: Access;
  /** When its next tick is planned. */
  tickAt: number;
}

export interface WorkloadParts {
  readonly plan: Plan;
  readonly schedule: Schedule;
  readonly holdings: Holdings;
  readonly coverage: Coverage;
  /** Whether the clock of a server is wrong. */
  readonly clocksAreWrong: () => boolean;
  /** A datagram on its way to the servers of a relationship. */
  readonly toServers: (relationship: number, client: number, datagram: Uint8Array, access: Access) => void;
}

export class Workload {
  private readonly parts: WorkloadParts;
  private readonly clients: SimClient[] = [];
  private readonly random: Random;
  private readonly whimEvery: number;
  private calm = false;

  constructor(parts: WorkloadParts) {
    this.parts = parts;
    const { plan, schedule } = parts;
    this.random = seededRandom(plan.seed ^ 0x5eed);
    this.whimEvery = DAY_MILLIS / plan.whimsPerDay;
    for (let index = 0; index < plan.clients; index++) {
      this.clients.push(this.newClient(index));
      schedule.after(ARRIVAL_MILLIS * this.random.fraction(), () => this.feed(index, { kind: 'start' }));
      this.planWhim(index);
    }
  }

  /** From now on clients only keep what they have. */
  calmDown(): void {
    this.calm = true;
  }

  /** An answer of a server, on its way to a client. */
  answer(index: number, bytes: Uint8Array, from: ServerName): void {
    if (this.random.fraction() < LOSS) return;
    const { access } = this.clients[index] as SimClient;
    const arrived = access.back(bytes);
    const wait = datagramDelay(this.random, access.depth);
    this.parts.schedule.after(wait, () => this.feed(index, { kind: 'datagram', bytes: arrived }, from));
  }

  private newClient(index: number): SimClient {
    const { plan, coverage } = this.parts;
    const relationships = TOPOLOGIES[plan.topology].length;
    const relationship = index % relationships;
    const number = Math.floor(index / relationships);
    const ias: WantedIa[] = [{ kind: 'IA_NA', iaid: 1 }];
    if (number % 3 === 0) ias.push({ kind: 'IA_PD', iaid: 1 });
    const duid = Uint8Array.from([0, 3, 0, 1, 2, 0, 0, 0, index >> 8, index & 255]);
    const kind = ACCESS[this.random.below(ACCESS.length)] as AccessKind;
    coverage.saw(`client ${kind}`);
    return {
      dhcp: new Dhcpv6Client(
        { duid, ias, rapidCommit: number % 4 === 1 },
        seededRandom(plan.seed + 7919 * index),
      ),
      relationship,
      access: accessOf(kind, index, relationship),
      tickAt: Number.POSITIVE_INFINITY,
    };
  }

  private feed(index: number, input: ClientInput, by?: ServerName): void {
    const { schedule, holdings, toServers, clocksAreWrong } = this.parts;
    const { dhcp, relationship, access } = this.clients[index] as SimClient;
    for (const output of dhcp.handle(input, schedule.now)) {
      if (output.kind === 'holds') {
        const { duid } = dhcp.config;
        const { validUntil: until } = output.lease;
        const resource = resourceOf(output.lease);
        if (by !== undefined)
          holdings.takes(
            { client: index, duid, resource, relationship, until, by, doubtful: clocksAreWrong() },
            schedule.now,
          );
      } else if (output.kind === 'drops') holdings.drops(index, resourceOf(output.lease));
      else if (this.random.fraction() >= LOSS) {
        toServers(relationship, index, access.forward(output.bytes), access);
      }
    }
    this.planTick(index);
  }

  private planTick(index: number): void {
    const client = this.clients[index] as SimClient;
    const deadline = client.dhcp.deadline();
    if (deadline === undefined || deadline >= client.tickAt) return;
    client.tickAt = deadline;
    this.parts.schedule.at(deadline, () => {
      if (client.tickAt !== deadline) return;
      client.tickAt = Number.POSITIVE_INFINITY;
      this.feed(index, { kind: 'tick' });
    });
  }

  private planWhim(index: number): void {
    const wait = -Math.log(1 - this.random.fraction()) * this.whimEvery;
    this.parts.schedule.after(wait, () => {
      if (this.calm) return;
      this.whim(index);
      this.planWhim(index);
    });
  }

  /** Leaves in order, is switched off, or finds its address in use; and comes back some time later. */
  private whim(index: number): void {
    const { random } = this;
    const { schedule } = this.parts;
    const held = (this.clients[index] as SimClient).dhcp.held(schedule.now);
    const what = random.fraction();
    const first = held.find(({ kind }) => kind === 'address');
    if (what < 0.1 && first !== undefined) {
      this.feed(index, { kind: 'decline', address: first.address });
      return;
    }
    this.feed(index, { kind: what < 0.6 ? 'release' : 'power-off' });
    schedule.after(1000 + 3_600_000 * random.fraction() ** 3, () => this.feed(index, { kind: 'start' }));
  }
}

function resourceOf({ kind, address, prefixLength }: HeldLease): Resource {
  return { kind, address, prefixLength };
}

/** How long a datagram takes through so many relay agents, milliseconds. */
export function datagramDelay(random: Random, relays: number): number {
  return LATENCY_MAX_MILLIS * (1 + relays) * random.fraction();
}
