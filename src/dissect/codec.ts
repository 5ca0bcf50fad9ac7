/**
 * What every field type can do with octets: say how many it takes, judge them, name them for the tree, write them as
 * JSON and make them from a person's value. The types themselves are in codecs/; nothing here knows one of them.
 */
import type { JsonBuffer } from './json-buffer.ts';
import type { Field, FieldValue } from './message.ts';

/** A value that somebody typed or a YAML file holds, before it is octets. */
export type FieldInput = FieldValue | Readonly<Record<string, unknown>>;

export interface FieldCodec {
  readonly name: string;
  /** Octets it always takes; `undefined`: `extent` says, or all that is left. */
  readonly size: number | undefined;
  /** Fewest octets that can be right. */
  readonly minimum: number;
  /** What it accepts, for error messages: `a number from 0 to 255`. */
  readonly expects: string;
  /** Self-delimiting types only: octets it takes at `start`, or -1 if they do not fit before `end`. */
  extent?(bytes: Uint8Array, start: number, end: number): number;
  /**
   * What is wrong with octets of the right size, as a clause; absent if nothing can be. `around`: where a prefix stands in the
   * option around, its length and then its address; -1 if it has none; absent if whoever asks does not know.
   */
  problem?(bytes: Uint8Array, start: number, end: number, around?: number): string | undefined;
  /** The field and its companions. Must not throw, whatever the octets are. */
  fields(bytes: Uint8Array, start: number, end: number, around?: number): Field[];
  /** What JSON of the field begins with: the key of its first member, `"name":`. */
  readonly jsonLead: string;
  /** The rest of the JSON of the field and its companions. Called only for octets without a problem. */
  json(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void;
  /** What lists show of each entry, where that is not what `json` writes: its value alone, and its name as a string. */
  readonly jsonEntry?: {
    value(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void;
    name(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void;
  };
  /** Octets of a value, or `undefined` if the type cannot hold it. */
  encode(input: FieldInput): Uint8Array | undefined;
  /** Types that show several members of equal rank: octets of all of them together. */
  encodeMembers?(members: ReadonlyMap<string, unknown>): Uint8Array | undefined;
}

/** `"name":` */
export function jsonKey(name: string): string {
  return `${JSON.stringify(name)}:`;
}

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const CLOSE_BRACE = 0x7d;
