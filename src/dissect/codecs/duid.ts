/**
 * DUIDs (RFC 8415 §11, RFC 6355): all octets as `DUID` and the parts that the type has. A DUID is an opaque value to
 * everybody but its owner, so a part that does not fit is a problem, yet the octets stay.
 */
import { fromHex, readU16, readU32, toColonHex, toHex } from '../../base/bytes.ts';
import { EPOCH_2000_UNIX_SECONDS } from '../../base/time.ts';
import type { FieldCodec } from '../codec.ts';
import { jsonKey, QUOTE } from '../codec.ts';
import { type JsonBuffer, Piece } from '../json-buffer.ts';
import type { Field } from '../message.ts';
import { isoSecond } from './iso-time.ts';
import { uuidText } from './octets.ts';

const LLT = 1;
const EN = 2;
const LL = 3;
const UUID = 4;
const TYPE_NAMES: readonly (string | undefined)[] = [
  undefined,
  'DUID-LLT',
  'DUID-EN',
  'DUID-LL',
  'DUID-UUID',
];
/** Fewest octets, type code included. */
const MINIMUM: readonly number[] = [2, 8, 6, 4, 18];

/** A type with nothing behind it is read, although RFC 8415 §11.1 wants an octet there: the type is known then. */
const DUID_OCTETS_MIN = 2;
/** Type code and at most 128 octets (RFC 8415 §11.1). */
const DUID_OCTETS_MAX = 130;

/** Parts of a DUID, named as in RFC 8415; none if it is too short for its type. */
function parts(bytes: Uint8Array, start: number, end: number): Field[] {
  if (end - start < DUID_OCTETS_MIN) return [];
  const type = readU16(bytes, start);
  const typeName = TYPE_NAMES[type] ?? null;
  const head: Field[] = [
    part('duid-type', type, start, start + 2, typeName ?? undefined),
    part('duid-type-name', typeName, start, start + 2),
  ];
  if (end - start < (MINIMUM[type] ?? DUID_OCTETS_MIN)) return head;
  return [...head, ...typeParts(type, bytes, start, end)];
}

function typeParts(type: number, bytes: Uint8Array, start: number, end: number): Field[] {
  switch (type) {
    case LLT:
      return [
        part('hardware-type', readU16(bytes, start + 2), start + 2, start + 4),
        part(
          'time',
          readU32(bytes, start + 4),
          start + 4,
          start + 8,
          isoSecond(readU32(bytes, start + 4) + EPOCH_2000_UNIX_SECONDS),
        ),
        part('link-layer-address', toColonHex(bytes, start + 8, end), start + 8, end),
      ];
    case EN:
      return [
        part('enterprise-number', readU32(bytes, start + 2), start + 2, start + 6),
        part('identifier', toHex(bytes, start + 6, end), start + 6, end),
      ];
    case LL:
      return [
        part('hardware-type', readU16(bytes, start + 2), start + 2, start + 4),
        part('link-layer-address', toColonHex(bytes, start + 4, end), start + 4, end),
      ];
    case UUID:
      return end - start === 18 ? [part('uuid', uuidText(bytes, start + 2), start + 2, end)] : [];
    default:
      return [part('data', toHex(bytes, start + 2, end), start + 2, end)];
  }
}

function part(
  name: string,
  value: number | string | null,
  start: number,
  end: number,
  display?: string,
): Field {
  return display === undefined
    ? { name, value, start, end, companion: true }
    : { name, value, start, end, display, companion: true };
}

function problem(bytes: Uint8Array, start: number, end: number): string | undefined {
  const octets = end - start;
  if (octets < DUID_OCTETS_MIN) return `DUID of ${octets} octets has no type`;
  if (octets > DUID_OCTETS_MAX) return `DUID of ${octets} octets, more than ${DUID_OCTETS_MAX}`;
  const type = readU16(bytes, start);
  const minimum = MINIMUM[type] ?? DUID_OCTETS_MIN;
  if (octets < minimum) return `${TYPE_NAMES[type]} of ${octets} octets is shorter than ${minimum}`;
  if (type === UUID && octets !== 18) return `DUID-UUID of ${octets} octets is not 18`;
  return undefined;
}

const TYPE_LEAD = jsonKey('duid-type');
/** Type and name of the types that have one, and the key of what follows. */
const HEADS = [undefined, 'hardware-type', 'enterprise-number', 'hardware-type', 'uuid'].map(
  (next, type) =>
    new Piece(`${type},"duid-type-name":${JSON.stringify(TYPE_NAMES[type] ?? null)},"${next}":`),
);
const NO_NAME = new Piece(',"duid-type-name":null,"data":"');
const TIME = new Piece(',"time":');
const LINK_LAYER = new Piece(',"link-layer-address":"');
const IDENTIFIER = new Piece(',"identifier":"');

/** Writes what follows `"duid-type":` in the JSON of the parts. */
function putParts(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void {
  const type = readU16(bytes, start);
  if (type < LLT || type > UUID) {
    out.putNumber(type);
    out.put(NO_NAME);
    out.putHex(bytes, start + 2, end);
    out.putCode(QUOTE);
    return;
  }
  out.put(HEADS[type] as Piece);
  if (type === UUID) {
    out.putCode(QUOTE);
    out.putText(uuidText(bytes, start + 2));
  } else if (type === EN) {
    out.putNumber(readU32(bytes, start + 2));
    out.put(IDENTIFIER);
    out.putHex(bytes, start + 6, end);
  } else {
    out.putNumber(readU16(bytes, start + 2));
    if (type === LLT) {
      out.put(TIME);
      out.putNumber(readU32(bytes, start + 4));
    }
    out.put(LINK_LAYER);
    out.putColonHex(bytes, start + (type === LLT ? 8 : 4), end);
  }
  out.putCode(QUOTE);
}

/** A DUID, all that is left. `name` names the whole; RFC 8415 calls it `DUID`. */
export function duidCodec(name: string): FieldCodec {
  const whole = new Piece(`,${JSON.stringify(name)}:"`);
  return {
    name,
    jsonLead: TYPE_LEAD,
    size: undefined,
    minimum: DUID_OCTETS_MIN,
    expects: 'the octets of a DUID in hex',
    problem,
    fields: (bytes, start, end) => [
      ...parts(bytes, start, end),
      { name, value: toHex(bytes, start, end), start, end },
    ],
    json(out, bytes, start, end) {
      putParts(out, bytes, start, end);
      out.put(whole);
      out.putHex(bytes, start, end);
      out.putCode(QUOTE);
    },
    encode: (input) => (typeof input === 'string' ? fromHex(input) : undefined),
  };
}
