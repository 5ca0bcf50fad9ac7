/** What can go wrong in a run, as data, and how a seed chooses of it. What each does to the world is in troubles.ts. */
import { type Random, seededRandom } from '../base/clock.ts';
import type { Role } from '../failover/machine.ts';
import type { LastingState } from '../failover/state.ts';
import { type ProxyPart, proxyFault } from './stages-plan.ts';
import { otherRole, type Relationship, ROLES, type ServerName, serversOf } from './topology.ts';

/** `relationship`: an index; `server`: a whole process with all its relationships. */
export type Fault =
  /** The process dies; `silently`: its partners hear nothing. It comes back after `forSeconds`. */
  | {
      readonly kind: 'crash';
      readonly server: ServerName;
      readonly forSeconds: number;
      readonly silently: boolean;
      /** Comes back on an empty disk. */
      readonly diskLost: boolean;
      /** The operator tells the partners so long after the crash, if it still lasts. */
      readonly partnerDownAfterSeconds?: number;
    }
  /** The operator has the process shut down in order. */
  | { readonly kind: 'shutdown'; readonly server: ServerName; readonly forSeconds: number }
  /** The connection breaks; both ends notice. */
  | { readonly kind: 'cut'; readonly relationship: number }
  /** The connection goes on existing and carries nothing. */
  | { readonly kind: 'half-open'; readonly relationship: number }
  /** Nothing passes between the two servers, or nothing from `only`. */
  | {
      readonly kind: 'partition';
      readonly relationship: number;
      readonly forSeconds: number;
      readonly only?: Role;
    }
  /** Nothing passes for so long, then all of it arrives, as TCP sends it again. */
  | { readonly kind: 'stall'; readonly relationship: number; readonly forSeconds: number }
  /** Messages take so much longer. */
  | {
      readonly kind: 'slow';
      readonly relationship: number;
      readonly delaySeconds: number;
      readonly forSeconds: number;
    }
  /** The next `count` messages of this type vanish on the way, as a tap may do it. */
  | {
      readonly kind: 'drop';
      readonly relationship: number;
      readonly from: Role;
      readonly messageType: number;
      readonly count: number;
    }
  /** The proxy between them is given a fault, as `--fault` takes it. */
  | {
      readonly kind: 'proxy';
      readonly relationship: number;
      readonly fault: string;
      readonly forSeconds: number;
    }
  /** A clock is set, and set back after `forSeconds`. */
  | {
      readonly kind: 'clock';
      readonly server: ServerName;
      readonly seconds: number;
      readonly forSeconds: number;
    }
  /** The disk finishes nothing for so long. */
  | { readonly kind: 'disk-stall'; readonly server: ServerName; readonly forSeconds: number }
  /**
   * Wrong: a server is started again with other configuration than its partner has, and right again after `forSeconds`.
   * `pools`: with half of them; `name`: with another name of the relationship. Only in marked runs.
   */
  | {
      readonly kind: 'misconfigured';
      readonly relationship: number;
      readonly server: Role;
      readonly what: 'pools' | 'name';
      readonly forSeconds: number;
    }
  /** Wrong: the servers cannot hear each other, and each is told that the other is down. Only in marked runs. */
  | { readonly kind: 'split-brain'; readonly relationship: number; readonly forSeconds: number }
  /** Wrong: the operator says that the partner is down while it runs. Only in marked runs. */
  | { readonly kind: 'wrong-partner-down'; readonly relationship: number; readonly server: Role };

const KINDS: Record<Fault['kind'], true> = {
  crash: true,
  shutdown: true,
  cut: true,
  'half-open': true,
  partition: true,
  stall: true,
  slow: true,
  drop: true,
  proxy: true,
  clock: true,
  'disk-stall': true,
  misconfigured: true,
  'split-brain': true,
  'wrong-partner-down': true,
};

export const FAULT_KINDS: readonly string[] = Object.keys(KINDS);

/** A server of a relationship that enters a state. */
export interface Ambush {
  readonly relationship: number;
  readonly server: Role;
  readonly state: LastingState;
  /** The fault strikes so long behind it. */
  readonly afterMillis: number;
}

/** A fault and when it begins, seconds from the start; with `when`, the first time after that that it comes true. */
export interface TimedFault {
  readonly at: number;
  readonly when?: Ambush;
  readonly fault: Fault;
}

/** What faults are chosen for. */
export interface Ground {
  readonly relationships: readonly Relationship[];
  readonly mclt: number;
  readonly marked: boolean;
}

/** BNDUPD, BNDREPLY, POOLREQ, POOLRESP, UPDREQ, UPDREQALL, UPDDONE, STATE, CONTACT. */
const DROPPABLE = [24, 25, 25, 24, 26, 27, 28, 29, 30, 34, 35] as const;
/** Mean time between faults. */
const FAULT_EVERY_SECONDS = 2400;
const PROXY_FAULT_EVERY_SECONDS = 3600;
/** Share of the faults of proxies that forge which tell of a state that is none. */
const LIES = 0.15;
/** Share of faults that lie in wait for a state, and the states that they like best: short or rare ones. */
const AMBUSHES = 0.15;
const AMBUSHED = [
  'POTENTIAL-CONFLICT',
  'POTENTIAL-CONFLICT',
  'POTENTIAL-CONFLICT',
  'RESOLUTION-INTERRUPTED',
  'CONFLICT-DONE',
  'CONFLICT-DONE',
  'RECOVER',
  'RECOVER-WAIT',
  'RECOVER-DONE',
  'RECOVER-DONE',
  'PARTNER-DOWN',
  'NORMAL',
] as const satisfies readonly LastingState[];

/** The faults of a run of `seconds`; `calm`: how much longer than usual it is from one to the next. */
export function faultsOf(random: Random, ground: Ground, seconds: number, calm: number): TimedFault[] {
  const faults: TimedFault[] = [];
  let at = 60 + random.fraction() * 1740;
  while (at < seconds) {
    const what = random.fraction() < AMBUSHES ? ambushOf(random, ground) : { fault: faultOf(random, ground) };
    faults.push({ at: Math.round(at), ...what });
    at += -Math.log(1 - random.fraction()) * FAULT_EVERY_SECONDS * calm;
  }
  return faults;
}

/** Those of the proxies, drawn apart, so that a seed has the same other faults with proxies and without. */
export function proxyFaultsOf(
  seed: number,
  { relationships }: Ground,
  seconds: number,
  part: ProxyPart,
): TimedFault[] {
  if (part === 'absent') return [];
  const random = seededRandom(seed ^ 0x9c0c);
  const wait = () => -Math.log(1 - random.fraction()) * PROXY_FAULT_EVERY_SECONDS;
  const faults: TimedFault[] = [];
  for (let at = 60 + wait(); at < seconds; at += wait()) {
    const forSeconds = Math.round(1800 ** random.fraction());
    const relationship = random.below(relationships.length);
    const lie = part === 'forging' && random.fraction() < LIES;
    const what = lie ? lieFor(random, relationship) : { fault: proxyFault(random, part), when: undefined };
    const { fault, when } = what;
    const proxy: Fault = { kind: 'proxy', relationship, fault, forSeconds };
    faults.push({ at: Math.round(at), ...(when && { when }), fault: proxy });
  }
  return faults;
}

/** A state that the partner is not in, told to a server in the short moment before it hears the true one. */
function lieFor(random: Random, relationship: number): { readonly fault: string; readonly when: Ambush } {
  const server = ROLES[random.below(2)] as Role;
  const way = server === 'primary' ? 's>p' : 'p>s';
  const state = random.below(2) === 0 ? 'RECOVER-DONE' : 'RECOVER';
  const when: Ambush = { relationship, server, state, afterMillis: 0 };
  return { fault: `inject ${way} STATE state=POTENTIAL-CONFLICT seed ${random.below(2 ** 31)}`, when };
}

/** One line about a fault, for the report of a failure. */
export function faultText({ at, when, fault }: TimedFault): string {
  const { kind, ...rest } = fault;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  const ambush =
    when === undefined
      ? ''
      : `, when the ${when.server} of relationship ${when.relationship} enters ${when.state}`;
  return `${at} s${ambush}: ${[kind, ...details].join(', ')}`;
}

/** Mostly one of the two servers is lost, or the connection between them. */
function ambushOf(random: Random, ground: Ground): Pick<TimedFault, 'when' | 'fault'> {
  const relationship = random.below(ground.relationships.length);
  const state = AMBUSHED[random.below(AMBUSHED.length)] as LastingState;
  const server = state === 'CONFLICT-DONE' ? 'primary' : (ROLES[random.below(2)] as Role);
  // Before the disk has it, or behind.
  const afterMillis = random.fraction() < 0.3 ? 0 : random.below(200);
  const when = { relationship, server, state, afterMillis };
  const what = random.fraction();
  if (what < 0.3) return { when, fault: { kind: 'cut', relationship } };
  if (what > 0.8) return { when, fault: faultOf(random, ground) };
  const struck = random.fraction() < 0.7 ? server : otherRole(server);
  const name = (ground.relationships[relationship] as Relationship)[struck];
  return { when, fault: crashOf(random, ground, name) };
}

function crashOf(random: Random, { mclt }: Ground, server: ServerName): Fault {
  const forSeconds = spread(random, 4 * mclt);
  return {
    kind: 'crash',
    server,
    forSeconds,
    silently: random.fraction() < 0.5,
    diskLost: random.fraction() < 0.15,
    ...(random.fraction() < 0.5 && { partnerDownAfterSeconds: spread(random, forSeconds) }),
  };
}

/** What operators do who err. */
function mistakeOf(random: Random, { mclt }: Ground, relationship: number, server: Role): Fault {
  const forSeconds = spread(random, 4 * mclt);
  switch (random.below(6)) {
    case 0:
      return { kind: 'misconfigured', relationship, server, what: 'pools', forSeconds };
    case 1:
      return { kind: 'misconfigured', relationship, server, what: 'name', forSeconds };
    case 2:
      return { kind: 'split-brain', relationship, forSeconds: 600 + 2 * mclt + forSeconds };
    default:
      return { kind: 'wrong-partner-down', relationship, server };
  }
}

/** From 1 to `high`, small ones as often as large ones. */
function spread(random: Random, high: number): number {
  return Math.round(high ** random.fraction());
}

function faultOf(random: Random, ground: Ground): Fault {
  const { relationships, mclt, marked } = ground;
  const servers = serversOf(relationships);
  const server = servers[random.below(servers.length)] as ServerName;
  const relationship = random.below(relationships.length);
  const role = ROLES[random.below(2)] as Role;
  const upTo = (high: number) => spread(random, high);
  const forSeconds = upTo(4 * mclt);
  if (marked && random.fraction() < 0.2) return mistakeOf(random, ground, relationship, role);
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return crashOf(random, ground, server);
    case 4:
      return { kind: 'shutdown', server, forSeconds: upTo(300) };
    case 5:
    case 6:
      return { kind: 'cut', relationship };
    case 7:
      return { kind: 'half-open', relationship };
    case 8: {
      const oneWay = random.fraction() < 0.3;
      return { kind: 'partition', relationship, forSeconds, ...(oneWay && { only: role }) };
    }
    case 9:
      return { kind: 'stall', relationship, forSeconds: upTo(200) };
    case 10:
      return { kind: 'slow', relationship, delaySeconds: 8 * random.fraction(), forSeconds: upTo(300) };
    case 11:
      return {
        kind: 'drop',
        relationship,
        from: role,
        messageType: DROPPABLE[random.below(DROPPABLE.length)] as number,
        count: upTo(20),
      };
    case 12: {
      const little = random.fraction() < 0.5;
      const seconds = little ? Math.round(4 * random.fraction() - 2) : 7;
      return { kind: 'clock', server, seconds, forSeconds: upTo(600) };
    }
    default:
      return { kind: 'disk-stall', server, forSeconds: upTo(30) };
  }
}
