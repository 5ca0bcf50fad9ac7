/**
 * Comparing values of a field with what the user wrote: numbers, durations, points in time, words, octets, text, and
 * addresses with prefixes. A test is made once, when the filter is compiled.
 */
import { compareBytes, toHex } from '../base/bytes.ts';
import { parseDuration } from '../base/duration.ts';
import { IPV4_MAPPED, type Ipv6Prefix, parseIpv6, parsePrefix, prefixContains } from '../base/ipv6.ts';
import { suggestion } from '../base/nearest.ts';
import { EPOCH_2000_UNIX_SECONDS } from '../base/time.ts';
import type { FilterField, Value, ValueKind } from './fields.ts';
import { compilePattern } from './pattern.ts';
import type { ComparisonOperator, Word } from './syntax.ts';

export type Test = (value: Value) => boolean;

/** Why a value cannot be compared with a field; the caller adds where. */
export class ValueMistake extends Error {
  override readonly name = 'ValueMistake';
}

/** A test of one value. Throws ValueMistake. */
export function comparison(field: FilterField, operator: ComparisonOperator, word: Word): Test {
  if (operator === '==' || operator === '!=') return equality(field, word);
  if (field.kind === 'address') return addressOrder(operator, word);
  if (field.kind === 'bytes') return textOrder(operator, hexOf(word), plainHex);
  if (field.kind === 'text' && word.quoted) return textOrder(operator, word.text, (value) => value);
  if (!isNumeric(field.kind) && !/^[+-]?(\d|0x)/.test(word.text)) {
    throw new ValueMistake(`${operator} needs numbers, and ${field.name} is ${KIND_TEXT[field.kind]}`);
  }
  const limit = numberOf(field, word);
  const holds = ORDER[operator];
  return (value) => typeof value === 'number' && holds(value, limit);
}

/** A test whether one value lies from `from` to `to`, both included. Throws ValueMistake. */
export function range(field: FilterField, from: Word, to: Word): Test {
  const least = comparison(field, '>=', from);
  const most = comparison(field, '<=', to);
  return (value) => least(value) && most(value);
}

export const KIND_TEXT: Readonly<Record<ValueKind, string>> = {
  number: 'a number',
  name: 'a name',
  text: 'text',
  address: 'an address',
  bytes: 'octets in hex',
  seconds: 'a number of seconds such as 2, 250ms or 1h',
  'time-2000': 'a time such as 2024-03-05T09:00:00Z, or seconds since 2000',
  'time-1970': 'a time such as 2024-03-05T09:00:00Z, or seconds since 1970',
  'unix-time': 'a time such as 2024-03-05T09:00:00Z, or seconds since 1970',
};

export function isNumeric(kind: ValueKind): boolean {
  return kind !== 'name' && kind !== 'text' && kind !== 'bytes' && kind !== 'address';
}

type Order = '<' | '<=' | '>' | '>=';

const ORDER: Readonly<Record<Order, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function equality(field: FilterField, word: Word): Test {
  switch (field.kind) {
    case 'name':
      return nameTest(field, word);
    case 'text':
      return (value) => value === word.text;
    case 'bytes': {
      const hex = hexOf(word);
      return (value) => typeof value === 'string' && plainHex(value) === hex;
    }
    case 'address':
      return addressTest(word);
    default: {
      const number = numberOf(field, word);
      return (value) => value === number;
    }
  }
}

function nameTest(field: FilterField, word: Word): Test {
  if (!word.quoted && /^(\d+|0x[\da-f]+)$/i.test(word.text)) {
    const number = Number(word.text);
    return (value) => value === number;
  }
  const wanted = word.text.toLowerCase();
  const codes = field.words?.get(wanted);
  if (field.words !== undefined && codes === undefined) {
    const known = [...field.words.keys()].map((name) => name.toUpperCase());
    throw new ValueMistake(`${field.name} is never "${word.text}"${suggestion(wanted, known)}`);
  }
  return (value) =>
    typeof value === 'string' ? value.toLowerCase() === wanted : (codes?.includes(value) ?? false);
}

/** The number that a word stands for, in the unit of the field. */
function numberOf(field: FilterField, word: Word): number {
  const { text } = word;
  const seconds = field.kind.includes('time') ? unixSecondsOf(text) : undefined;
  if (seconds !== undefined) return field.kind === 'time-2000' ? seconds - EPOCH_2000_UNIX_SECONDS : seconds;
  if (field.name === 'xid' && /^x[\da-f]{1,6}$/i.test(text)) return Number.parseInt(text.slice(1), 16);
  if (/^(0x[\da-f]+|0b[01]+|[+-]?\d+(\.\d+)?(e\d+)?)$/i.test(text)) return Number(text);
  const duration = field.kind === 'seconds' ? parseDuration(text) : undefined;
  if (duration !== undefined) return duration;
  throw new ValueMistake(`expected ${KIND_TEXT[field.kind]}, found "${text}"`);
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;

/** Unix seconds of a date with or without a time of day, in UTC unless it says otherwise. */
function unixSecondsOf(text: string): number | undefined {
  const [, day, clock = '00:00', fraction = '0', zone = 'Z'] = DATE.exec(text) ?? [];
  if (day === undefined) return undefined;
  const offset = /^utc$/i.test(zone) ? 'Z' : zone.replace(/^(.\d\d)(\d\d)$/, '$1:$2');
  const millis = Date.parse(`${day}T${clock}${offset}`);
  return Number.isNaN(millis) ? undefined : Math.round(millis * 1000 + Number(fraction) * 1e6) / 1e6;
}

const DOTTED_OCTETS = /^[\da-f]{2}(\.[\da-f]{2})+$/;

/** Octets in hex, a single digit for a single octet, too; what is quoted and no hex stands for the octets of its characters. */
function hexOf(word: Word): string {
  const text = word.text.toLowerCase().replace(/^0x/, '');
  const plain = plainHex(DOTTED_OCTETS.test(text) ? text.replaceAll('.', '') : text);
  const hex = /^[\da-f]$/.test(plain) && !word.quoted ? `0${plain}` : plain;
  if (/^([\da-f]{2})*$/.test(hex)) return hex;
  if (!word.quoted) throw new ValueMistake(`expected octets in hex, found "${word.text}"`);
  return toHex(new TextEncoder().encode(word.text));
}

export function plainHex(text: string): string {
  return text.includes(':') || text.includes('-') ? text.replace(/[:-]/g, '') : text;
}

/** Octets of an IPv4 or IPv6 address, IPv4 as an IPv4-mapped IPv6 address, so that one comparison fits both. */
export function addressOctets(text: string): Uint8Array | undefined {
  return parseIpv6(text.includes(':') ? text : `${IPV4_MAPPED}${text}`);
}

function prefixOf(text: string): Ipv6Prefix | undefined {
  if (text.includes(':')) return parsePrefix(text);
  const [address = '', length = ''] = text.split('/');
  const octets = addressOctets(address);
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : Number.NaN;
  return octets !== undefined && bits <= 32 ? { address: octets, length: 96 + bits } : undefined;
}

/** The same address, or inside the prefix; a prefix lease is inside a prefix that is not longer than its own. */
function addressTest(word: Word): Test {
  const prefix = word.text.includes('/') ? prefixOf(word.text) : undefined;
  const octets = prefix === undefined ? addressOctets(word.text) : undefined;
  if (prefix !== undefined) {
    return (value) => {
      if (typeof value !== 'string') return false;
      const own = value.includes('/') ? prefixOf(value) : undefined;
      const address = own?.address ?? addressOctets(value);
      return (
        address !== undefined && (own?.length ?? 128) >= prefix.length && prefixContains(prefix, address)
      );
    };
  }
  if (octets === undefined) {
    throw new ValueMistake(`expected an address or a prefix such as 2001:db8::/48, found "${word.text}"`);
  }
  const whole: Ipv6Prefix = { address: octets, length: 128 };
  return (value) => {
    const address = typeof value === 'string' ? addressOctets(value.split('/')[0] as string) : undefined;
    return address !== undefined && prefixContains(whole, address);
  };
}

function addressOrder(operator: Order, word: Word): Test {
  const limit = addressOctets(word.text);
  if (limit === undefined) throw new ValueMistake(`expected an address, found "${word.text}"`);
  const holds = ORDER[operator];
  return (value) => {
    const address = typeof value === 'string' ? addressOctets(value.split('/')[0] as string) : undefined;
    return address !== undefined && holds(compareBytes(address, limit), 0);
  };
}

/** By the first octet or character that differs; what is only longer comes behind. */
function textOrder(operator: Order, limit: string, written: (value: string) => string): Test {
  const holds = ORDER[operator];
  return (value) => {
    if (typeof value !== 'string') return false;
    const text = written(value);
    return holds(text < limit ? -1 : Number(text > limit), 0);
  };
}

/** Why a field cannot be searched with `contains` or `matches`, as in Wireshark: only text, names and octets can. */
export function searchRefusal(field: FilterField, verb: 'contains' | 'matches'): string | undefined {
  if (field.kind === 'text' || field.kind === 'name' || field.kind === 'bytes') return undefined;
  const instead = field.kind === 'address' ? 'in with a prefix' : '==, < or in';
  return `${verb} needs text or octets, and ${field.name} is ${KIND_TEXT[field.kind]}; use ${instead}`;
}

/** `contains`: octets inside octets, text inside text. Throws ValueMistake. */
export function containing(field: FilterField, word: Word): Test {
  if (field.kind === 'bytes') {
    const hex = hexOf(word);
    return (value) => typeof value === 'string' && isAtOctet(plainHex(value), hex);
  }
  return (value) => `${value}`.includes(word.text);
}

/** Whether two values of fields stand to each other as said; `undefined` if the fields cannot be compared. */
export function comparisonOfFields(
  a: FilterField,
  operator: ComparisonOperator,
  b: FilterField,
): ((one: Value, other: Value) => boolean) | undefined {
  const holds = operator === '!=' || operator === '==' ? SAME : ORDER[operator];
  if (a.kind === 'address' && b.kind === 'address') {
    return (one, other) => {
      const octets = typeof one === 'string' ? addressOctets(one.split('/')[0] as string) : undefined;
      const others = typeof other === 'string' ? addressOctets(other.split('/')[0] as string) : undefined;
      return octets !== undefined && others !== undefined && holds(compareBytes(octets, others), 0);
    };
  }
  if (!isNumeric(a.kind) || !isNumeric(b.kind) || a.kind.includes('time') !== b.kind.includes('time'))
    return undefined;
  const [ownEpoch, otherEpoch] = [epochOf(a.kind), epochOf(b.kind)];
  return (one, other) =>
    typeof one === 'number' && typeof other === 'number' && holds(one + ownEpoch, other + otherEpoch);
}

const SAME = (a: number, b: number): boolean => a === b;

function epochOf(kind: ValueKind): number {
  return kind === 'time-2000' ? EPOCH_2000_UNIX_SECONDS : 0;
}

function isAtOctet(hex: string, wanted: string): boolean {
  for (let at = hex.indexOf(wanted); at >= 0; at = hex.indexOf(wanted, at + 1)) if (at % 2 === 0) return true;
  return false;
}

/**
 * `matches`: a regular expression, without regard to case, as Wireshark has it. Octets are characters of Latin-1 to it.
 * Throws ValueMistake.
 */
export function matching(field: FilterField, word: Word): Test {
  const pattern = compilePattern(word.pattern ?? word.text);
  if (typeof pattern !== 'function')
    throw new ValueMistake(`"${word.text}" is not a regular expression: ${pattern.why}`);
  if (field.kind !== 'bytes') return (value) => pattern(`${value}`);
  return (value) => typeof value === 'string' && pattern(latin1Of(plainHex(value)));
}

function latin1Of(hex: string): string {
  return hex.replace(/../g, (octet) => String.fromCharCode(Number.parseInt(octet, 16)));
}
