/**
 * A run as data: everything that the seed decides in advance. The faults are a list, so that shrinking can leave some
 * of them out and the rest stays as it was.
 */
import { type Random, seededRandom } from '../base/clock.ts';
import type { Role } from '../failover/machine.ts';
import { type ProxyPart, proxyFault } from './stages-plan.ts';

export type Fault =
  /** The process dies; `silently`: its partner hears nothing. It comes back after `forSeconds`. */
  | {
      readonly kind: 'crash';
      readonly server: Role;
      readonly forSeconds: number;
      readonly silently: boolean;
      /** Comes back on an empty disk. */
      readonly diskLost: boolean;
      /** The operator tells the other server so long after the crash, if it still lasts. */
      readonly partnerDownAfterSeconds?: number;
    }
  /** The operator has the process shut down in order. */
  | { readonly kind: 'shutdown'; readonly server: Role; readonly forSeconds: number }
  /** The connection breaks; both ends notice. */
  | { readonly kind: 'cut' }
  /** The connection goes on existing and carries nothing. */
  | { readonly kind: 'half-open' }
  /** Nothing passes between the servers. */
  | { readonly kind: 'partition'; readonly forSeconds: number }
  /** Messages between the servers take so much longer. */
  | { readonly kind: 'slow'; readonly delaySeconds: number; readonly forSeconds: number }
  /** The next `count` messages of this type vanish on the way, as a tap may do it. */
  | { readonly kind: 'drop'; readonly from: Role; readonly messageType: number; readonly count: number }
  /** The proxy between them is given a fault, as `--fault` takes it. */
  | { readonly kind: 'proxy'; readonly fault: string; readonly forSeconds: number }
  /** A clock is set, and set back after `forSeconds`. */
  | { readonly kind: 'clock'; readonly server: Role; readonly seconds: number; readonly forSeconds: number }
  /** The disk finishes nothing for so long. */
  | { readonly kind: 'disk-stall'; readonly server: Role; readonly forSeconds: number }
  /** Wrong: the operator says that the partner is down while it runs. Only in marked runs. */
  | { readonly kind: 'wrong-partner-down'; readonly server: Role };

/** A fault and when it begins, seconds from the start. */
export interface TimedFault {
  readonly at: number;
  readonly fault: Fault;
}

export interface Plan {
  readonly seed: number;
  /** Seconds with faults; then everything heals. */
  readonly seconds: number;
  readonly clients: number;
  /** Operators also err. */
  readonly marked: boolean;
  /** What the proxy between the servers may do. */
  readonly proxy: ProxyPart;
  readonly mclt: number;
  readonly validLifetime: number;
  /** Initial offset and drift (parts of one) of the two clocks. */
  readonly clocks: Record<Role, { readonly offsetSeconds: number; readonly drift: number }>;
  /** How many times a client does something of its own will in a day: leaves, comes back, declines. */
  readonly whimsPerDay: number;
  readonly faults: readonly TimedFault[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  readonly marked: boolean;
  /** Absent: there is no proxy. */
  readonly proxy?: ProxyPart;
}

const ROLES = ['primary', 'secondary'] as const;
/** BNDUPD, BNDREPLY, POOLREQ, POOLRESP, UPDREQ, UPDREQALL, UPDDONE, STATE, CONTACT. */
const DROPPABLE = [24, 25, 25, 24, 26, 27, 28, 29, 30, 34, 35] as const;
/** Mean time between faults. */
const FAULT_EVERY_SECONDS = 2400;
const PROXY_FAULT_EVERY_SECONDS = 3600;

export function planOf({ seed, seconds, clients, marked, proxy = 'absent' }: PlanOptions): Plan {
  const random = seededRandom(seed);
  const of = <T>(values: readonly T[]): T => values[random.below(values.length)] as T;
  const between = (low: number, high: number) => low + random.fraction() * (high - low);
  const clock = () => ({ offsetSeconds: between(-1, 1), drift: between(-2e-6, 2e-6) });
  const mclt = of([60, 300, 900, 3600]);
  const calm = of([0.5, 1, 1, 4]);
  const plan = {
    seed,
    seconds,
    clients,
    marked,
    proxy,
    mclt,
    validLifetime: of([600, 3600, 7200, 43_200]),
    clocks: { primary: clock(), secondary: clock() },
    whimsPerDay: of([2, 8, 40]),
  };
  const faults: TimedFault[] = [];
  for (
    let at = between(60, 1800);
    at < seconds;
    at += -Math.log(1 - random.fraction()) * FAULT_EVERY_SECONDS * calm
  ) {
    faults.push({ at: Math.round(at), fault: faultOf(random, mclt, marked) });
  }
  faults.push(...proxyFaults(seed, seconds, proxy));
  return { ...plan, faults: faults.sort((a, b) => a.at - b.at) };
}

/** Drawn apart, so that a seed has the same other faults with a proxy and without. */
function proxyFaults(seed: number, seconds: number, part: ProxyPart): TimedFault[] {
  if (part === 'absent') return [];
  const random = seededRandom(seed ^ 0x9c0c);
  const wait = () => -Math.log(1 - random.fraction()) * PROXY_FAULT_EVERY_SECONDS;
  const faults: TimedFault[] = [];
  for (let at = 60 + wait(); at < seconds; at += wait()) {
    const forSeconds = Math.round(1800 ** random.fraction());
    faults.push({
      at: Math.round(at),
      fault: { kind: 'proxy', fault: proxyFault(random, part), forSeconds },
    });
  }
  return faults;
}

function faultOf(random: Random, mclt: number, marked: boolean): Fault {
  const server = ROLES[random.below(2)] as Role;
  const spread = (high: number) => Math.round(high ** random.fraction());
  if (marked && random.fraction() < 0.15) return { kind: 'wrong-partner-down', server };
  const forSeconds = spread(4 * mclt);
  switch (random.below(12)) {
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
      return { kind: 'cut' };
    case 6:
      return { kind: 'half-open' };
    case 7:
      return { kind: 'partition', forSeconds };
    case 8:
      return { kind: 'slow', delaySeconds: 8 * random.fraction(), forSeconds: spread(300) };
    case 9:
      return {
        kind: 'drop',
        from: server,
        messageType: DROPPABLE[random.below(DROPPABLE.length)] as number,
        count: spread(20),
      };
    case 10:
      return {
        kind: 'clock',
        server,
        seconds: random.fraction() < 0.5 ? Math.round(4 * random.fraction() - 2) : 7,
        forSeconds: spread(600),
      };
    default:
      return { kind: 'disk-stall', server, forSeconds: spread(30) };
  }
}

/** One line about a fault, for the report of a failure. */
export function faultText({ at, fault }: TimedFault): string {
  const { kind, ...rest } = fault;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `${at} s: ${[kind, ...details].join(', ')}`;
}
