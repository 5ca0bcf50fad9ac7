/**
 * The faults of one relationship that are armed now. Links look at it and keep a stage for every fault that covers
 * their direction.
 */
import type { Random } from '../base/clock.ts';
import { InputError } from '../base/problem.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { ArmedFault } from './faults/armed.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { FaultHit } from './stage.ts';
import type { WireStates } from './wire-states.ts';

const ARMED_FAULTS_MAX = 256;

const SEED_BOUND = 2 ** 32;

export class FaultBoard {
  private readonly random: Random;
  private readonly dissectors: Dissectors;
  private readonly armed = new Map<string, ArmedFault>();
  private nextNumber = 1;
  private version = 0;

  /** `random` draws the seeds of faults that come without one. */
  constructor(random: Random, dissectors: Dissectors) {
    this.random = random;
    this.dissectors = dissectors;
  }

  /** Throws InputError: a spec that makes no sense, a name taken, too many. */
  arm(spec: FaultSpec, now: number): ArmedFault {
    if (this.armed.size >= ARMED_FAULTS_MAX)
      throw new InputError(`at most ${ARMED_FAULTS_MAX} faults can be armed`);
    const id = spec.id ?? this.freeName();
    if (this.armed.has(id)) throw new InputError(`there is already a fault "${id}"`);
    const fault = new ArmedFault(id, spec, spec.seed ?? this.random.below(SEED_BOUND), now, this.dissectors);
    this.armed.set(id, fault);
    this.version++;
    return fault;
  }

  /** The fault that was removed. */
  remove(id: string): ArmedFault | undefined {
    const fault = this.armed.get(id);
    if (fault === undefined) return undefined;
    this.armed.delete(id);
    this.version++;
    return fault;
  }

  get(id: string): ArmedFault | undefined {
    return this.armed.get(id);
  }

  get size(): number {
    return this.armed.size;
  }

  /** In the order in which they were armed, which is the order in which they act. */
  list(): readonly ArmedFault[] {
    return [...this.armed.values()];
  }

  /** An endpoint has announced another state: faults may have waited for it, however soon the next one comes. */
  stateChanged(states: WireStates, now: number): void {
    for (const fault of this.armed.values()) if (fault.isOpen(now)) fault.hears(states);
  }

  /** What the first fault that has an answer and is to be applied to a new connection says, with its hit. */
  onConnection<T>(
    states: WireStates,
    now: number,
    answerOf: (fault: ArmedFault) => T | undefined,
  ): { readonly answer: T; readonly hit: FaultHit } | undefined {
    for (const fault of this.armed.values()) {
      const answer = answerOf(fault);
      const hit = answer === undefined ? undefined : fault.judgeConnection(states, now);
      if (answer !== undefined && hit !== undefined) return { answer, hit };
    }
    return undefined;
  }

  /** Another number than before means that links must look again. */
  currentVersion(): number {
    return this.version;
  }

  private freeName(): string {
    for (;;) {
      const name = `F${this.nextNumber++}`;
      if (!this.armed.has(name)) return name;
    }
  }
}
