/** A whole run: servers, the networks between them, clients, and the faults of the plan, in virtual time. */
import { seededRandom } from '../base/clock.ts';
import { InvariantError } from '../base/invariant.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Role } from '../failover/machine.ts';
import type { EndpointState } from '../failover/state.ts';
import { type Bond, differenceIn } from './bond.ts';
import { Checks } from './checks.ts';
import { SimClock } from './clock.ts';
import { Coverage, DISSECTED } from './coverage.ts';
import { SimDisk } from './disk.ts';
import { CONVERGENCE, WHERE_MESSAGES_ARE_FORGED, WHERE_OPERATORS_ERR } from './excused.ts';
import { Holdings } from './holdings.ts';
import { Sample } from './inspect.ts';
import { type Ends, Network } from './network.ts';
import type { Around, Party } from './party.ts';
import type { Plan } from './plan.ts';
import { Schedule } from './schedule.ts';
import { SimServer } from './server.ts';
import { endpointConfig, MAX_UNACKED, serviceConfig } from './setup.ts';
import { Stages } from './stages.ts';
import {
  namesOf,
  otherRole,
  type Relationship,
  ROLES,
  type ServerName,
  serversOf,
  TOPOLOGIES,
} from './topology.ts';
import { Troubles } from './troubles.ts';
import { Violation } from './violation.ts';
import { datagramDelay, Workload } from './workload.ts';

/** 2026-01-01T00:00:00Z */
const START = 1_767_225_600_000;
/** Share of datagrams of clients that arrive twice. */
const DUPLICATES = 0.002;

export interface RunOptions {
  /** Looks at each message that a server sends; says what is wrong with it, or nothing. */
  readonly inspect?: (message: Uint8Array) => string | undefined;
  /** `inspect` looks at all of them, and not at a sample. */
  readonly inspectAll?: boolean;
  /** What proxies read messages with; needed where a plan has them. */
  readonly dissectors?: Dissectors;
  /** Hears all that happens. */
  readonly trace?: (millis: number, text: string) => void;
}

export interface RunResult {
  readonly plan: Plan;
  readonly coverage: Coverage;
  readonly violation?: { readonly invariant: string; readonly text: string; readonly seconds: number };
  /** Seconds of virtual time that passed. */
  readonly simulatedSeconds: number;
}

/** Runs a plan to its end or to the first broken invariant. */
export function run(plan: Plan, options: RunOptions = {}): RunResult {
  const world = new World(plan, options);
  try {
    world.run();
  } catch (error) {
    const invariant = error instanceof Violation ? error.invariant : 'the engine does not fail';
    const text = error instanceof Error ? error.message : String(error);
    return { ...world.result, violation: { invariant, text, seconds: world.seconds } };
  }
  return world.result;
}

function excusedIn({ marked, proxy }: Plan): readonly string[] {
  if (proxy === 'forging') return WHERE_MESSAGES_ARE_FORGED;
  return marked ? WHERE_OPERATORS_ERR : [];
}

class World {
  private readonly plan: Plan;
  private readonly options: RunOptions;
  private readonly schedule = new Schedule(START);
  private readonly coverage = new Coverage();
  private readonly sample: Sample;
  private readonly holdings: Holdings;
  private readonly servers = new Map<ServerName, SimServer>();
  private readonly bonds: readonly Bond[];
  private readonly workload: Workload;
  private readonly troubles: Troubles;

  constructor(plan: Plan, options: RunOptions) {
    this.plan = plan;
    this.options = options;
    this.sample = new Sample(plan.seed);
    const { schedule, coverage } = this;
    const relationships: readonly Relationship[] = TOPOLOGIES[plan.topology];
    this.holdings = new Holdings(excusedIn(plan));
    for (const name of serversOf(relationships)) this.servers.set(name, this.newServer(name, relationships));
    this.bonds = relationships.map((relationship, index) => this.newBond(relationship, index));
    this.workload = this.newWorkload();
    this.troubles = new Troubles({
      schedule,
      coverage,
      holdings: this.holdings,
      servers: this.servers,
      bonds: this.bonds,
      trace: (text) => this.trace(text),
      err: plan.marked,
    });
    coverage.saw(`topology ${plan.topology}`);
  }

  get seconds(): number {
    return Math.round((this.schedule.now - START) / 1000);
  }

  get result(): RunResult {
    return { plan: this.plan, coverage: this.coverage, simulatedSeconds: this.seconds };
  }

  run(): void {
    const { plan, schedule, troubles } = this;
    for (const server of this.servers.values()) server.start();
    troubles.plan(plan.faults, START);
    while (schedule.step(START + 1000 * plan.seconds));
    this.trace('healed');
    troubles.heal();
    this.workload.calmDown();
    this.converge();
  }

  private newServer(name: ServerName, relationships: readonly Relationship[]): SimServer {
    const { plan, schedule } = this;
    const { offsetSeconds, drift } = plan.clocks[name];
    return new SimServer({
      name,
      clock: new SimClock(START, offsetSeconds, drift),
      disk: new SimDisk(schedule, seededRandom(plan.seed ^ (0xd15c + 0x20000 * name.charCodeAt(0)))),
      schedule,
      service: serviceConfig(plan, name),
      relationships,
      answer: ({ client, bytes }) => this.workload.answer(client, bytes, name),
    });
  }

  private newBond(relationship: Relationship, index: number): Bond {
    const { plan, schedule } = this;
    const name = namesOf(TOPOLOGIES[plan.topology])[index] as string;
    const checks = new Checks(this.coverage, plan.mclt, excusedIn(plan));
    const party = (role: Role): Party => {
      const around: Around = {
        checks,
        network: () => network,
        now: () => schedule.now,
        stored: (records) => this.holdings.stored(relationship[role], records, schedule.now),
        entered: (state: EndpointState) => this.troubles.entered(index, role, state),
        trace: (text) => this.trace(`${name} ${role} ${text}`),
        window: MAX_UNACKED[otherRole(role)],
      };
      const server = this.servers.get(relationship[role]) as SimServer;
      return server.join(index, endpointConfig(plan, index, role), around);
    };
    const ends = { primary: party('primary'), secondary: party('secondary') };
    const randomness = seededRandom(plan.seed ^ (0x7e7 + 0x10000 * index));
    const carried: Ends = {
      isUp: (role) => ends[role].isUp,
      connected: (role) => ends[role].connected(),
      bytes: (role, bytes) => ends[role].bytes(bytes),
      closed: (role, why) => ends[role].closed(why),
      sees: (from, message, when) => {
        if (when === 'sent') checks.sent(ends[from].view, message, this.inspected(message));
        else checks.arrived(ends[otherRole(from)].view, message);
      },
    };
    const network: Network = new Network(schedule, randomness, carried, this.newProxy(index));
    return { index, name, ends, network, checks };
  }

  private inspected(message: Uint8Array): string | undefined {
    const { inspect, inspectAll } = this.options;
    if (inspect === undefined || !(inspectAll === true || this.sample.takes(message))) return undefined;
    this.coverage.saw(DISSECTED);
    return inspect(message);
  }

  private newProxy(relationship: number): Stages | undefined {
    const { plan, coverage } = this;
    if (plan.proxy === 'absent') return undefined;
    const { dissectors } = this.options;
    if (dissectors === undefined) throw new InvariantError('a proxy needs dissectors');
    const stages = new Stages(this.schedule, dissectors, plan.seed + relationship);
    stages.engine.subscribe((event) => {
      if (event.kind === 'fault-hit') coverage.saw(`proxy ${event.hit.action}`);
    });
    return stages;
  }

  private newWorkload(): Workload {
    const { plan, schedule, coverage, holdings } = this;
    const random = seededRandom(plan.seed ^ 0xde1a);
    return new Workload({
      plan,
      schedule,
      holdings,
      coverage,
      clocksAreWrong: () => [...this.servers.values()].some(({ clock }) => clock.isWrong(schedule.now)),
      toServers: (relationship, client, datagram, access) => {
        const { ends } = this.bonds[relationship] as Bond;
        for (const role of ROLES) {
          const arrive = () => ends[role].server.receive(client, datagram, access.arrival);
          schedule.after(datagramDelay(random, access.depth), arrive);
          if (random.fraction() < DUPLICATES) schedule.after(datagramDelay(random, access.depth), arrive);
        }
      },
    });
  }

  /** §8.9: "Both NORMAL and equal bindings", within a bound; and both know all that clients hold. */
  private converge(): void {
    const { plan, schedule } = this;
    const bound = schedule.now + 1000 * (2 * plan.mclt + 2 * plan.validLifetime + 1800);
    let why: string | undefined = '';
    while (schedule.now < bound) {
      const until = schedule.now + 15_000;
      while (schedule.step(until));
      why = this.difference();
      if (why === undefined) return;
    }
    if (!excusedIn(plan).includes(CONVERGENCE)) throw new Violation(CONVERGENCE, why ?? '');
  }

  private difference(): string | undefined {
    for (const bond of this.bonds) {
      const { primary } = bond.ends;
      const why =
        differenceIn(bond) ??
        this.holdings.unknownTo(bond.index, this.schedule.now, (resource) =>
          primary.endpoint?.clients.find(resource),
        );
      if (why !== undefined) return why;
    }
    return undefined;
  }

  private trace(text: string): void {
    this.options.trace?.(this.schedule.now - START, text);
  }
}
