/**
 * A run as data: everything that the seed decides in advance. The faults are a list, so that shrinking can leave some
 * of them out and the rest stays as it was.
 */
import { type Random, seededRandom } from '../base/clock.ts';
import { faultsOf, type Ground, proxyFaultsOf, type TimedFault } from './fault.ts';
import { hasPlots, PLOTTED, plotsOf } from './plots.ts';
import type { ProxyPart } from './stages-plan.ts';
import { type ServerName, serversOf, TOPOLOGIES, TOPOLOGY_NAMES, type TopologyName } from './topology.ts';

export interface Plan {
  readonly seed: number;
  /** Seconds with faults; then everything heals. */
  readonly seconds: number;
  readonly topology: TopologyName;
  readonly clients: number;
  /** How many addresses a pool has for each client; few let them change hands often. */
  readonly addressesPerClient: number;
  /** Operators also err. */
  readonly marked: boolean;
  /** What the proxies between servers may do. */
  readonly proxy: ProxyPart;
  readonly mclt: number;
  readonly validLifetime: number;
  /** Initial offset and drift (parts of one) of the clocks. */
  readonly clocks: Record<ServerName, { readonly offsetSeconds: number; readonly drift: number }>;
  /** How many times a client does something of its own will in a day: leaves, comes back, declines. */
  readonly whimsPerDay: number;
  readonly faults: readonly TimedFault[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Absent: the seed decides, mostly few. */
  readonly clients?: number;
  /** Absent: the seed decides. */
  readonly servers?: 2 | 3;
  readonly marked: boolean;
  /** Absent: there is no proxy. */
  readonly proxy?: ProxyPart;
}

/** Clocks start so far apart at most, and drift so far in all, that an honest pair stays within 5 seconds (§7.5.1). */
const CLOCK_OFFSET_SECONDS = 1;
const CLOCK_DRIFT_SECONDS = 1.2;
/** Of so many clients, most runs have few and some have many. */
const CLIENTS_MIN = 5;
const CLIENTS_MAX = 300;
/** Share of runs with one pair; the others have more relationships. */
const PAIRS = 0.6;

/** What kind of run a seed is, where nobody says so: most are honest, some have proxies, in some operators err. */
export function variantOf(seed: number): { readonly marked: boolean; readonly proxy: ProxyPart } {
  const marked = seed % 8 === 4;
  if (seed % 16 === 0) return { marked, proxy: 'forging' };
  return { marked, proxy: seed % 4 === 2 ? 'disturbing' : 'absent' };
}

export function planOf(options: PlanOptions): Plan {
  const { seed, seconds, clients, servers, marked, proxy = 'absent' } = options;
  const random = seededRandom(seed);
  const of = <T>(values: readonly T[]): T => values[random.below(values.length)] as T;
  const between = (low: number, high: number) => low + random.fraction() * (high - low);
  const clock = () => ({
    offsetSeconds: between(-CLOCK_OFFSET_SECONDS, CLOCK_OFFSET_SECONDS),
    drift: between(-CLOCK_DRIFT_SECONDS, CLOCK_DRIFT_SECONDS) / Math.max(seconds, 86_400),
  });
  const topology = topologyFor(random, servers);
  const chosen = clientsFor(random);
  const mclt = of([60, 300, 900, 3600]);
  const usualCalm = of([0.5, 1, 1, 4]);
  const plotted = hasPlots(seed);
  const plan = {
    seed,
    seconds,
    topology,
    clients: clients ?? chosen,
    marked,
    proxy,
    mclt,
    validLifetime: of([600, 3600, 7200, 43_200]),
    clocks: { A: clock(), B: clock(), C: clock() },
    whimsPerDay: of([2, 8, 40]),
    addressesPerClient: of([1.5, 3, 3]),
    ...(plotted && PLOTTED),
  };
  const ground: Ground = { relationships: TOPOLOGIES[topology], mclt, marked };
  const calm = plotted ? 4 : usualCalm;
  const faults = [
    ...faultsOf(random, ground, seconds, calm),
    ...proxyFaultsOf(seed, ground, seconds, proxy),
    ...(plotted ? plotsOf(seed, ground, seconds) : []),
  ];
  return { ...plan, faults: faults.sort((a, b) => a.at - b.at) };
}

function topologyFor(random: Random, servers: 2 | 3 | undefined): TopologyName {
  const possible = TOPOLOGY_NAMES.filter(
    (name) => servers === undefined || serversOf(TOPOLOGIES[name]).length === servers,
  );
  const pair = random.fraction() < PAIRS;
  const other = possible[random.below(possible.length)] as TopologyName;
  return pair && possible.includes('pair') ? 'pair' : other;
}

function clientsFor(random: Random): number {
  const spread = random.fraction() ** 6;
  return Math.round(CLIENTS_MIN * (CLIENTS_MAX / CLIENTS_MIN) ** spread);
}
