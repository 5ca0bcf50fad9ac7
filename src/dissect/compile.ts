/**
 * Definitions to codecs. Definitions have been checked one by one; what can only be seen with all of them together
 * (imports, spaces, enumerations that do not exist) is an InputError here.
 */
import { InputError } from '../base/problem.ts';
import type { FieldCodec } from './codec.ts';
import { DISPLAYS, numberCodec } from './codecs/numbers.ts';
import type { FieldScope } from './compile-field.ts';
import { compileField } from './compile-field.ts';
import type {
  DefinitionFile,
  DialectDefinition,
  FieldDefinition,
  MessageDefinition,
  OptionDefinition,
  ProtocolDefinition,
  VendorDefinition,
} from './definition.ts';
import { Piece } from './json-buffer.ts';
import { optionLook, Role } from './option-look.ts';
import type {
  CompiledProtocol,
  FieldJson,
  HeaderCodec,
  MessageCodec,
  OptionCodec,
  OptionJson,
  Place,
  Space,
  Tail,
} from './space.ts';
import { SMALL_CODE_MAX } from './space.ts';
import { RELAY_MESSAGE, SUB_OPTIONS } from './tree-json.ts';

/** All dissectors of a session. */
export interface Dissectors {
  readonly protocols: ReadonlyMap<string, CompiledProtocol>;
  /** Sub-option spaces by enterprise number. */
  readonly vendors: ReadonlyMap<number, Space>;
  readonly files: readonly DefinitionFile[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Growing = Mutable<Space> & { byCode: Map<number, OptionCodec>; elsewhere: Map<number, string> };

/** What definitions of one file are compiled against. */
interface Scope extends FieldScope {
  readonly spaces: Map<string, Growing>;
  readonly dissectors: { protocols: Map<string, Mutable<CompiledProtocol>>; vendors: Map<number, Growing> };
}

/** Scope of a protocol's file, kept for compiling its dialects. */
interface ProtocolScope extends Scope {
  readonly protocol: ProtocolDefinition;
}

/** Of two files that define one protocol, the later takes the place of the earlier. */
export function compileDissectors(all: readonly DefinitionFile[]): Dissectors {
  const files = all.filter((file, index) => !all.slice(index + 1).some((later) => replaces(later, file)));
  const dissectors: Scope['dissectors'] = { protocols: new Map(), vendors: new Map() };
  const protocols: [ProtocolDefinition, string][] = [];
  const vendors: [VendorDefinition, string][] = [];
  for (const { file, definition } of files) {
    if (definition.kind === 'protocol') protocols.push([definition, file]);
    else vendors.push([definition, file]);
  }
  for (const [definition, file] of protocols) {
    dissectors.protocols.set(definition.protocol, protocolShell(definition, file));
  }
  const scopes = protocols.map(([definition, file]) => fillProtocol(definition, file, dissectors));
  for (const [definition, file] of protocols) importOptions(definition, file, dissectors);
  for (const scope of scopes) {
    const shell = dissectors.protocols.get(scope.protocol.protocol) as Mutable<CompiledProtocol>;
    shell.dialects = new Map(
      scope.protocol.dialects.map((dialect) => [dialect.name, compileDialect(shell, dialect, scope)]),
    );
  }
  for (const [definition, file] of vendors) fillVendor(definition, file, dissectors);
  return { ...dissectors, files };
}

function replaces({ definition: later }: DefinitionFile, { definition: earlier }: DefinitionFile): boolean {
  if (later.kind === 'vendor' || earlier.kind === 'vendor') return false;
  return later.protocol === earlier.protocol;
}

function emptySpace(name: string): Growing {
  return { name, byCode: new Map(), small: [], elsewhere: new Map() };
}

function protocolShell(definition: ProtocolDefinition, file: string): Mutable<CompiledProtocol> {
  const header: HeaderCodec = {
    fields: [],
    size: 0,
    transactionId: { offset: 0, size: 0 },
    sentTime: { offset: 0, size: 0, epoch: 'time-2000' },
    others: [],
    leads: [],
    optionsOffset: -1,
  };
  return {
    name: definition.protocol,
    title: definition.title,
    reference: definition.reference,
    file,
    definition,
    framing: definition.framing,
    messages: new Map(),
    unknown: { code: -1, name: null, section: undefined, header, jsonName: jsonName('', null), examples: [] },
    space: emptySpace(definition.protocol),
    spaces: new Map(),
    dialects: new Map(),
  };
}

function fillProtocol(
  definition: ProtocolDefinition,
  file: string,
  dissectors: Scope['dissectors'],
): ProtocolScope {
  const shell = dissectors.protocols.get(definition.protocol) as Mutable<CompiledProtocol>;
  const main = shell.space as Growing;
  const spaces = new Map([[definition.protocol, main]]);
  for (const space of definition.spaces) spaces.set(space.name, emptySpace(space.name));
  const messages = new Map(definition.messages.map((message) => [message.code, message.name]));
  const scope: ProtocolScope = {
    file,
    enums: definition.enums,
    messages,
    spaces,
    dissectors,
    protocol: definition,
  };
  const headers = compileHeaders(definition, scope);
  shell.messages = new Map(
    definition.messages.map((message) => [message.code, compileMessage(message, headers, false, file)]),
  );
  shell.unknown = { ...shell.unknown, header: headerOf(headers, definition.unknownHeader, file) };
  addOptions(main, definition.options, scope);
  for (const space of definition.spaces) addOptions(spaces.get(space.name) as Growing, space.options, scope);
  shell.spaces = spaces;
  return scope;
}

/** Takes over options from other protocols, where the own file does not define the code. */
function importOptions(definition: ProtocolDefinition, file: string, dissectors: Scope['dissectors']): void {
  const shell = dissectors.protocols.get(definition.protocol) as CompiledProtocol;
  for (const { from, codes } of definition.imports) {
    const source = dissectors.protocols.get(from);
    if (source === undefined) throw new InputError(`${file}: imports: protocol ${from} is not defined`);
    for (const code of codes === 'all' ? source.space.byCode.keys() : codes) {
      const option = source.space.byCode.get(code);
      if (option === undefined) throw new InputError(`${file}: imports: ${from} defines no option ${code}`);
      if (!shell.space.byCode.has(code)) addOption(shell.space as Growing, option);
    }
    for (const { code, name } of source.space.byCode.values()) {
      if (!shell.space.byCode.has(code)) (shell.space as Growing).elsewhere.set(code, name);
    }
  }
}

/** The protocol again, with what a dialect says in place of what the standard says. */
function compileDialect(
  protocol: CompiledProtocol,
  dialect: DialectDefinition,
  scope: ProtocolScope,
): CompiledProtocol {
  const space = emptySpace(`${protocol.name} ${dialect.name}`);
  const unixTimes = dialect.epoch === 1970;
  space.elsewhere = new Map(protocol.space.elsewhere);
  for (const option of protocol.space.byCode.values())
    if (!dialect.without.includes(option.code)) addOption(space, unixTimes ? withUnixTimes(option) : option);
  const names = new Map([
    ...scope.messages,
    ...dialect.messages.map(({ code, name }) => [code, name] as const),
  ]);
  const own: Scope = { ...scope, messages: names };
  const standard = new Map([...protocol.space.byCode.values()].map((option) => [option.name, option]));
  for (const definition of dialect.options) {
    const option = compileOption(definition, own);
    addOption(space, withStandardNumbers(option, standard.get(option.name), scope.enums));
  }
  const headers = compileHeaders(scope.protocol, own);
  const messages = new Map<number, MessageCodec>();
  const all = [...scope.protocol.messages, ...dialect.messages];
  for (const message of all)
    messages.set(message.code, compileMessage(message, headers, unixTimes, scope.file));
  return { ...protocol, space, messages };
}

/** What a dialect gives numbers of its own is known to the analyzer by the numbers of the standard, by way of the names. */
function withStandardNumbers(
  option: OptionCodec,
  standard: OptionCodec | undefined,
  enums: ProtocolScope['enums'],
): OptionCodec {
  const own = enums.get(option.definition.fields[0]?.enum ?? '');
  const meant = enums.get(standard?.definition.fields[0]?.enum ?? '');
  if (option.look.role !== Role.number || own === undefined || meant === undefined || own === meant)
    return option;
  const codes = new Map([...meant].map(([code, name]) => [name, code]));
  option.look.role = Role.renumbered;
  option.look.standard = new Map([...own].map(([code, name]) => [code, codes.get(name) ?? code]));
  return option;
}

function withUnixTimes(option: OptionCodec): OptionCodec {
  const fields = option.fields.map((field, index) =>
    option.definition.fields[index]?.type === 'time-2000'
      ? numberCodec(field.name, 4, DISPLAYS['time-1970'])
      : field,
  );
  const { name, tail, definition } = option;
  const look = optionLook({
    name,
    definitions: definition.fields,
    fields,
    inside: tail.kind,
    unixTimes: true,
  });
  return { ...option, fields, look };
}

function fillVendor(definition: VendorDefinition, file: string, dissectors: Scope['dissectors']): void {
  const main = dissectors.vendors.get(definition.enterprise) ?? emptySpace(`vendor ${definition.enterprise}`);
  dissectors.vendors.set(definition.enterprise, main);
  const spaces = new Map<string, Growing>();
  for (const space of definition.spaces) spaces.set(space.name, emptySpace(space.name));
  const scope: Scope = { file, enums: definition.enums, messages: new Map(), spaces, dissectors };
  addOptions(main, definition.options, scope);
  for (const space of definition.spaces) addOptions(spaces.get(space.name) as Growing, space.options, scope);
}

function addOptions(space: Growing, options: readonly OptionDefinition[], scope: Scope): void {
  for (const option of options) addOption(space, compileOption(option, scope));
}

function addOption(space: Growing, option: OptionCodec): void {
  space.byCode.set(option.code, option);
  if (option.code <= SMALL_CODE_MAX) (space.small as (OptionCodec | undefined)[])[option.code] = option;
}

function namedSpace(scope: Scope, name: string): Growing {
  const space = scope.spaces.get(name);
  if (space === undefined)
    throw new InputError(
      `${scope.file}: space ${name} is not defined; expected one of ${[...scope.spaces.keys()].join(', ')}`,
    );
  return space;
}

/** Header fields that every message object has under names of its own. */
const SHOWN_APART: readonly string[] = ['msg-type', 'transaction-id', 'sent-time'];

type Headers = ReadonlyMap<string, HeaderCodec>;

function compileHeaders(definition: ProtocolDefinition, scope: Scope): Headers {
  return new Map([...definition.headers].map(([name, fields]) => [name, compileHeader(fields, scope)]));
}

function headerOf(headers: Headers, name: string, file: string): HeaderCodec {
  const header = headers.get(name);
  if (header !== undefined) return header;
  throw new InputError(
    `${file}: header ${name} is not defined; expected one of ${[...headers.keys()].join(', ')}`,
  );
}

function compileMessage(
  message: MessageDefinition,
  headers: Headers,
  unixTimes: boolean,
  file: string,
): MessageCodec {
  const { code, name, section, examples } = message;
  const header = headerOf(headers, message.header, file);
  const sentTime = unixTimes ? { ...header.sentTime, epoch: 'time-1970' as const } : header.sentTime;
  return {
    code,
    name,
    section,
    header: { ...header, sentTime },
    jsonName: jsonName(`${code}`, name),
    examples,
  };
}

function jsonName(type: string, name: string | null): Piece {
  return new Piece(`${type},"msg_name":${JSON.stringify(name)},"transaction_id":`);
}

function compileHeader(definitions: readonly FieldDefinition[], scope: Scope): HeaderCodec {
  let size = 0;
  let transactionId: Place = { offset: 0, size: 0 };
  let sentTime: HeaderCodec['sentTime'] = { offset: 0, size: 0, epoch: 'time-2000' };
  let optionsOffset = -1;
  const fields: FieldCodec[] = [];
  const others: HeaderCodec['others'][number][] = [];
  for (const definition of definitions) {
    const field = compileField(definition, scope);
    if (field.size === undefined)
      throw new InputError(`${scope.file}: header field ${field.name}: expected a type of fixed size`);
    const place = { offset: size, size: field.size };
    if (definition.role === 'transaction-id') transactionId = place;
    if (definition.role === 'sent-time') {
      sentTime = { ...place, epoch: definition.type === 'time-1970' ? 'time-1970' : 'time-2000' };
    }
    if (definition.role === 'options-offset') optionsOffset = size;
    if (!SHOWN_APART.includes(field.name))
      others.push({ field, offset: size, lead: new Piece(`,${field.jsonLead}`) });
    fields.push(field);
    size += field.size;
  }
  const leads = fields.map(({ jsonLead }, index) => new Piece(index === 0 ? jsonLead : `,${jsonLead}`));
  return { fields, size, transactionId, sentTime, others, leads, optionsOffset };
}

function compileOption(definition: OptionDefinition, scope: Scope): OptionCodec {
  const fields = definition.fields.map((field) => compileField(field, scope));
  const tail = compileTail(definition, scope);
  const minimum = fields.reduce((sum, field) => sum + field.minimum, 0);
  const allSized = fields.every((field) => field.size !== undefined);
  const hasLength = allSized && tail.kind === 'none';
  return {
    code: definition.code,
    name: definition.name,
    section: definition.section,
    fields,
    minimum,
    fixed: allSized ? minimum : undefined,
    tail,
    look: optionLook({
      name: definition.name,
      definitions: definition.fields,
      fields,
      inside: tail.kind,
      unixTimes: false,
    }),
    json: optionJson(definition, fields, tail, hasLength ? minimum : undefined),
    definition,
  };
}

/** What JSON has between the last field of an option and what is inside it. */
const JSON_CLOSE: Readonly<Record<Tail['kind'], string>> = {
  none: '}}',
  options: '},"options":',
  message: `,${JSON.stringify(RELAY_MESSAGE)}:{`,
  vendor: `,${JSON.stringify(SUB_OPTIONS)}:[`,
};

function optionJson(
  { code, name }: OptionDefinition,
  fields: readonly FieldCodec[],
  tail: Tail,
  length: number | undefined,
): OptionJson {
  const head = `,{"code":${code},"name":${JSON.stringify(name)},"len":`;
  const open = `,"value":{${fields[0]?.jsonLead ?? ''}`;
  return {
    head: new Piece(length === undefined ? head : `${head}${length}${open}`),
    hasLength: length !== undefined,
    open: new Piece(open),
    fields: fields.map(fieldJson),
    close: new Piece(JSON_CLOSE[tail.kind]),
  };
}

function fieldJson(field: FieldCodec, index: number): FieldJson {
  const { jsonLead, size, minimum, extent, problem, json } = field;
  return {
    lead: index === 0 ? undefined : new Piece(`,${jsonLead}`),
    size,
    minimum,
    extent,
    problem,
    put: json,
  };
}

function compileTail(definition: OptionDefinition, scope: Scope): Tail {
  const last = definition.fields.at(-1)?.type;
  if (last === 'vendor-options') return { kind: 'vendor', vendors: scope.dissectors.vendors };
  if (last === 'message') {
    const protocol = scope.dissectors.protocols.get('dhcpv6');
    if (protocol === undefined)
      throw new InputError(`${scope.file}: ${definition.name}: type message needs the dissector dhcpv6`);
    return { kind: 'message', protocol };
  }
  if (definition.encapsulates === undefined) return { kind: 'none' };
  if (definition.encapsulates === 'same') return { kind: 'options' };
  return { kind: 'options', space: namedSpace(scope, definition.encapsulates) };
}
