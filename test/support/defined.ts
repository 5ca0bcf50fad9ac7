/**
 * Generators of messages from the definitions of the dissectors: every option, with octets of the types that its fields
 * say, made without our encoder. Values are such as anybody may send; what is malformed is made elsewhere.
 */
import fc from 'fast-check';
import { concatBytes } from '../../src/base/bytes.ts';
import type { FieldDefinition, OptionDefinition, ProtocolDefinition } from '../../src/dissect/definition.ts';
import { loadDissectors } from '../../src/dissect/load.ts';

type Octets = fc.Arbitrary<Uint8Array>;

const octets = (minLength: number, maxLength = minLength): Octets => fc.uint8Array({ minLength, maxLength });
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/).map((text) => new TextEncoder().encode(text));
const withLength = (inner: Octets, size: 1 | 2): Octets =>
  inner.map((bytes) => concatBytes([Uint8Array.of(...(size === 1 ? [] : [0]), bytes.length), bytes]));
const join = (parts: readonly Octets[]): Octets => fc.tuple(...parts).map(concatBytes);
const several = (one: Octets): Octets => fc.array(one, { minLength: 1, maxLength: 3 }).map(concatBytes);
const domainName = join([several(withLength(word, 1)), fc.constant(Uint8Array.of(0))]);
const duid = fc.oneof(
  join([fc.constant(Uint8Array.of(0, 1, 0, 1)), octets(4), octets(6)]),
  join([fc.constant(Uint8Array.of(0, 2)), octets(4), octets(2, 12)]),
  join([fc.constant(Uint8Array.of(0, 3, 0, 1)), octets(6)]),
  join([fc.constant(Uint8Array.of(0, 4)), octets(16)]),
);
/** An enterprise that nobody has options for, and one option of it. */
const vendorOption = join([octets(2), withLength(octets(0, 8), 2)]);

const { definition: DHCPV6 } = loadDissectors().protocols.get('dhcpv6') as { definition: ProtocolDefinition };

function number(field: FieldDefinition, size: number): Octets {
  if (field.name === 'enterprise-number') return fc.constant(Uint8Array.of(0, 0, 0x7e, 0xd9));
  if (field.name === 'prefix-len') return fc.integer({ min: 0, max: 128 }).map((bits) => Uint8Array.of(bits));
  const names = field.enum === undefined ? undefined : DHCPV6.enums.get(field.enum);
  if (names === undefined) return octets(size);
  return fc.constantFrom(...names.keys()).map((code) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, code);
    return bytes.slice(4 - size);
  });
}

const SIZES: Readonly<Record<string, number>> = {
  u8: 1,
  u16: 2,
  u24: 3,
  u32: 4,
  'time-2000': 4,
  'time-1970': 4,
};

function contents(field: FieldDefinition): Octets {
  const { type, length } = field;
  const size = SIZES[type];
  if (size !== undefined) return number(field, size);
  switch (type) {
    case 'ipv4':
      return octets(4);
    case 'ipv6':
      return octets(16);
    case 'short-prefix':
      return fc
        .integer({ min: 0, max: 16 })
        .chain((whole) => join([fc.constant(Uint8Array.of(8 * whole)), octets(whole)]));
    case 'text':
      return word;
    case 'domain-name':
      return domainName;
    case 'domain-names':
      return several(domainName);
    case 'duid':
      return duid;
    case 'vss':
      return join([fc.constant(Uint8Array.of(0)), word]);
    case 'counted-bytes':
      return withLength(octets(1, 8), 2);
    case 'counted-text':
      return withLength(word, 2);
    case 'short-text':
      return withLength(word, 1);
    case 'preference':
      return octets(2);
    case 'subnet-id':
      return octets(1);
    case 'vendor-options':
      return several(vendorOption);
    case 'message':
      return message(fc.constantFrom(...LEAVES), 1);
    default:
      return length === undefined ? octets(1, 12) : octets(length);
  }
}

function option(definition: OptionDefinition): Octets {
  const fields = definition.fields.map((field) => {
    const all = field.repeat === true ? several(contents(field)) : contents(field);
    return field.counted === undefined ? all : withLength(all, field.counted === 'u8' ? 1 : 2);
  });
  const inside =
    definition.encapsulates === undefined
      ? []
      : [fc.array(fc.constantFrom(...insideOf(definition)).chain(option), { maxLength: 2 }).map(concatBytes)];
  const all = join([...fields, ...inside]);
  return all.map((bytes) => {
    const { code } = definition;
    return concatBytes([Uint8Array.of(code >> 8, code & 255, bytes.length >> 8, bytes.length & 255), bytes]);
  });
}

/** What may stand in an option that holds others: small ones, or those of its own space. */
function insideOf({ name, encapsulates }: OptionDefinition): readonly OptionDefinition[] {
  const space = DHCPV6.spaces.find((one) => one.name === encapsulates);
  if (space !== undefined) return space.options.filter((one) => one.encapsulates === undefined);
  const lease = name === 'OPTION_IA_PD' ? 'OPTION_IAPREFIX' : 'OPTION_IAADDR';
  return DHCPV6.options.filter(
    (one) => one.name === 'OPTION_STATUS_CODE' || (one.name === lease && name !== lease),
  );
}

const LEAVES = DHCPV6.options.filter(
  ({ encapsulates, fields }) => encapsulates === undefined && !fields.some(({ type }) => type === 'message'),
);

/** A REPLY with up to `count` of these options. */
function message(options: fc.Arbitrary<OptionDefinition>, count: number): Octets {
  const some = fc.array(options.chain(option), { minLength: 1, maxLength: count }).map(concatBytes);
  return join([fc.constant(Uint8Array.of(7)), octets(3), some]);
}

/** The names of all options of the protocol. */
export const OPTION_NAMES: readonly string[] = DHCPV6.options.map(({ name }) => name);

/** DHCPv6 messages; each of the options comes first in some of them. */
export function clientMessages(rounds: number): fc.Arbitrary<Uint8Array[]> {
  const any = fc.constantFrom(...DHCPV6.options);
  const each = DHCPV6.options.flatMap((definition) =>
    Array.from({ length: rounds }, () =>
      join([
        fc.constant(Uint8Array.of(7)),
        octets(3),
        option(definition),
        message(any, 3).map((bytes) => bytes.slice(4)),
      ]),
    ),
  );
  return fc.tuple(...each);
}
