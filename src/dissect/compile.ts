/**
 * Definitions to dissectors. Definitions have been checked one by one; what can only be seen with all of them together
 * (imports, spaces, enumerations that do not exist) is an InputError here. Single messages and options are
 * compile-message.ts and compile-option.ts.
 */
import { InputError } from '../base/problem.ts';
import { compileHeaders, compileMessage, headerIn, headerOf, jsonName } from './compile-message.ts';
import { compileOption, type Growing, type Mutable, type Scope, withUnixTimes } from './compile-option.ts';
import type {
  DefinitionFile,
  DialectDefinition,
  OptionDefinition,
  ProtocolDefinition,
  VendorDefinition,
} from './definition.ts';
import { Role } from './option-look.ts';
import {
  type CompiledProtocol,
  emptySpace,
  type HeaderCodec,
  type MessageCodec,
  type OptionCodec,
  SMALL_CODE_MAX,
  type Space,
} from './space.ts';
import { NO_MEANING, OWN_NUMBERS } from './vocabulary.ts';

/** All dissectors of a session. */
export interface Dissectors {
  readonly protocols: ReadonlyMap<string, CompiledProtocol>;
  /** Sub-option spaces by enterprise number. */
  readonly vendors: ReadonlyMap<number, Space>;
  readonly files: readonly DefinitionFile[];
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

function newSpace(name: string): Growing {
  return emptySpace(name) as Growing;
}

/** Of each type, a number of one octet. */
function codecsByType({
  messages,
  unknown,
}: Pick<CompiledProtocol, 'messages' | 'unknown'>): readonly MessageCodec[] {
  return Array.from({ length: 256 }, (_, type) => messages.get(type) ?? unknown);
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
    falseOffsets: [],
  };
  return {
    name: definition.protocol,
    title: definition.title,
    reference: definition.reference,
    file,
    definition,
    framing: definition.framing,
    messages: new Map(),
    byType: [],
    unknown: {
      code: -1,
      standardType: NO_MEANING,
      name: null,
      section: undefined,
      header,
      jsonName: jsonName('', null),
      examples: [],
    },
    space: newSpace(definition.protocol),
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
  for (const space of definition.spaces) spaces.set(space.name, newSpace(space.name));
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
    definition.messages.map((message) => [message.code, compileMessage(message, headers, undefined, file)]),
  );
  shell.unknown = { ...shell.unknown, header: headerOf(headers, definition.unknownHeader, file) };
  shell.byType = codecsByType(shell);
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
  const space = newSpace(`${protocol.name} ${dialect.name}`);
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
  for (const message of scope.protocol.messages)
    messages.set(message.code, compileMessage(message, headers, dialect, scope.file));
  const types = new Map(scope.protocol.messages.map(({ code, name }) => [name, code]));
  for (const message of dialect.messages) {
    const meant = types.get(message.name) ?? NO_MEANING;
    messages.set(message.code, compileMessage(message, headers, dialect, scope.file, meant));
  }
  const unknown = { ...protocol.unknown, header: headerIn(protocol.unknown.header, dialect) };
  return { ...protocol, space, messages, unknown, byType: codecsByType({ messages, unknown }) };
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
  option.look.standard = new Map(
    [...own].map(([code, name]) => [code, codes.get(name) ?? OWN_NUMBERS + code]),
  );
  return option;
}

function fillVendor(definition: VendorDefinition, file: string, dissectors: Scope['dissectors']): void {
  const main = dissectors.vendors.get(definition.enterprise) ?? newSpace(`vendor ${definition.enterprise}`);
  dissectors.vendors.set(definition.enterprise, main);
  const spaces = new Map<string, Growing>();
  for (const space of definition.spaces) spaces.set(space.name, newSpace(space.name));
  const scope: Scope = { file, enums: definition.enums, messages: new Map(), spaces, dissectors };
  addOptions(main, definition.options, scope);
  for (const space of definition.spaces) addOptions(spaces.get(space.name) as Growing, space.options, scope);
}

function addOptions(space: Growing, options: readonly OptionDefinition[], scope: Scope): void {
  for (const option of options) addOption(space, compileOption(option, scope));
}

function addOption(space: Growing, option: OptionCodec): void {
  space.byCode.set(option.code, option);
  if (option.code > SMALL_CODE_MAX) return;
  (space.small as (OptionCodec | undefined)[])[option.code] = option;
  space.tellStatus[option.code] = option.look.tellsStatus ? 1 : 0;
}
