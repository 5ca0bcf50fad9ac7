/**
 * Draws faults of the proxy for the plan of a run, in their short form, so that a failing run can be tried on a live
 * pair. Those that only lose time, messages or connections leave every invariant intact. Those that forge what is said
 * belong to marked runs: a server that is lied to may give what another has, and nothing ever repairs it.
 */
import type { Random } from '../base/clock.ts';

/** `disturbing`: all invariants hold; `forging`: contents, order and framing are not to be trusted either. */
export type ProxyPart = 'absent' | 'disturbing' | 'forging';

/** A line of `--fault`, without the times when it begins and ends. */
export function proxyFault(random: Random, part: Exclude<ProxyPart, 'absent'>): string {
  const kinds = part === 'forging' && random.fraction() < 0.7 ? FORGING : DISTURBING;
  const names = Object.keys(kinds);
  const name = names[random.below(names.length)] as string;
  const rest = (kinds[name] as Maker)(new Draw(random));
  return `${name} ${rest} seed ${random.below(2 ** 31)}`.replaceAll(/ +/g, ' ');
}

/** Kinds that runs may have; the simulated pair has no TLS that `refuse-starttls` and `break-tls` could disturb. */
export function proxyKinds(part: ProxyPart): readonly string[] {
  if (part === 'absent') return [];
  return [...Object.keys(DISTURBING), ...(part === 'forging' ? Object.keys(FORGING) : [])];
}

/** Whether a fault may change what is said, or its order. */
export function forges(action: string): boolean {
  return action in FORGING;
}

type Maker = (draw: Draw) => string;

const TYPES = [
  'BNDUPD',
  'BNDUPD',
  'BNDREPLY',
  'BNDREPLY',
  'POOLREQ',
  'POOLRESP',
  'UPDREQ',
  'UPDREQALL',
  'UPDDONE',
  'CONNECT',
  'CONNECTREPLY',
  'STATE',
  'CONTACT',
  'DISCONNECT',
] as const;
const ANSWERS = ['POOLRESP', 'CONTACT', 'BNDUPD', 'BNDREPLY'] as const;

/** Words of faults, drawn. */
class Draw {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  of(words: readonly string[]): string {
    return words[this.random.below(words.length)] as string;
  }

  whole(from: number, to: number): number {
    return from + this.random.below(to - from + 1);
  }

  get way(): string {
    return this.of(['p>s', 's>p', 'both']);
  }

  get oneWay(): string {
    return this.of(['p>s', 's>p']);
  }

  /** Three types, so that there is often one of them. */
  get type(): string {
    return [...new Set([this.of(TYPES), this.of(TYPES), this.of(TYPES)])].join();
  }

  get often(): string {
    return this.of(['times 1', 'times 3', 'times 20', 'probability 0.3', 'every 3', 'nth 2 times 2']);
  }

  get seconds(): string {
    return `${this.whole(1, 8000)}ms`;
  }
}

const DISTURBING: Readonly<Record<string, Maker>> = {
  drop: (draw) => `${draw.way} ${draw.type} ${draw.often}`,
  delay: (draw) =>
    `${draw.way} ${draw.of(['', draw.type])} ${draw.seconds} jitter=${draw.seconds} distribution=${draw.of(['uniform', 'normal', 'exponential', 'pareto'])} ${draw.of(['', 'restamp'])}`,
  hold: (draw) => `${draw.way} ${draw.type} all ${draw.often}`,
  duplicate: (draw) => `${draw.way} ${draw.of(ANSWERS)} ${draw.whole(1, 3)} ${draw.often}`,
  reorder: (draw) =>
    `${draw.way} ${draw.of(['BNDREPLY', 'CONTACT'])} ${draw.whole(2, 6)} within ${draw.seconds} order=${draw.of(['reverse', 'random'])}`,
  skew: (draw) => `${draw.oneWay} bump ${draw.of(['+', '-'])}${draw.whole(1, 8)}s`,
  restamp: (draw) => draw.way,
  split: (draw) => `${draw.way} ${draw.type} size=${draw.whole(1, 40)} gap=${draw.whole(1, 400)}ms`,
  coalesce: (draw) => `${draw.way} ${draw.type} ${draw.whole(2, 10)} within ${draw.seconds}`,
  throttle: (draw) => `${draw.way} ${draw.whole(20, 5000)}`,
  stall: (draw) => draw.way,
  'half-close': (draw) => `${draw.oneWay} ${draw.of(['', `${draw.type} times 1`])}`,
  'half-open': (draw) => `${draw.oneWay} ${draw.of(['', `${draw.type} times 1`])}`,
  reset: (draw) => `${draw.way} ${draw.of(['', `${draw.type} times ${draw.whole(1, 3)}`])}`,
  refuse: (draw) => draw.of(['', `times ${draw.whole(1, 9)}`]),
  partition: () => '',
};

const FORGING: Readonly<Record<string, Maker>> = {
  edit: (draw) =>
    `${draw.way} ${draw.of([
      'BNDUPD binding-status=ABANDONED',
      'BNDUPD binding-status=EXPIRED',
      'BNDUPD state-expiration-time=0',
      'BNDREPLY partner-lifetime-sent=4000000000',
      'STATE server-state=POTENTIAL-CONFLICT',
      'CONNECT mclt=7',
      'CONNECT major-version=2',
      'CONNECTREPLY major-version=2',
      'CONNECTREPLY mclt=86400',
      'CONNECT max-unacked-bndupd=1',
    ])} ${draw.often}`,
  'reject-as': (draw) =>
    `${draw.way} BNDREPLY ${draw.of(['OutdatedBindingInformation', 'MissingBindingInformation', 'AddressInUse'])} ${draw.often}`,
  inject: (draw) =>
    `${draw.oneWay} ${draw.of(['STATE state=PARTNER-DOWN', 'STATE state=RECOVER', 'UPDDONE', 'UPDREQALL', 'CONTACT', 'DISCONNECT', 'hex=fa00000100000000'])}`,
  skew: (draw) =>
    `${draw.oneWay} ${draw.of([`strobe ${draw.whole(1, 8)}s period 3s`, 'drift rate=0.1', `bump +${draw.whole(1, 8)}s`, 'reset'])} coherent`,
  corrupt: (draw) => `${draw.way} ${draw.type} ${draw.whole(1, 9)} ${draw.often}`,
  truncate: (draw) => `${draw.way} ${draw.type} ${draw.whole(0, 60)} ${draw.often}`,
  'lie-length': (draw) => `${draw.way} ${draw.type} ${draw.of(['+1', '-1', '40', '-9'])} times 1`,
  reorder: (draw) => `${draw.way} ${draw.whole(2, 8)} within ${draw.seconds} order=random`,
  hold: (draw) => `${draw.way} ${draw.type} ${draw.often}`,
  duplicate: (draw) => `${draw.way} ${draw.type} ${draw.whole(1, 3)} ${draw.often}`,
};
