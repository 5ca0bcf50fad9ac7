/**
 * The pair that a scenario is played on: two servers with the configuration of real ones, the proxy between them, and
 * clients that come and go, in virtual time. Invariants are watched as in every run, but for those that the scenario
 * itself does not let hold.
 */
import { seededRandom } from '../base/clock.ts';
import { InputError } from '../base/problem.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Role } from '../failover/machine.ts';
import type { RelationshipConfig, ServerConfig } from '../server/config.ts';
import { endpointConfig, serviceConfig } from '../server/engine-config.ts';
import { Checks } from './checks.ts';
import { SimClock } from './clock.ts';
import { Coverage } from './coverage.ts';
import type { CrowdOptions } from './crowd.ts';
import { SimDisk } from './disk.ts';
import { Holdings } from './holdings.ts';
import { inspector } from './inspect.ts';
import { Network } from './network.ts';
import type { Party } from './party.ts';
import { ScenarioClients } from './scenario-clients.ts';
import { Schedule } from './schedule.ts';
import { SimServer } from './server.ts';
import { Stages } from './stages.ts';
import { otherRole, type Relationship, ROLES } from './topology.ts';

/** 2026-01-01T00:00:00Z */
const START_MILLIS = 1_767_225_600_000;
/** The secondary listens before the primary dials, so that the first attempt already meets somebody. */
const HEAD_START_MILLIS = 300;
const RELATIONSHIP: Relationship = { primary: 'A', secondary: 'B' };
/** Address of the clients' relay agent on their link. */
const RELAY_HOST = 1;

export interface PairSetup {
  /** As two files of real servers say it: partners in their only relationship. */
  readonly configs: Readonly<Record<Role, ServerConfig>>;
  readonly dissectors: Dissectors;
  readonly clients: Omit<CrowdOptions, 'linkAddress' | 'seed'>;
  readonly seed: number;
  /** Gets the blocks of the recording. */
  readonly record?: (block: Uint8Array) => void;
  readonly trace: (text: string) => void;
}

export class ScenarioPair {
  readonly schedule = new Schedule(START_MILLIS);
  readonly coverage = new Coverage();
  /** Names of invariants that can hold no longer. */
  readonly excused: string[] = [];
  readonly stages: Stages;
  readonly network: Network;
  readonly ends: Readonly<Record<Role, Party>>;
  readonly servers: Readonly<Record<Role, SimServer>>;
  private readonly setup: PairSetup;
  private readonly relationships: Readonly<Record<Role, RelationshipConfig>>;
  private readonly checks: Checks;
  private readonly holdings = new Holdings(this.excused);
  private readonly clients: ScenarioClients;

  /** @throws InputError if the configurations are not those of a pair */
  constructor(setup: PairSetup) {
    const { seed, configs } = setup;
    const { schedule } = this;
    this.setup = setup;
    this.relationships = {
      primary: onlyRelationship(configs.primary, 'primary'),
      secondary: onlyRelationship(configs.secondary, 'secondary'),
    };
    this.checks = new Checks(this.coverage, endpointConfig(this.relationships.primary).mclt, this.excused);
    this.stages = new Stages(schedule, setup.dissectors, seed, setup.record);
    this.servers = { primary: this.newServer('primary'), secondary: this.newServer('secondary') };
    this.ends = { primary: this.newEnd('primary'), secondary: this.newEnd('secondary') };
    this.network = this.newNetwork();
    this.clients = new ScenarioClients({
      schedule,
      holdings: this.holdings,
      crowd: { ...setup.clients, seed, linkAddress: relayAddress(this.relationships.primary) },
      servers: ROLES.map((role) => this.servers[role]),
    });
  }

  start(): void {
    this.servers.secondary.start();
    this.schedule.after(HEAD_START_MILLIS, () => {
      this.servers.primary.start();
      this.clients.start();
    });
  }

  private newServer(role: Role): SimServer {
    const { schedule, setup } = this;
    const number = role === 'primary' ? 1 : 2;
    const random = seededRandom(setup.seed ^ (0xc10c * number));
    const name = RELATIONSHIP[role];
    return new SimServer({
      name,
      clock: new SimClock(START_MILLIS, 2 * random.fraction() - 1, 0),
      disk: new SimDisk(schedule, random),
      schedule,
      service: serviceConfig(setup.configs[role], Uint8Array.of(0, 2, 0, 0, 0x7e, 0xd9, number)),
      relationships: [RELATIONSHIP],
      answer: ({ bytes }) => this.clients.answer(bytes, name),
    });
  }

  private newEnd(role: Role): Party {
    const { relationships, checks, setup } = this;
    return this.servers[role].join(0, endpointConfig(relationships[role]), {
      checks,
      network: () => this.network,
      now: () => this.schedule.now,
      stored: (records) => this.holdings.stored(RELATIONSHIP[role], records, this.schedule.now),
      entered: () => undefined,
      trace: (text) => setup.trace(`${role} ${text}`),
      window: relationships[otherRole(role)].maxUnacked,
    });
  }

  private newNetwork(): Network {
    const { ends, checks } = this;
    const inspect = inspector(this.setup.dissectors);
    const carried = {
      isUp: (role: Role) => ends[role].isUp,
      connected: (role: Role) => ends[role].connected(),
      bytes: (role: Role, bytes: Uint8Array) => ends[role].bytes(bytes),
      closed: (role: Role, why: string) => ends[role].closed(why),
      sees: (from: Role, message: Uint8Array, when: 'sent' | 'arrived') => {
        if (when === 'sent') checks.sent(ends[from].view, message, inspect(message));
        else checks.arrived(ends[otherRole(from)].view, message);
      },
    };
    return new Network(this.schedule, seededRandom(this.setup.seed ^ 0x7e7), carried, this.stages);
  }
}

function onlyRelationship({ relationships }: ServerConfig, role: Role): RelationshipConfig {
  const [only, second] = relationships;
  if (only === undefined || second !== undefined || only.role !== role) {
    throw new InputError(`the ${role} of a simulated pair: expected one relationship with the role ${role}`);
  }
  return only;
}

function relayAddress({ name, links }: RelationshipConfig): Uint8Array {
  const [first] = links;
  if (first === undefined) throw new InputError(`relationship ${name}: expected a link, for the clients`);
  const address = first.prefix.address.slice();
  address[15] = (address[15] as number) | RELAY_HOST;
  return address;
}
