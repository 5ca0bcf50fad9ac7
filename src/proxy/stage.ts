/**
 * What a fault does, as a sans-IO stage: units of one direction go in with the time, outputs come back. A link chains
 * the stages of all armed faults; the simulator runs the same chain. A stage keeps order unless changing it is its
 * purpose, owns no clock and no socket, and takes its randomness from outside.
 */
import type { Random } from '../base/clock.ts';
import type { Direction } from '../base/flow.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Message } from '../dissect/message.ts';

/** One application of one fault to one unit: what events, log lines and packet comments are made of. */
export interface FaultHit {
  /** Name of the armed fault, e.g. `F1`. */
  readonly fault: string;
  /** The verb, e.g. `drop`. */
  readonly action: string;
  /** How often this fault has been applied, this time included. */
  readonly count: number;
  /** Seed of the fault's randomness. */
  readonly seed: number;
  /** What it did to this unit, e.g. `sent-time +7 s`; empty where the verb says it all. */
  readonly detail: string;
}

/**
 * One message on its way through one direction. `octets` is what will go onward, length prefix included; stages make
 * changed copies and never write into it. Octets that are no whole message (an unreadable stream, a fragment made by
 * a fault) travel as units without a `message` and match no condition on messages.
 */
export interface InFlight {
  /** As the sender sent it; `null` for octets that are no whole message, and for injected messages. */
  readonly original: Message | null;
  /** As it stands now: another one than `original` after an edit. */
  readonly message: Message | null;
  readonly octets: Uint8Array;
  /** Unix milliseconds. */
  readonly arrivedMillis: number;
  readonly hits: readonly FaultHit[];
  /** Only a part of a unit that a fault has cut: no other fault is applied to it. The last part has the message. */
  readonly fragment?: boolean;
  /** To be written together with the next unit, in one call. */
  readonly glued?: boolean;
}

/** A connection has two legs: the one that the sender of this direction is on, and the one onward. */
export type Leg = 'sender' | 'onward' | 'both';

export type StageOutput =
  | { readonly kind: 'forward'; readonly unit: InFlight }
  | { readonly kind: 'drop'; readonly unit: InFlight }
  /** `fin`: we end our sending side; `reset`: the leg is gone at once. */
  | { readonly kind: 'close'; readonly leg: Leg; readonly how: 'fin' | 'reset'; readonly hit: FaultHit };

export interface Stage {
  /** Whether it could do anything to this unit; one to which it could not is not counted. Absent: to every one. */
  takes?(unit: InFlight, now: number): boolean;
  /**
   * Takes the next unit of the direction. `hit` is set if the fault's conditions chose this unit; units that were not
   * chosen come by too, because a stage that delays or holds must keep the others in order behind it.
   */
  push(unit: InFlight, hit: FaultHit | undefined, now: number): StageOutput[];
  /** For faults without conditions on messages: the fault's time window opens. */
  begin?(hit: FaultHit, now: number): StageOutput[];
  /** Unix milliseconds of the next `tick` that this stage needs. */
  deadline(): number | undefined;
  tick(now: number): StageOutput[];
  /** The fault was removed, has expired, or the sender has finished: gives up everything that it holds, in order. */
  heal(now: number): StageOutput[];
  /** Octets that are waiting inside. */
  held(): number;
  /** While true nothing more is read from the sender, so that it feels back-pressure. */
  blocksReading?(): boolean;
  /** Held units are let go: all of them, or those at the given positions of `releasable`, in this order. */
  release?(order: readonly number[] | undefined, now: number): StageOutput[];
  /** The held units that can be released, oldest first. */
  releasable?(): readonly InFlight[];
}

/** What the stages of one fault in both directions of a connection share. */
export interface Halt {
  /** Nothing passes in either direction. */
  stopped: boolean;
}

/** What a stage may use of its surroundings. One stage is made per fault, connection and direction. */
export interface StageSetup {
  readonly direction: Direction;
  readonly random: Random;
  readonly dissectors: Dissectors;
  /** When the fault's time window opens, in Unix milliseconds: the same for all stages of a fault. */
  readonly beginsMillis: number;
  readonly halt: Halt;
  /**
   * Reads changed or injected octets (with length prefix) as a message of this direction; `null` if they are none.
   * `like` is the message that was changed.
   */
  readonly dissect: (octets: Uint8Array, now: number, like: Message | null) => Message | null;
}

/** A stage that holds nothing: most faults act on a unit and forget it. */
export function momentary(push: Stage['push'], takes?: Stage['takes']): Stage {
  return {
    ...(takes === undefined ? {} : { takes }),
    push,
    deadline: () => undefined,
    tick: () => [],
    heal: () => [],
    held: () => 0,
  };
}

/** Sends `unit` on as it is. */
export function forward(unit: InFlight): StageOutput {
  return { kind: 'forward', unit };
}

/** `unit` with one more hit. */
export function marked(unit: InFlight, hit: FaultHit, detail = hit.detail): InFlight {
  return { ...unit, hits: [...unit.hits, { ...hit, detail }] };
}
