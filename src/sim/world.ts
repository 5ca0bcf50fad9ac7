/** A whole run: two servers, their network, clients, and the faults of the plan, in virtual time. */
import { seededRandom } from '../base/clock.ts';
import { InvariantError } from '../base/invariant.ts';
import { secondsBetween } from '../base/time.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { DEFAULTS, type EndpointConfig, type Pool } from '../failover/config.ts';
import type { Lease } from '../failover/lease.ts';
import { resourceText, sameClientIa } from '../failover/lease.ts';
import type { Role } from '../failover/machine.ts';
import { parseFault } from '../proxy/faults/short-form.ts';
import type { ServiceConfig } from '../server/service-config.ts';
import { Checks, Violation } from './checks.ts';
import { SimClock } from './clock.ts';
import { Coverage } from './coverage.ts';
import { SimDisk } from './disk.ts';
import { type Ends, Network } from './network.ts';
import { type Fault, faultText, type Plan } from './plan.ts';
import { Schedule } from './schedule.ts';
import { MAX_UNACKED, SimServer, type Surroundings } from './server.ts';
import { Stages } from './stages.ts';
import { datagramDelay, Workload } from './workload.ts';

/** 2026-01-01T00:00:00Z */
const START = 1_767_225_600_000;
const ROLES = ['primary', 'secondary'] as const;
const other = (role: Role): Role => (role === 'primary' ? 'secondary' : 'primary');
/** Expirations that differ by at most so much are the same for two clocks. */
const SAME_EXPIRATION_SECONDS = 10;

export interface RunOptions {
  /** Looks at each message that a server sends; says what is wrong with it, or nothing. */
  readonly inspect?: (message: Uint8Array) => string | undefined;
  /** What the proxy reads messages with; needed where a plan has one. */
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

const CONVERGENCE = 'both NORMAL with equal bindings after healing';

/** What cannot hold where operators err, or where a server is told what its partner never said. */
function excusedIn({ marked, proxy }: Plan): readonly string[] {
  if (proxy === 'forging') {
    return [
      'no two clients hold the same',
      'fundamental relationship (§4.4)',
      'own pool only (§4.2)',
      CONVERGENCE,
    ];
  }
  return marked ? ['no two clients hold the same'] : [];
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

class World {
  private readonly plan: Plan;
  private readonly options: RunOptions;
  private readonly schedule = new Schedule(START);
  private readonly coverage = new Coverage();
  private readonly checks: Checks;
  private readonly network: Network;
  private readonly stages: Stages | undefined;
  private readonly servers: Record<Role, SimServer>;
  private readonly workload: Workload;
  /** Lasting faults that are on. */
  private disturbances = 0;

  constructor(plan: Plan, options: RunOptions) {
    this.plan = plan;
    this.options = options;
    this.checks = new Checks(this.coverage, excusedIn(plan));
    this.stages = this.newProxy();
    const ends: Ends = {
      isUp: (role) => this.servers[role].isUp,
      connected: (role) => this.servers[role].feed({ kind: 'connected' }),
      bytes: (role, bytes) => this.servers[role].feed({ kind: 'bytes', bytes }),
      closed: (role, why) => this.servers[role].feed({ kind: 'closed', why }),
      sees: (from, message, when) => {
        if (when === 'sent') this.checks.sent(this.servers[from].view, message, options.inspect?.(message));
        else this.checks.arrived(this.servers[other(from)].view, message);
      },
    };
    this.network = new Network(this.schedule, seededRandom(plan.seed ^ 0x7e7), ends, this.stages);
    this.servers = { primary: this.newServer('primary'), secondary: this.newServer('secondary') };
    const delays = seededRandom(plan.seed ^ 0xde1a);
    this.workload = new Workload(plan, this.schedule, this.checks, (client, datagram) => {
      for (const role of ROLES) {
        this.schedule.after(datagramDelay(delays), () => this.servers[role].receive(client, datagram));
      }
    });
  }

  get seconds(): number {
    return Math.round((this.schedule.now - START) / 1000);
  }

  get result(): RunResult {
    return { plan: this.plan, coverage: this.coverage, simulatedSeconds: this.seconds };
  }

  run(): void {
    const { plan, schedule } = this;
    for (const role of ROLES) this.servers[role].start();
    for (const timed of plan.faults) {
      schedule.at(START + 1000 * timed.at, () => {
        this.trace(`fault ${faultText(timed)}`);
        this.coverage.saw(`fault ${timed.fault.kind}`);
        this.apply(timed.fault);
      });
    }
    while (schedule.step(START + 1000 * plan.seconds));
    this.heal();
    this.converge();
  }

  private newProxy(): Stages | undefined {
    const { plan, coverage } = this;
    if (plan.proxy === 'absent') return undefined;
    const { dissectors } = this.options;
    if (dissectors === undefined) throw new InvariantError('a proxy needs dissectors');
    const stages = new Stages(this.schedule, dissectors, plan.seed);
    stages.engine.subscribe((event) => {
      if (event.kind === 'fault-hit') coverage.saw(`proxy ${event.hit.action}`);
    });
    return stages;
  }

  private newServer(role: Role): SimServer {
    const { plan, schedule } = this;
    const { offsetSeconds, drift } = plan.clocks[role];
    const clock = new SimClock(START, offsetSeconds, drift);
    const disk = new SimDisk(schedule, seededRandom(plan.seed ^ (role === 'primary' ? 0xd15c : 0x2d15c)));
    const around: Surroundings = {
      schedule,
      checks: this.checks,
      network: () => this.network,
      answer: ({ client, bytes }) => this.workload.answer(client, bytes),
      trace: (text) => this.trace(text),
    };
    return new SimServer(endpointConfig(plan, role), serviceConfig(plan, role), clock, disk, around);
  }

  private apply(fault: Fault): void {
    const { schedule, network, servers } = this;
    switch (fault.kind) {
      case 'crash':
        this.crash(fault);
        break;
      case 'shutdown':
        servers[fault.server].feed({ kind: 'operator', command: { kind: 'shutdown' } });
        schedule.after(1000 * (10 + fault.forSeconds), () => this.comeBack(fault.server, false));
        break;
      case 'cut':
        network.cut();
        break;
      case 'half-open':
        network.halfOpen();
        break;
      case 'partition':
        network.partitioned = true;
        network.halfOpen();
        this.lasting(fault.forSeconds, () => {
          network.partitioned = false;
        });
        break;
      case 'slow':
        network.extraDelay = 1000 * fault.delaySeconds;
        this.lasting(fault.forSeconds, () => {
          network.extraDelay = 0;
        });
        break;
      case 'drop':
        network.drops.push({ from: fault.from, messageType: fault.messageType, left: fault.count });
        break;
      case 'proxy':
        this.proxyFault(fault);
        break;
      case 'clock':
        this.setClock(fault.server, fault.seconds);
        this.lasting(fault.forSeconds, () => this.setClock(fault.server, -fault.seconds));
        break;
      case 'disk-stall':
        servers[fault.server].disk.stalledUntil = schedule.now + 1000 * fault.forSeconds;
        break;
      case 'wrong-partner-down':
        servers[fault.server].feed({ kind: 'operator', command: { kind: 'partner-down' } });
        break;
    }
  }

  private proxyFault({ fault, forSeconds }: Extract<Fault, { kind: 'proxy' }>): void {
    const armed = this.stages?.arm(parseFault(fault));
    if (armed !== undefined) this.lasting(forSeconds, () => this.stages?.remove(armed.id));
  }

  private lasting(seconds: number, end: () => void): void {
    this.disturbances++;
    this.schedule.after(1000 * seconds, () => {
      this.disturbances--;
      end();
    });
  }

  private crash(fault: Extract<Fault, { kind: 'crash' }>): void {
    const { schedule, network } = this;
    const server = this.servers[fault.server];
    const partner = this.servers[other(fault.server)];
    if (!server.isUp) return;
    const whole = ROLES.every((role) => this.servers[role].endpoint?.state === 'NORMAL');
    network.died(fault.server, fault.silently);
    server.stop();
    const { partnerDownAfterSeconds } = fault;
    if (partnerDownAfterSeconds !== undefined) {
      schedule.after(1000 * partnerDownAfterSeconds, () => {
        // Rightly: only while the partner is down.
        if (!server.isUp) partner.feed({ kind: 'operator', command: { kind: 'partner-down' } });
      });
    }
    schedule.after(1000 * fault.forSeconds, () => this.comeBack(fault.server, fault.diskLost && whole));
  }

  /** Starts a server again. Where its partner was told that it is down, operators see to it that the two can meet. */
  private comeBack(role: Role, diskLost: boolean): void {
    const { network, schedule } = this;
    const server = this.servers[role];
    const partner = this.servers[other(role)];
    if (server.isUp) return;
    if (!this.mayComeBack(server, partner)) {
      schedule.after(10_000, () => this.comeBack(role, diskLost));
      return;
    }
    // One copy of everything has to be left. And a primary without memory and without partner begins as §8.2 says,
    // which is safe on a first day only.
    if (diskLost && partner.isUp && this.disturbances === 0) {
      network.drops = [];
      server.disk.wipe();
      this.coverage.saw('disk lost');
    }
    server.start();
  }

  /**
   * §8.4: while one server is in PARTNER-DOWN the other must not operate, so that one which does not know of it yet
   * stays off until it can hear of it.
   */
  private mayComeBack(server: SimServer, partner: SimServer): boolean {
    const told = (one: SimServer): boolean => one.disk.record?.state === 'PARTNER-DOWN';
    if (this.network.partitioned) return !told(server) && !told(partner);
    return partner.isUp || told(server) || !told(partner);
  }

  private setClock(role: Role, seconds: number): void {
    this.servers[role].clock.set(seconds);
    this.servers[role].clockWasSet();
  }

  /** Everything works again and nothing more goes wrong. */
  private heal(): void {
    const { network, servers } = this;
    this.trace('healed');
    network.partitioned = false;
    network.extraDelay = 0;
    network.drops = [];
    for (const { id } of this.stages?.engine.listFaults() ?? []) this.stages?.remove(id);
    for (const role of ROLES) {
      servers[role].disk.stalledUntil = 0;
      servers[role].start();
    }
    this.workload.calmDown();
  }

  /** §8.9: "Both NORMAL and equal bindings", within a bound. */
  private converge(): void {
    const { plan, schedule } = this;
    const bound = schedule.now + 1000 * (2 * plan.mclt + 2 * plan.validLifetime + 1800);
    let why = '';
    while (schedule.now < bound) {
      const until = schedule.now + 15_000;
      while (schedule.step(until));
      why = this.difference();
      if (why === '') return;
    }
    if (!excusedIn(plan).includes(CONVERGENCE)) throw new Violation(CONVERGENCE, why);
  }

  private difference(): string {
    const { primary, secondary } = this.servers;
    const [a, b] = [primary.endpoint, secondary.endpoint];
    if (a === undefined || b === undefined) return 'a server is not running';
    if (a.state !== 'NORMAL' || b.state !== 'NORMAL') return `primary ${a.state}, secondary ${b.state}`;
    for (const [one, two, name] of [
      [a, b, 'primary'],
      [b, a, 'secondary'],
    ] as const) {
      for (const lease of one.allLeases()) {
        const why = differs(lease, two.clients.find(lease));
        if (why !== undefined) return `${resourceText(lease)} on the ${name}: ${why}`;
      }
    }
    return '';
  }

  private trace(text: string): void {
    this.options.trace?.(this.schedule.now - START, text);
  }
}

/** How two servers' leases differ where clients or prefixes are concerned, or nothing. */
function differs(mine: Lease, theirs: Lease | undefined): string | undefined {
  const unknown = mine.kind === 'prefix' || mine.status !== 'FREE' ? 'is unknown to the partner' : undefined;
  if (theirs === undefined) return mine.status === 'FREE' && mine.kind === 'prefix' ? undefined : unknown;
  if (mine.status !== theirs.status) return `${mine.status}, for the partner ${theirs.status}`;
  if (mine.status !== 'ACTIVE') return undefined;
  if (mine.holder === undefined || theirs.holder === undefined || !sameClientIa(mine.holder, theirs.holder)) {
    return 'the partner has another client';
  }
  const apart = secondsBetween(mine.stateExpirationTime ?? 0, theirs.stateExpirationTime ?? 0);
  return Math.abs(apart) <= SAME_EXPIRATION_SECONDS ? undefined : `expires ${apart} s apart`;
}

const bytes = (...groups: number[]): Uint8Array => {
  const address = new Uint8Array(16);
  groups.forEach((group, index) => {
    address[2 * index] = group >> 8;
    address[2 * index + 1] = group & 255;
  });
  return address;
};

/** Small pools, so that addresses are used again and prefixes run short. */
function pools(clients: number): readonly Pool[] {
  const last = bytes(0x2001, 0xdb8, 0, 0, 0, 0, 0, 3 * clients);
  return [
    { kind: 'address', first: bytes(0x2001, 0xdb8), last },
    {
      kind: 'prefix',
      prefix: { address: bytes(0x2001, 0xdb8, 0x100), length: prefixBits(clients) },
      delegatedLength: 56,
    },
  ];
}

/** A third of the clients wants a prefix, and there are hardly more. */
function prefixBits(clients: number): number {
  return 56 - Math.max(2, Math.ceil(Math.log2(clients / 3)));
}

function endpointConfig(plan: Plan, role: Role): EndpointConfig {
  return {
    ...DEFAULTS,
    role,
    pools: pools(plan.clients),
    mclt: plan.mclt,
    maxUnackedBndupd: MAX_UNACKED[role],
    heartbeatSeconds: 60,
    rejectedReconnectSeconds: 20,
    ...(plan.seed % 4 === 0 && { abandonedSeconds: 1800 }),
  };
}

function serviceConfig(plan: Plan, role: Role): ServiceConfig {
  return {
    serverId: Uint8Array.from([0, 2, 0, 0, 0x7e, 0xd9, role === 'primary' ? 1 : 2]),
    preference: 0,
    rapidCommit: true,
    dnsServers: [],
    domainList: [],
    links: [
      {
        prefix: { address: bytes(0x2001, 0xdb8), length: 64 },
        relationship: 0,
        addressPools: [0],
        prefixPools: [{ pool: 1, delegatedLength: 56 }],
        preferredLifetimeSeconds: plan.validLifetime,
        validLifetimeSeconds: plan.validLifetime,
      },
    ],
  };
}
