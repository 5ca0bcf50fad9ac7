/** What can go wrong in a run, as data, and how a seed chooses of it. What each does to the world is in troubles.ts. */
import { type Random, seededRandom } from '../base/clock.ts';
import type { Role } from '../failover/machine.ts';
import type { LastingState } from '../failover/state.ts';
import { type ProxyPart, proxyFault } from './stages-plan.ts';
import { type Relationship, ROLES, type ServerName, serversOf } from './topology.ts';

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
  'wrong-partner-down': true,
};

export const FAULT_KINDS: readonly string[] = Object.keys(KINDS);

/** A server of a relationship that enters a state. */
export interface Ambush {
  readonly relationship: number;
  readonly server: Role;
  readonly state: LastingState;
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
/** Share of faults that lie in wait for a state, and the states that they like best: short or rare ones. */
const AMBUSHES = 0.15;
const AMBUSHED = [
  'POTENTIAL-CONFLICT',
  'POTENTIAL-CONFLICT',
  'POTENTIAL-CONFLICT',
  'RESOLUTION-INTERRUPTED',
  'CONFLICT-DONE',
  'RECOVER',
  'RECOVER-WAIT',
  'RECOVER-DONE',
  'PARTNER-DOWN',
  'NORMAL',
] as const satisfies readonly LastingState[];

/** The faults of a run of `seconds`; `calm`: how much longer than usual it is from one to the next. */
export function faultsOf(random: Random, ground: Ground, seconds: number, calm: number): TimedFault[] {
  const faults: TimedFault[] = [];
  let at = 60 + random.fraction() * 1740;
  while (at < seconds) {
    const fault = faultOf(random, ground);
    const ambush = random.fraction() < AMBUSHES;
    faults.push({ at: Math.round(at), ...(ambush && { when: ambushFor(random, ground, fault) }), fault });
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
    const fault = proxyFault(random, part);
    faults.push({ at: Math.round(at), fault: { kind: 'proxy', relationship, fault, forSeconds } });
  }
  return faults;
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

function ambushFor(random: Random, { relationships }: Ground, fault: Fault): Ambush {
  const relationship = 'relationship' in fault ? fault.relationship : random.below(relationships.length);
  const server = ROLES[random.below(2)] as Role;
  return { relationship, server, state: AMBUSHED[random.below(AMBUSHED.length)] as LastingState };
}

function faultOf(random: Random, { relationships, mclt, marked }: Ground): Fault {
  const servers = serversOf(relationships);
  const server = servers[random.below(servers.length)] as ServerName;
  const relationship = random.below(relationships.length);
  const role = ROLES[random.below(2)] as Role;
  const spread = (high: number) => Math.round(high ** random.fraction());
  const forSeconds = spread(4 * mclt);
  if (marked && random.fraction() < 0.2) {
    if (random.fraction() < 0.7) return { kind: 'wrong-partner-down', relationship, server: role };
    const what = random.fraction() < 0.5 ? 'pools' : 'name';
    return { kind: 'misconfigured', relationship, server: role, what, forSeconds };
  }
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {
        kind: 'crash',
        server,
        forSeconds,
        silently: random.fraction() < 0.5,
        diskLost: random.fraction() < 0.15,
        ...(random.fraction() < 0.5 && { partnerDownAfterSeconds: spread(forSeconds) }),
      };
    case 4:
      return { kind: 'shutdown', server, forSeconds: spread(300) };
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
      return { kind: 'stall', relationship, forSeconds: spread(200) };
    case 10:
      return { kind: 'slow', relationship, delaySeconds: 8 * random.fraction(), forSeconds: spread(300) };
    case 11:
      return {
        kind: 'drop',
        relationship,
        from: role,
        messageType: DROPPABLE[random.below(DROPPABLE.length)] as number,
        count: spread(20),
      };
    case 12: {
      const little = random.fraction() < 0.5;
      const seconds = little ? Math.round(4 * random.fraction() - 2) : 7;
      return { kind: 'clock', server, seconds, forSeconds: spread(600) };
    }
    default:
      return { kind: 'disk-stall', server, forSeconds: spread(30) };
  }
}
