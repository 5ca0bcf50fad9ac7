/** The clients of a run: real DHCPv6 clients that renew, leave, come back and decline, and reach both servers or none. */
import { type Random, seededRandom } from '../base/clock.ts';
import type { Resource } from '../failover/lease.ts';
import type { Checks } from './checks.ts';
import { type ClientInput, Dhcpv6Client } from './client.ts';
import type { HeldLease, WantedIa } from './client-leases.ts';
import type { Plan } from './plan.ts';
import type { Schedule } from './schedule.ts';

const LATENCY_MAX_MILLIS = 30;
/** Share of datagrams that are lost. */
const LOSS = 0.005;
const DAY_MILLIS = 86_400_000;
/** Clients begin within this time. */
const ARRIVAL_MILLIS = 600_000;

export class Workload {
  private readonly schedule: Schedule;
  private readonly checks: Checks;
  private readonly clients: Dhcpv6Client[] = [];
  private readonly ticks: number[] = [];
  private readonly random: Random;
  private readonly toServers: (client: number, datagram: Uint8Array) => void;
  private readonly whimEvery: number;
  private calm = false;

  constructor(
    plan: Plan,
    schedule: Schedule,
    checks: Checks,
    toServers: (client: number, datagram: Uint8Array) => void,
  ) {
    this.schedule = schedule;
    this.checks = checks;
    this.toServers = toServers;
    this.random = seededRandom(plan.seed ^ 0x5eed);
    this.whimEvery = DAY_MILLIS / plan.whimsPerDay;
    for (let index = 0; index < plan.clients; index++) {
      const ias: WantedIa[] = [{ kind: 'IA_NA', iaid: 1 }];
      if (index % 3 === 0) ias.push({ kind: 'IA_PD', iaid: 1 });
      const duid = Uint8Array.from([0, 3, 0, 1, 2, 0, 0, 0, index >> 8, index & 255]);
      this.clients.push(
        new Dhcpv6Client({ duid, ias, rapidCommit: false }, seededRandom(plan.seed + 7919 * index)),
      );
      this.ticks.push(Number.POSITIVE_INFINITY);
      schedule.after(ARRIVAL_MILLIS * this.random.fraction(), () => this.feed(index, { kind: 'start' }));
      this.planWhim(index);
    }
  }

  /** From now on clients only keep what they have. */
  calmDown(): void {
    this.calm = true;
  }

  /** An answer of a server, on its way to a client. */
  answer(client: number, bytes: Uint8Array): void {
    if (this.random.fraction() < LOSS) return;
    this.schedule.after(LATENCY_MAX_MILLIS * this.random.fraction(), () =>
      this.feed(client, { kind: 'datagram', bytes }),
    );
  }

  private feed(index: number, input: ClientInput): void {
    const { schedule, checks } = this;
    const client = this.clients[index] as Dhcpv6Client;
    for (const output of client.handle(input, schedule.now)) {
      if (output.kind === 'holds') {
        checks.clientHolds(index, resourceOf(output.lease), output.lease.validUntil, schedule.now);
      } else if (output.kind === 'drops') checks.clientDrops(index, resourceOf(output.lease));
      else if (this.random.fraction() >= LOSS) this.toServers(index, output.bytes);
    }
    this.planTick(index, client.deadline());
  }

  private planTick(index: number, deadline: number | undefined): void {
    if (deadline === undefined || deadline >= (this.ticks[index] as number)) return;
    this.ticks[index] = deadline;
    this.schedule.at(deadline, () => {
      if (this.ticks[index] !== deadline) return;
      this.ticks[index] = Number.POSITIVE_INFINITY;
      this.feed(index, { kind: 'tick' });
    });
  }

  private planWhim(index: number): void {
    const wait = -Math.log(1 - this.random.fraction()) * this.whimEvery;
    this.schedule.after(wait, () => {
      if (this.calm) return;
      this.whim(index);
      this.planWhim(index);
    });
  }

  /** Leaves in order, is switched off, or finds its address in use; and comes back some time later. */
  private whim(index: number): void {
    const { random, schedule } = this;
    const held = (this.clients[index] as Dhcpv6Client).held(schedule.now);
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

/** How long a datagram takes, milliseconds. */
export function datagramDelay(random: Random): number {
  return LATENCY_MAX_MILLIS * random.fraction();
}
