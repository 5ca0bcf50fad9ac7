/**
 * Plain data of one dissector file to its definition. Everything that one file can get wrong is refused here, with
 * its place; `compile.ts` refuses what only shows when all files are together.
 */
import { fromHex } from '../base/bytes.ts';
import type { Locate } from './checked.ts';
import { Checked } from './checked.ts';
import type {
  Definition,
  DialectDefinition,
  ExampleDefinition,
  FieldDefinition,
  FieldType,
  FramingDefinition,
  MessageDefinition,
  Names,
  OptionDefinition,
  ProtocolDefinition,
  SpaceDefinition,
  VendorDefinition,
} from './definition.ts';
import { COUNTS, FIELD_TYPES, ROLES, UNITS } from './definition.ts';
import { SELF_DELIMITING, SIZES } from './field-sizes.ts';

/** Version of the file format that this reader knows. */
export const FORMAT = 1;

const PROTOCOL_KEYS = [
  ...[
    'format',
    'protocol',
    'title',
    'reference',
    'framing',
    'enums',
    'headers',
    'unknown-header',
    'messages',
  ],
  ...['imports', 'options', 'spaces', 'dialects'],
];
const VENDOR_KEYS = ['format', 'enterprise', 'title', 'reference', 'enums', 'options', 'spaces'];
/** The enumeration whose names are those of options. */
const OPTION_CODES = 'option-code';
const CODE_MAX = 0xffff;
const ENTERPRISE_MAX = 0xffffffff;

/** Throws InputError for data that is no dissector. */
export function parseDefinition(data: unknown, locate: Locate): Definition {
  const top = new Checked(data, locate);
  const keys = top.entries();
  if (keys.size === 0) top.expected('a dissector: a mapping with the keys format and protocol or enterprise');
  const format = top.need(keys, 'format');
  if (format.value !== FORMAT) format.expected(`${FORMAT}, the format that this version reads`);
  return keys.has('enterprise') ? parseVendor(top) : parseProtocol(top);
}

function parseProtocol(top: Checked): ProtocolDefinition {
  const map = top.map(PROTOCOL_KEYS);
  const headers = new Map<string, readonly FieldDefinition[]>();
  for (const [name, fields] of section(map, 'headers')) headers.set(name, fields.list().map(parseField));
  const framing = map.get('framing');
  const given = parseEnums(map);
  const options = parseOptions(map.get('options'), given);
  return {
    kind: 'protocol',
    protocol: top.need(map, 'protocol').text(),
    title: top.need(map, 'title').text(),
    reference: top.need(map, 'reference').text(),
    ...(framing !== undefined && { framing: parseFraming(framing) }),
    enums: withOptionCodes(given, options),
    headers,
    unknownHeader: top.need(map, 'unknown-header').text(),
    messages: [...section(map, 'messages')].map(([code, message]) => parseMessage(code, message)),
    imports: [...section(map, 'imports')].map(([from, codes]) => ({ from, codes: parseCodes(codes) })),
    options,
    spaces: parseSpaces(map, given),
    dialects: [...section(map, 'dialects')].map(([name, dialect]) => parseDialect(name, dialect, given)),
  };
}

/** An enumeration of option codes knows the options that its file defines, and those of other files by name. */
function withOptionCodes(
  enums: ReadonlyMap<string, Names>,
  options: readonly OptionDefinition[],
): ReadonlyMap<string, Names> {
  const others = enums.get(OPTION_CODES);
  if (others === undefined) return enums;
  const all = [...others, ...options.map(({ code, name }) => [code, name] as const)];
  return new Map([...enums, [OPTION_CODES, new Map(all.sort(([a], [b]) => a - b))]]);
}

function parseVendor(top: Checked): VendorDefinition {
  const map = top.map(VENDOR_KEYS);
  const enums = parseEnums(map);
  return {
    kind: 'vendor',
    enterprise: top.need(map, 'enterprise').number(0, ENTERPRISE_MAX),
    title: top.need(map, 'title').text(),
    reference: top.need(map, 'reference').text(),
    enums,
    options: parseOptions(map.get('options'), enums),
    spaces: parseSpaces(map, enums),
  };
}

function section(map: ReadonlyMap<string, Checked>, key: string): ReadonlyMap<string, Checked> {
  return map.get(key)?.entries() ?? new Map();
}

function parseEnums(map: ReadonlyMap<string, Checked>): ReadonlyMap<string, Names> {
  return new Map(
    [...section(map, 'enums')].map(([name, names]) => [name, parseNames(names, ENTERPRISE_MAX)]),
  );
}

function parseNames(names: Checked, codeMax: number): Names {
  const parsed = new Map<number, string>();
  for (const [code, name] of names.entries()) {
    if (!/^\d+$/.test(code) || Number(code) > codeMax)
      name.refuse(`expected a number from 0 to ${codeMax} as key`);
    parsed.set(Number(code), name.text('a name'));
  }
  return parsed;
}

function parseFraming(framing: Checked): FramingDefinition {
  const map = framing.map(['counts', 'minimum', 'maximum']);
  return {
    counts: framing.need(map, 'counts').oneOf(['message', 'message-and-prefix']),
    minimum: framing.need(map, 'minimum').number(0, CODE_MAX),
    maximum: framing.need(map, 'maximum').number(0, CODE_MAX),
  };
}

function parseCodes(codes: Checked): readonly number[] | 'all' {
  if (codes.value === 'all') return 'all';
  return codes.list().map((code) => code.number(0, CODE_MAX));
}

function codeOf(key: string, entry: Checked, maximum: number): number {
  const code = Number(key);
  if (!/^\d+$/.test(key) || code > maximum) entry.refuse(`expected a code from 0 to ${maximum} as key`);
  return code;
}

function parseMessage(key: string, message: Checked): MessageDefinition {
  const map = message.map(['name', 'header', 'section', 'examples']);
  return {
    code: codeOf(key, message, 255),
    name: message.need(map, 'name').text(),
    ...(map.has('section') && { section: message.need(map, 'section').text() }),
    header: message.need(map, 'header').text(),
    examples: parseExamples(map.get('examples')),
  };
}

function parseSpaces(
  map: ReadonlyMap<string, Checked>,
  enums: ReadonlyMap<string, Names>,
): readonly SpaceDefinition[] {
  return [...section(map, 'spaces')].map(([name, space]) => {
    return { name, options: parseOptions(space.map(['options']).get('options'), enums) };
  });
}

function parseDialect(name: string, dialect: Checked, enums: ReadonlyMap<string, Names>): DialectDefinition {
  const map = dialect.map(['epoch', 'options-offset', 'messages', 'options', 'without']);
  const epoch = map.get('epoch');
  if (epoch !== undefined && epoch.value !== 1970) epoch.expected('1970');
  return {
    name,
    ...(epoch !== undefined && { epoch: 1970 }),
    ...(map.has('options-offset') && {
      optionsOffset: dialect.need(map, 'options-offset').number(0, 255),
    }),
    messages: [...section(map, 'messages')].map(([code, message]) => parseMessage(code, message)),
    options: parseOptions(map.get('options'), enums),
    without:
      map
        .get('without')
        ?.list()
        .map((code) => code.number(0, CODE_MAX)) ?? [],
  };
}

function parseOptions(
  options: Checked | undefined,
  enums: ReadonlyMap<string, Names>,
): readonly OptionDefinition[] {
  return [...(options?.entries() ?? [])].map(([key, option]) => parseOption(key, option, enums));
}

function parseOption(key: string, option: Checked, enums: ReadonlyMap<string, Names>): OptionDefinition {
  const map = option.map(['name', 'section', 'fields', 'encapsulates', 'examples']);
  const fields = (map.get('fields')?.list() ?? []).map(parseField);
  const encapsulates = map.get('encapsulates');
  fields.forEach((field, index) => {
    const place = (map.get('fields') as Checked).list()[index] as Checked;
    if (field.enum !== undefined && !enums.has(field.enum)) {
      place.refuse(`enum ${field.enum} is not defined; expected one of ${[...enums.keys()].join(', ')}`);
    }
    const [before, next] = [fields[index - 1], fields[index + 1]];
    if (field.type === 'subnet-id' && before?.type !== 'u8')
      place.refuse('subnet-id needs a u8 before it, the length of the longer prefix');
    if (field.optional === true && next !== undefined && next.optional !== true)
      place.refuse('what follows a field that may be missing has to be optional, too');
    const last = next === undefined;
    if (takesRest(field) && !(last && encapsulates === undefined)) {
      place.refuse(`a field of type ${field.type} takes all octets that are left, so nothing may follow it`);
    }
  });
  return {
    code: codeOf(key, option, CODE_MAX),
    name: option.need(map, 'name').text(),
    ...(map.has('section') && { section: option.need(map, 'section').text() }),
    fields,
    ...(encapsulates !== undefined && { encapsulates: encapsulates.text() }),
    examples: parseExamples(map.get('examples')),
  };
}

function takesRest(field: FieldDefinition): boolean {
  if (field.counted !== undefined) return false;
  if (field.repeat === true) return true;
  return (
    SIZES[field.type] === undefined && field.length === undefined && !SELF_DELIMITING.includes(field.type)
  );
}

const FIELD_KEYS = [
  ...['name', 'type', 'length', 'enum', 'flags', 'unit', 'repeat', 'counted', 'optional', 'role'],
];
/** Types that know their end or their surroundings from where they stand. */
const STANDS_ALONE: readonly FieldType[] = ['subnet-id', 'message', 'vendor-options'];

function parseField(field: Checked): FieldDefinition {
  const map = field.map(FIELD_KEYS);
  const type = field.need(map, 'type').oneOf(FIELD_TYPES);
  const size = SIZES[type];
  const [length, names, flags, unit] = ['length', 'enum', 'flags', 'unit'].map((key) => map.get(key));
  const isNumber = /^u\d/.test(type);
  for (const number of [names, flags, unit]) {
    if (number !== undefined && !isNumber && !(number === names && type === 'preference'))
      number.refuse(`only u8, u16, u24 and u32 can have this key, not ${type}`);
  }
  for (const key of [map.get('counted'), map.get('optional')])
    if (key !== undefined && STANDS_ALONE.includes(type)) key.refuse(`type ${type} cannot have this key`);
  if (length !== undefined && type !== 'bytes') length.refuse('only type bytes can have a length');
  const repeat = map.get('repeat')?.flag() ?? false;
  if (repeat && size === undefined && length === undefined && !SELF_DELIMITING.includes(type)) {
    field.refuse(`type ${type} takes all octets that are left and cannot repeat`);
  }
  return {
    name: field.need(map, 'name').text(),
    type,
    ...(length !== undefined && { length: length.number(1, CODE_MAX) }),
    ...(names !== undefined && { enum: names.text('the name of an enum') }),
    ...(flags !== undefined && { flags: parseNames(flags, 8 * (size ?? 1) - 1) }),
    ...(unit !== undefined && { unit: unit.oneOf(UNITS) }),
    ...(repeat && { repeat }),
    ...(map.has('counted') && { counted: field.need(map, 'counted').oneOf(COUNTS) }),
    ...(map.get('optional')?.flag() === true && { optional: true }),
    ...(map.has('role') && { role: field.need(map, 'role').oneOf(ROLES) }),
  };
}

function parseExamples(examples: Checked | undefined): readonly ExampleDefinition[] {
  return (examples?.list() ?? []).map((example) => {
    const map = example.map(['hex', 'expect', 'encodes']);
    const hex = example.need(map, 'hex');
    if (typeof hex.value !== 'string' || fromHex(hex.value) === undefined)
      hex.expected('octets in hex, in quotes');
    const expect = example.need(map, 'expect');
    expect.entries();
    const encodes = map.get('encodes');
    return {
      hex: hex.value as string,
      expect: expect.value as Readonly<Record<string, unknown>>,
      ...(encodes !== undefined && { encodes: encodes.flag() }),
    };
  });
}
