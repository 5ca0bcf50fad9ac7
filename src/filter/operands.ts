/**
 * What stands on the left of a comparison where it is more than a name: `len(client)`, `abs(skew)`, `client[0:4]`. Each
 * is a field of its own, made from the one inside.
 */
import { toHex } from '../base/bytes.ts';
import { IPV4_MAPPED_OCTETS } from '../base/ipv6.ts';
import type { FilterField, Value, ValueKind } from './fields.ts';
import type { Operand, Word } from './syntax.ts';
import { addressOctets, isNumeric, KIND_TEXT, plainHex } from './values.ts';

/** Why an operand makes no sense, and where. */
export class OperandMistake extends Error {
  override readonly name = 'OperandMistake';
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

interface FunctionOfField {
  readonly help: string;
  /** What it can be asked of. */
  takes(kind: ValueKind): boolean;
  readonly needs: string;
  kind(of: ValueKind): ValueKind;
  apply(values: readonly Value[], kind: ValueKind): readonly Value[];
}

const isWords = (kind: ValueKind): boolean => kind === 'text' || kind === 'name';
/** Words of an enumeration have numbers, too. */
const hasNumbers = (kind: ValueKind): boolean => isNumeric(kind) || kind === 'name';
const numberKind = (of: ValueKind): ValueKind => (of === 'name' ? 'number' : of);
const isText = (kind: ValueKind): boolean => kind === 'text' || kind === 'bytes';
const numbers = (values: readonly Value[]): number[] => values.filter((value) => typeof value === 'number');
const strings = (values: readonly Value[]): string[] => values.filter((value) => typeof value === 'string');
const some = (values: readonly number[], choose: (values: readonly number[]) => number): readonly number[] =>
  values.length === 0 ? [] : [choose(values)];

const FUNCTIONS: Readonly<Record<string, FunctionOfField>> = {
  len: {
    help: 'octets of octets or text',
    takes: isText,
    needs: 'octets or text',
    kind: () => 'number',
    apply: (values, kind) =>
      strings(values).map((value) =>
        kind === 'bytes' ? plainHex(value).length / 2 : new TextEncoder().encode(value).length,
      ),
  },
  count: {
    help: 'how many values there are',
    takes: () => true,
    needs: '',
    kind: () => 'number',
    // A value of an enumeration is there as a number and as a name.
    apply: (values) =>
      values.length === 0 ? [] : [Math.max(strings(values).length, numbers(values).length)],
  },
  upper: {
    help: 'in capitals',
    takes: isWords,
    needs: 'text',
    kind: () => 'text',
    apply: (values) => strings(values).map((value) => value.toUpperCase()),
  },
  lower: {
    help: 'in small letters',
    takes: isWords,
    needs: 'text',
    kind: () => 'text',
    apply: (values) => strings(values).map((value) => value.toLowerCase()),
  },
  abs: {
    help: 'without its sign',
    takes: isNumeric,
    needs: 'a number',
    kind: (of) => of,
    apply: (values) => numbers(values).map(Math.abs),
  },
  max: {
    help: 'the largest value',
    takes: hasNumbers,
    needs: 'a number',
    kind: numberKind,
    apply: (values) => some(numbers(values), (all) => all.reduce((a, b) => Math.max(a, b))),
  },
  min: {
    help: 'the smallest value',
    takes: hasNumbers,
    needs: 'a number',
    kind: numberKind,
    apply: (values) => some(numbers(values), (all) => all.reduce((a, b) => Math.min(a, b))),
  },
};

/** The field that an operand stands for. @throws OperandMistake */
export function fieldOf(operand: Operand, named: (name: Word) => FilterField): FilterField {
  if (operand.kind === 'name') return named(operand.name);
  const inner = fieldOf(operand.of, named);
  return operand.kind === 'call' ? called(operand.function, inner) : sliced(operand.range, inner);
}

/** The name that everything else is made from. */
export function nameOf(operand: Operand): Word {
  return operand.kind === 'name' ? operand.name : nameOf(operand.of);
}

function called({ text, at }: Word, inner: FilterField): FilterField {
  const made = Object.hasOwn(FUNCTIONS, text.toLowerCase()) ? FUNCTIONS[text.toLowerCase()] : undefined;
  if (made === undefined) {
    const known = Object.keys(FUNCTIONS).join(', ');
    throw new OperandMistake(`there is no function "${text}"; there are ${known}`, at);
  }
  if (!made.takes(inner.kind))
    throw new OperandMistake(
      `${text} needs ${made.needs}, and ${inner.name} is ${KIND_TEXT[inner.kind]}`,
      at,
    );
  return {
    name: `${text}(${inner.name})`,
    kind: made.kind(inner.kind),
    help: made.help,
    read: (message, context) => made.apply(inner.read(message, context), inner.kind),
  };
}

/** A stretch `[from, end)` of a value; negative: counted from its end. */
interface Stretch {
  readonly from: number;
  readonly length: number | undefined;
}

/** An address as its octets, of a prefix those of its address. */
function octetsOf(field: FilterField): FilterField {
  return {
    ...field,
    kind: 'bytes',
    read: (message, context) =>
      strings(field.read(message, context)).flatMap((value) => {
        const octets = addressOctets(value.split('/')[0] as string);
        return octets === undefined ? [] : [toHex(octets, value.includes(':') ? 0 : IPV4_MAPPED_OCTETS)];
      }),
  };
}

function sliced(range: Word, field: FilterField): FilterField {
  const inner = field.kind === 'address' ? octetsOf(field) : field;
  if (!isText(inner.kind)) {
    throw new OperandMistake(
      `[${range.text}] needs octets or text, and ${inner.name} is ${KIND_TEXT[inner.kind]}`,
      range.at,
    );
  }
  const stretches = range.text.split(',').map((part) => stretchOf(part.trim(), range));
  const unit = inner.kind === 'bytes' ? 2 : 1;
  return {
    name: `${inner.name}[${range.text}]`,
    kind: inner.kind,
    help: 'a part of it',
    read: (message, context) =>
      strings(inner.read(message, context)).flatMap((value) => {
        const parts = stretches.map((stretch) => cut(unit === 2 ? plainHex(value) : value, stretch, unit));
        return parts.every((part) => part !== undefined) ? [parts.join('')] : [];
      }),
  };
}

/** `2`, `2:4` (length), `2-4` (last one included), `:4`, `2:`, and from the end with a minus. */
function stretchOf(text: string, range: Word): Stretch {
  const [, first, colon, length, , last] = /^(-?\d+)?(?:(:)(\d+)?|(-)(\d+))?$/.exec(text) ?? [];
  if (text === '' || text === ':' || (first === undefined && (colon === undefined || length === undefined)))
    throw new OperandMistake(`[${range.text}]: expected a place such as 0, 0:4, 2-5, :4 or -2:`, range.at);
  const from = Number(first ?? 0);
  if (last !== undefined) {
    if (from < 0 || Number(last) < from)
      throw new OperandMistake(`[${range.text}]: expected the first and the last place, e.g. 2-5`, range.at);
    return { from, length: Number(last) - from + 1 };
  }
  if (colon === undefined) return { from, length: 1 };
  return { from, length: length === undefined ? undefined : Number(length) };
}

/** The part of a value, `undefined` if it is too short for it. */
function cut(value: string, { from, length }: Stretch, unit: number): string | undefined {
  const begin = from < 0 ? value.length + from * unit : from * unit;
  const end = length === undefined ? value.length : begin + length * unit;
  return begin < 0 || begin >= value.length || end > value.length ? undefined : value.slice(begin, end);
}
