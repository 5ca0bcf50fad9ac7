/**
 * A fault as data: which messages it chooses, when, how often, and what it does to them. A spec says nothing about
 * sockets or stages, goes through JSON and YAML unchanged, and can describe itself in one sentence. The actions
 * themselves, with their parameters and stages, are one file each in this folder and listed in kinds.ts.
 */

/** The primary always opens the connection (RFC 8156 §6.1), so `p>s` is what the dialler sends. */
export type FaultDirection = 'p>s' | 's>p' | 'both';

export const DIRECTIONS: readonly FaultDirection[] = ['p>s', 's>p', 'both'];

export function directionOf(value: unknown): FaultDirection | undefined {
  return DIRECTIONS.find((direction) => direction === value);
}

/** Values of an action's parameters; times and durations are given in seconds. */
export type ParameterValue = number | string | boolean | readonly ParameterValue[] | ParameterRecord;
export interface ParameterRecord {
  readonly [name: string]: ParameterValue;
}

/** Who must be in which state, as last announced on the wire (RFC 8156 §5.5.16 names). */
export interface StateCondition {
  readonly who: 'primary' | 'secondary';
  readonly state: string;
}

export interface FaultSpec {
  /** The action, a verb: a name of kinds.ts. */
  readonly do: string;
  readonly parameters: ParameterRecord;
  /** Absent: `F1`, `F2`, … are given when the fault is armed. */
  readonly id?: string;
  /** The relationship that it acts in; absent: the only one, or each of those that there are when it is armed. */
  readonly relationship?: string;
  readonly direction: FaultDirection;
  /** Message names of RFC 8156; absent: all messages. */
  readonly types?: readonly string[];
  /** Display filter that a message must match. */
  readonly when?: string;
  readonly while?: StateCondition;
  /** Begin with the nth message that matches everything above, counted from 1. */
  readonly nth?: number;
  /** From there on only every nth. */
  readonly every?: number;
  /** At most this many times. */
  readonly times?: number;
  /** Chance of each message that got this far, 0 to 1. */
  readonly probability?: number;
  /** Seconds after arming from which the fault acts. */
  readonly after?: number;
  /** Seconds after arming at which it ends. */
  readonly until?: number;
  /** Seconds from its beginning (arming, or `after`) to its end: it heals itself. */
  readonly duration?: number;
  /** Of its random decisions; absent: drawn when the fault is armed, and told. */
  readonly seed?: number;
}

/** What an object says of a fault besides its action and the action's parameters. */
export const CONDITION_KEYS = [
  'id',
  'relationship',
  'direction',
  'types',
  'when',
  'while',
  'nth',
  'every',
  'times',
  'probability',
  'seed',
  'after',
  'until',
  'duration',
] as const;

/** What a line calls otherwise than an object, so that it reads as a sentence. */
export const WORDS_OF_LINES = { when: 'where', duration: 'for' } as const;

/** `true` if the fault is about particular messages, not about a connection or a moment. */
export function choosesMessages(spec: FaultSpec): boolean {
  return (
    spec.types !== undefined ||
    spec.when !== undefined ||
    spec.nth !== undefined ||
    spec.every !== undefined ||
    spec.times !== undefined ||
    spec.probability !== undefined
  );
}

const DIRECTION_TEXT: Readonly<Record<FaultDirection, string>> = {
  'p>s': 'from the primary to the secondary',
  's>p': 'from the secondary to the primary',
  both: 'in both directions',
};

/**
 * One sentence for people, e.g. `drops BNDREPLY from the secondary to the primary where lease in 2001:db8::/64, from
 * the 3rd on, 2 times`. `action` is the verb phrase of the action with its parameters, e.g. `drops`.
 */
export function describeWith(action: string, spec: FaultSpec): string {
  const parts = [`${action} ${DIRECTION_TEXT[spec.direction]}`];
  if (spec.relationship !== undefined) parts.push(` of ${spec.relationship}`);
  if (spec.when !== undefined) parts.push(` where ${spec.when}`);
  if (spec.while !== undefined) parts.push(` while the ${spec.while.who} is ${spec.while.state}`);
  const limits = [...countLimits(spec), ...timeLimits(spec)];
  return parts.join('') + limits.map((limit) => `, ${limit}`).join('');
}

/** What the sentence acts on: the named messages, or all. */
export function subjectOf(spec: FaultSpec): string {
  return spec.types === undefined ? 'every message' : spec.types.join(' and ');
}

function countLimits(spec: FaultSpec): string[] {
  const limits: string[] = [];
  if (spec.nth !== undefined) limits.push(`from the ${ordinal(spec.nth)} on`);
  if (spec.every !== undefined && spec.every > 1) limits.push(`every ${ordinal(spec.every)}`);
  if (spec.probability !== undefined) limits.push(`with probability ${spec.probability}`);
  if (spec.times !== undefined) limits.push(spec.times === 1 ? 'once' : `${spec.times} times`);
  return limits;
}

function timeLimits(spec: FaultSpec): string[] {
  const limits: string[] = [];
  if (spec.after !== undefined) limits.push(`after ${spec.after} s`);
  if (spec.until !== undefined) limits.push(`until ${spec.until} s after it was armed`);
  if (spec.duration !== undefined) limits.push(`for ${spec.duration} s`);
  return limits;
}

function ordinal(count: number): string {
  const teens = count % 100 >= 11 && count % 100 <= 13;
  const suffix = teens ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${suffix}`;
}
