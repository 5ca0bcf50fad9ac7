/** Unsigned numbers of one to four octets, with what may be said about them: names, flags, units, epochs. */
import { readU32 } from '../../base/bytes.ts';
import { EPOCH_2000_UNIX_SECONDS } from '../../base/time.ts';
import type { FieldCodec, FieldInput } from '../codec.ts';
import { jsonKey } from '../codec.ts';
import { type JsonBuffer, Piece } from '../json-buffer.ts';
import type { Field } from '../message.ts';
import { isoSecond } from './iso-time.ts';

export type NumberSize = 1 | 2 | 3 | 4;

/** Seconds for ever (RFC 8415 §7.7). */
const INFINITY_SECONDS = 0xffffffff;
/** Ready JSON of an enumeration or flags field is kept for values up to this. */
const CACHED_VALUE_MAX = 1023;

/** Big-endian unsigned number of `size` octets. */
export function readNumber(bytes: Uint8Array, at: number, size: number): number {
  if (size === 4) return readU32(bytes, at);
  let value = 0;
  for (let index = 0; index < size; index++) value = value * 256 + (bytes[at + index] as number);
  return value;
}

/** Its octets, or `undefined` unless it is whole and fits. */
export function numberOctets(value: unknown, size: number): Uint8Array | undefined {
  const number = typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number >= 256 ** size)
    return undefined;
  const octets = new Uint8Array(size);
  let rest = number;
  for (let index = size - 1; index >= 0; index--) {
    octets[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return octets;
}

/** How a plain number is shown beside its value. */
export type NumberDisplay = (value: number) => string;

export const DISPLAYS = {
  seconds: (value) => (value === INFINITY_SECONDS ? 'infinity' : `${value} s`),
  hundredths: (value) => `${(value / 100).toFixed(2)} s`,
  'time-2000': (value) => isoSecond(value + EPOCH_2000_UNIX_SECONDS),
  'time-1970': isoSecond,
} as const satisfies Record<string, NumberDisplay>;

/** A number whose display is only made if somebody looks at it. */
class ShownNumber implements Field {
  readonly name: string;
  readonly value: number;
  readonly start: number;
  readonly end: number;
  private readonly show: (value: number) => string;

  constructor(name: string, value: number, start: number, end: number, show: (value: number) => string) {
    this.name = name;
    this.value = value;
    this.start = start;
    this.end = end;
    this.show = show;
  }

  get display(): string {
    return this.show(this.value);
  }
}

export function numberCodec(name: string, size: NumberSize, display?: NumberDisplay): FieldCodec {
  return {
    name,
    jsonLead: jsonKey(name),
    size,
    minimum: size,
    expects: `a number from 0 to ${256 ** size - 1}`,
    fields(bytes, start, end) {
      const value = readNumber(bytes, start, size);
      return [
        display === undefined
          ? { name, value, start, end }
          : new ShownNumber(name, value, start, end, display),
      ];
    },
    json(out, bytes, start) {
      out.putNumber(readNumber(bytes, start, size));
    },
    encode: (input) => numberOctets(input, size),
  };
}

export type Enumeration = ReadonlyMap<number, string>;

/** A number with a name: companion `NAME-name`, `null` for values that have none. */
export function enumCodec(name: string, size: NumberSize, names: Enumeration): FieldCodec {
  const fields = (value: number, start: number, end: number): Field[] => {
    const known = names.get(value);
    const companion: Field = { name: `${name}-name`, value: known ?? null, start, end, companion: true };
    return [
      known === undefined ? { name, value, start, end } : { name, value, start, end, display: known },
      companion,
    ];
  };
  const write = cachedJson((value) => fields(value, 0, 0).map(memberText).join());
  const writeName = cachedJson((value) => JSON.stringify(names.get(value) ?? `${value}`));
  return {
    name,
    jsonLead: jsonKey(name),
    size,
    minimum: size,
    expects: `a number from 0 to ${256 ** size - 1} or one of ${listed([...names.values()])}`,
    fields: (bytes, start, end) => fields(readNumber(bytes, start, size), start, end),
    json: (out, bytes, start) => write(out, readNumber(bytes, start, size)),
    jsonEntry: {
      value: (out, bytes, start) => out.putNumber(readNumber(bytes, start, size)),
      name: (out, bytes, start) => writeName(out, readNumber(bytes, start, size)),
    },
    encode: (input) => numberOctets(codeOf(names, input) ?? input, size),
  };
}

/** Bit number, 0 being the least significant, to name. */
export type FlagNames = ReadonlyMap<number, string>;

/** A bit field: companions `NAME-names`, from the most significant bit down, and `mbz`, the reserved bits that are set. */
export function flagsCodec(name: string, size: NumberSize, flags: FlagNames): FieldCodec {
  const bits = [...flags].sort(([a], [b]) => b - a);
  const reserved = (value: number): number =>
    bits.reduce((rest, [bit]) => (Math.floor(rest / 2 ** bit) % 2 === 1 ? rest - 2 ** bit : rest), value);
  const fields = (value: number, start: number, end: number): Field[] => {
    const names = bits.filter(([bit]) => Math.floor(value / 2 ** bit) % 2 === 1).map(([, flag]) => flag);
    return [
      { name, value, start, end, ...(names.length > 0 && { display: names.join(', ') }) },
      { name: `${name}-names`, value: names, start, end, companion: true },
      { name: 'mbz', value: reserved(value), start, end, companion: true },
    ];
  };
  const write = cachedJson((value) => fields(value, 0, 0).map(memberText).join());
  const writeName = cachedJson((value) => JSON.stringify(`${fields(value, 0, 0)[1]?.value}`));
  return {
    name,
    jsonLead: jsonKey(name),
    size,
    minimum: size,
    expects: `a number from 0 to ${256 ** size - 1} or a list of ${listed(bits.map(([, flag]) => flag))}`,
    fields: (bytes, start, end) => fields(readNumber(bytes, start, size), start, end),
    json: (out, bytes, start) => write(out, readNumber(bytes, start, size)),
    jsonEntry: {
      value: (out, bytes, start) => out.putNumber(readNumber(bytes, start, size)),
      name: (out, bytes, start) => writeName(out, readNumber(bytes, start, size)),
    },
    encode: (input) => numberOctets(flagBits(flags, input), size),
  };
}

function flagBits(flags: FlagNames, input: FieldInput): unknown {
  const names = typeof input === 'string' && codeOf(flags, input) !== undefined ? [input] : input;
  if (!Array.isArray(names)) return input;
  let value = 0;
  for (const wanted of new Set(names)) {
    const bit = codeOf(flags, wanted);
    if (bit === undefined) return undefined;
    value += 2 ** bit;
  }
  return value;
}

/** The code that has this name, in whatever case. */
export function codeOf(names: ReadonlyMap<number, string>, input: unknown): number | undefined {
  if (typeof input !== 'string') return undefined;
  const wanted = input.toLowerCase();
  for (const [code, name] of names) if (name.toLowerCase() === wanted) return code;
  return undefined;
}

function listed(names: readonly string[]): string {
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 11).join(', ')}, …`;
}

/** A member of an object; of the first one the value alone, because its key is written by whoever knows the field. */
function memberText({ name, value }: Field, index: number): string {
  return index === 0 ? JSON.stringify(value) : `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

/** Writes JSON that follows from one number, keeping it for the next time. */
function cachedJson(textOf: (value: number) => string): (out: JsonBuffer, value: number) => void {
  const ready: (Piece | undefined)[] = [];
  return (out, value) => {
    if (value > CACHED_VALUE_MAX) {
      out.putText(textOf(value));
      return;
    }
    let piece = ready[value];
    if (piece === undefined) {
      piece = new Piece(textOf(value));
      ready[value] = piece;
    }
    out.put(piece);
  };
}
