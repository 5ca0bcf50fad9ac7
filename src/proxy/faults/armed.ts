/**
 * A fault in force: its spec, its counters and its randomness. It decides for every unit whether the fault is applied;
 * what is then done is the stage's business. One armed fault serves all connections, so `nth` and `times` count over
 * all of them.
 */
import { type Random, seededRandom } from '../../base/clock.ts';
import type { Direction } from '../../base/flow.ts';
import { located } from '../../base/located.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Message } from '../../dissect/message.ts';
import { requireFilterOfOne } from '../../filter/compile.ts';
import type { FaultView, WaitingMessage } from '../events.ts';
import type { FaultHit, InFlight, Stage } from '../stage.ts';
import type { WireStates } from '../wire-states.ts';
import type { FaultKind, PreparedAction } from './kind.ts';
import { faultKind } from './kinds.ts';
import { checkTypes } from './message-types.ts';
import { choosesMessages, describeWith, type FaultSpec, subjectOf } from './spec.ts';

const SECOND = 1000;

/**
 * Throws InputError for what arming would refuse: a parameter, a filter, a field or a type that does not exist. `tls`:
 * what the proxy that is to arm it does with TLS; absent: any.
 */
export function checkFault(
  spec: FaultSpec,
  dissectors: Dissectors,
  tls?: 'passed' | 'terminated',
): FaultSpec {
  const { aboutTls } = faultKind(spec.do);
  if (tls !== undefined && aboutTls !== undefined && aboutTls !== tls)
    throw new InputError(`fault ${spec.do}: it is about TLS that is ${aboutTls}; here it is ${tls} (--tls)`);
  return new ArmedFault('F', spec, 0, 0, dissectors).spec;
}

export class ArmedFault {
  readonly id: string;
  readonly spec: FaultSpec;
  readonly seed: number;
  readonly armedMillis: number;
  readonly action: PreparedAction;
  readonly random: Random;
  readonly beginsMillis: number;
  readonly endsMillis: number | undefined;
  /** The fault acts by itself when its window opens, instead of on chosen messages. */
  readonly actsByItself: boolean;
  private readonly kind: FaultKind;
  /** What it does to connections that come while it is open. */
  readonly connecting: 'refuse' | 'wait' | undefined;
  private readonly sentence: string;
  private readonly chooses: (message: Message) => boolean;
  private heard = false;
  private matched = 0;
  private hits = 0;

  /** Throws InputError if the spec makes no sense. */
  constructor(id: string, spec: FaultSpec, seed: number, armedMillis: number, dissectors: Dissectors) {
    this.id = id;
    this.spec = spec;
    this.seed = seed;
    this.armedMillis = armedMillis;

    const kind = faultKind(spec.do);
    this.kind = kind;
    this.action = kind.prepare(spec.parameters);
    this.action.check(dissectors);
    checkTypes(spec, dissectors);
    this.connecting = kind.connecting;
    this.sentence = describeWith(this.action.describe(subjectOf(spec)), spec);
    this.random = seededRandom(seed);
    const { when } = spec;
    const filter =
      when === undefined ? undefined : located(['when'], () => requireFilterOfOne(when, dissectors));
    this.chooses = (message) => filter === undefined || filter.matches(message);
    this.actsByItself = kind.trigger === 'moment' && !choosesMessages(spec);
    this.beginsMillis = armedMillis + (spec.after ?? 0) * SECOND;
    this.endsMillis = endOf(spec, armedMillis, this.beginsMillis);
  }

  /** Whether it works on what goes in `direction`. */
  covers(direction: Direction): boolean {
    return this.spec.direction === 'both' || (this.spec.direction === 'p>s') === (direction === 0);
  }

  isOpen(now: number): boolean {
    return now >= this.beginsMillis && !this.hasExpired(now);
  }

  hasExpired(now: number): boolean {
    return this.endsMillis !== undefined && now >= this.endsMillis;
  }

  isUsedUp(): boolean {
    if (this.actsByItself && this.kind.once === true && this.hits > 0) return true;
    return this.spec.times !== undefined && this.hits >= this.spec.times;
  }

  /** Counts a unit of a covered direction; the hit, if the fault is to be applied to it by `stage`. */
  judge(unit: InFlight, stage: Pick<Stage, 'takes'>, states: WireStates, now: number): FaultHit | undefined {
    if (this.actsByItself || this.kind.trigger === 'connection') return undefined;
    if (!this.isOpen(now) || this.isUsedUp() || !this.fits(unit) || !this.hears(states)) return undefined;
    return stage.takes?.(unit, now) === false ? undefined : this.count();
  }

  /** Counts a new connection; the hit, if the fault is to be applied to it. */
  judgeConnection(states: WireStates, now: number): FaultHit | undefined {
    return this.isOpen(now) && !this.isUsedUp() && this.hears(states) ? this.count() : undefined;
  }

  /**
   * Whether the endpoints are in the state that the fault waits for. One that acts by itself has begun with it: that the
   * state has passed, as some do at once, does not end it.
   */
  hears(states: WireStates): boolean {
    const condition = this.spec.while;
    const holds = condition === undefined || states.of(condition.who) === condition.state;
    this.heard ||= holds && this.actsByItself;
    return holds || this.heard;
  }

  private count(): FaultHit | undefined {
    const { spec } = this;
    this.matched++;
    const first = spec.nth ?? 1;
    if (this.matched < first || (this.matched - first) % (spec.every ?? 1) !== 0) return undefined;
    if (spec.probability !== undefined && this.random.fraction() >= spec.probability) return undefined;
    return this.made();
  }

  /** Whether it acts by itself in this direction, too, when both are covered. */
  begins(direction: Direction): boolean {
    const twice = this.spec.direction === 'both' && this.kind.perConnection === true;
    return this.actsByItself && !(twice && direction === 1);
  }

  /** The hit of a fault that acts by itself. */
  hit(): FaultHit {
    this.matched++;
    return this.made();
  }

  private made(): FaultHit {
    this.hits++;
    return { fault: this.id, action: this.spec.do, count: this.hits, seed: this.seed, detail: '' };
  }

  view(heldOctets: number, keepaliveEndsMillis?: number, waiting: readonly WaitingMessage[] = []): FaultView {
    const { id, spec, sentence, seed, matched, hits, armedMillis, endsMillis } = this;
    const view = { id, spec, sentence, seed, matched, hits, heldOctets, armedMillis };
    return {
      ...view,
      ...(waiting.length === 0 ? {} : { waiting }),
      ...(keepaliveEndsMillis === undefined ? {} : { keepaliveEndsMillis }),
      ...(endsMillis === undefined ? {} : { endsMillis }),
    };
  }

  private fits({ message }: InFlight): boolean {
    const { when, types = this.kind.onlyTypes } = this.spec;
    if (types === undefined && when === undefined) return true;
    if (message === null) return false;
    if (types !== undefined && (message.msgName === null || !types.includes(message.msgName))) return false;
    return this.chooses(message);
  }
}

function endOf(spec: FaultSpec, armed: number, begins: number): number | undefined {
  const ends: number[] = [];
  if (spec.until !== undefined) ends.push(armed + spec.until * SECOND);
  if (spec.duration !== undefined) ends.push(begins + spec.duration * SECOND);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
