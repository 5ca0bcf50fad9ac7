/**
 * The names of the filter language, from computed fields and the dissectors' definitions: `failover6.server-state`,
 * `server_state` and `server-state` are the same name; a protocol before the dot restricts it to that protocol.
 */
import { toHex } from '../base/bytes.ts';
import { suggestion } from '../base/nearest.ts';
import type { Problem } from '../base/problem.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { DefinitionFile, FieldDefinition, FieldType, OptionDefinition } from '../dissect/definition.ts';
import type { Message, TreeNode } from '../dissect/message.ts';
import { COMPUTED, type FilterField, type Value, type ValueKind } from './fields.ts';
import type { Word } from './syntax.ts';
import { ENDS, INSTEAD, SAME, WITHIN, type Within } from './wireshark-names.ts';

/** Short names of protocols, as they stand before a dot. */
export const PROTOCOL_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['failover6', 'dhcpv6-failover'],
  ['failover4', 'dhcpv4-failover'],
  ['dhcpv6', 'dhcpv6'],
  ['leasequery', 'dhcpv6-leasequery'],
  // As Wireshark calls them.
  ['dhcpv6.failover', 'dhcpv6-failover'],
  ['dhcpfo', 'dhcpv4-failover'],
]);

export interface Named {
  readonly field: FilterField;
  /** The protocol that messages must have; absent: any. */
  readonly protocol: string | undefined;
}

export type NameResult =
  | { readonly ok: true; readonly named: Named }
  | { readonly ok: false; readonly problem: Problem };

export class FilterNames {
  private readonly fields: ReadonlyMap<string, FilterField>;

  constructor(dissectors: Dissectors) {
    const fields = new Map<string, FilterField>();
    for (const field of yamlFields(dissectors)) fields.set(normal(field.name), field);
    for (const field of COMPUTED) fields.set(field.name, completed(field, dissectors));
    for (const field of ENDS) fields.set(field.name, field);
    for (const [name, ours] of Object.entries(SAME)) {
      const field = fields.get(ours);
      if (field !== undefined) fields.set(name, field);
    }
    for (const [name, within] of Object.entries(WITHIN)) {
      const field = fields.get(normal(within.field));
      if (field !== undefined) fields.set(name, fieldWithin(field, within));
    }
    this.fields = fields;
  }

  /** All fields, for help and completion. */
  all(): readonly FilterField[] {
    return [...this.fields.values()];
  }

  resolve(word: Word): NameResult {
    const text = normal(word.text);
    const names = [...this.fields.keys()];
    const whole = this.known(text);
    if (whole !== undefined) return { ok: true, named: { field: whole, protocol: undefined } };
    const bare = PROTOCOL_PREFIXES.get(text);
    if (bare !== undefined) return { ok: true, named: { field: ANY, protocol: bare } };
    const instead = INSTEAD[text];
    if (instead !== undefined) return unknown(`there is no ${text} here: ${instead}`, '', [], word.at);

    const dot = text.lastIndexOf('.');
    const prefix = text.slice(0, Math.max(0, dot));
    const asks = WORD_FIELDS.find(
      (name) => this.fields.get(name)?.words?.has(word.text.toLowerCase()) === true,
    );
    if (asks !== undefined)
      return unknown(`unknown name "${word.text}"; did you mean ${asks} == ${word.text}?`, '', [], word.at);
    if (prefix === '' || CARRIERS.test(prefix))
      return unknown(`unknown name "${word.text}"`, text, names, word.at);
    const protocol = PROTOCOL_PREFIXES.get(prefix);
    if (protocol === undefined) return unknownProtocol(prefix, word.at);
    const name = text.slice(dot + 1);
    const field = this.known(name);
    if (field !== undefined) return { ok: true, named: { field, protocol } };
    return unknown(`unknown name "${word.text}"`, name, names, word.at);
  }

  /** Options may be called as people call them: `MCLT` is a field, `IA_NA` stands for OPTION_IA_NA. */
  private known(name: string): FilterField | undefined {
    return OPTION_PREFIXES.map((prefix) => this.fields.get(prefix + name)).find(
      (field) => field !== undefined,
    );
  }
}

/** Computed names whose words people take for names. */
const WORD_FIELDS = ['type', 'finding', 'status', 'state'];

const OPTION_PREFIXES = ['', 'option-', 'option-f-'];

/** Protocols below ours that have names with a dot. */
const CARRIERS = /^(frame|ip|ipv6|tcp|udp)$/;

/** What a protocol's bare name stands for: the octets of the message, so that it can be searched, too. */
const ANY: FilterField = {
  name: 'message',
  kind: 'bytes',
  help: 'octets of the message',
  read: ({ frame }) => [toHex(frame.bytes, frame.start, frame.end)],
  has: () => true,
};

function unknownProtocol(prefix: string, offset: number): NameResult {
  const known = [...PROTOCOL_PREFIXES.keys()];
  return unknown(`unknown protocol "${prefix}"`, prefix, known, offset, `there are ${known.join(', ')}`);
}

function unknown(
  what: string,
  name: string,
  known: readonly string[],
  offset: number,
  otherwise?: string,
): NameResult {
  const message = `${what}${suggestion(name, known, otherwise)}`;
  return { ok: false, problem: { code: 'filter-name', path: 'filter', message, offset } };
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Fields that take words know which: message names for `type`, the names of enumerations for `status` and `state`. */
function completed(field: FilterField, dissectors: Dissectors): FilterField {
  const words = new Map<string, readonly number[]>();
  const add = (name: string): void => void words.set(name.toLowerCase(), []);
  for (const { definition } of dissectors.files) {
    if (definition.kind !== 'protocol') continue;
    if (field.name === 'type') for (const { name } of definition.messages) add(name);
    if (field.name === 'protocol') add(definition.protocol);
    const enums = WORDS_OF[field.name] ?? [];
    for (const name of enums) for (const word of definition.enums.get(name)?.values() ?? []) add(word);
  }
  if (field.name === 'dir') for (const name of ['p>s', 's>p', 'c>s', 's>c']) add(name);
  return words.size === 0 ? field : { ...field, words };
}

const WORDS_OF: Readonly<Record<string, readonly string[]>> = {
  status: ['status-code', 'binding-status'],
  state: ['server-state'],
};

/** A field of the dissectors; RFCs spell some names in two ways (`IPv6-prefix`, `ipv6-prefix`), filters do not. */
interface Found {
  readonly spellings: Set<string>;
  readonly kind: ValueKind;
  readonly words: Map<string, number[]>;
  readonly options: Set<string>;
}

function yamlFields(dissectors: Dissectors): FilterField[] {
  const found = new Map<string, Found>();
  const options = new Set<string>();
  // Where protocols give one name to fields of different kinds, DHCPv6 failover says what it means.
  const files = dissectors.files.toSorted((a, b) => rank(a) - rank(b));
  const addField = (
    where: string,
    field: FieldDefinition,
    names: Iterable<readonly [number, string]>,
  ): void => {
    let entry = found.get(normal(field.name));
    if (entry === undefined) {
      entry = { spellings: new Set(), kind: kindOf(field), words: new Map(), options: new Set() };
      found.set(normal(field.name), entry);
    }
    entry.spellings.add(field.name);
    entry.options.add(where);
    for (const [code, name] of names) addWord(entry.words, name, code);
    for (const name of field.flags?.values() ?? []) addWord(entry.words, name, undefined);
  };
  const addOption = (
    { name, fields }: OptionDefinition,
    enums: DefinitionFile['definition']['enums'],
  ): void => {
    options.add(name);
    for (const field of fields) addField(name, field, enums.get(field.enum ?? '') ?? []);
  };
  for (const { definition } of files)
    for (const space of [definition, ...definition.spaces])
      for (const option of space.options) addOption(option, definition.enums);
  for (const { definition } of files) {
    if (definition.kind !== 'protocol') continue;
    const types = definition.messages.map(({ code, name }) => [code, name] as const);
    for (const field of [...definition.headers.values()].flat())
      addField('a header', field, field.role === 'msg-type' ? types : []);
    // What a dialect says in other words has its name already.
    for (const option of definition.dialects.flatMap((dialect) => dialect.options))
      if (!option.fields.every(({ name }) => found.has(normal(name)))) addOption(option, definition.enums);
  }
  const fields = [...found.values()].map(({ spellings, kind, words, options: where }): FilterField => {
    const help = `field of ${[...where].join(', ')}`;
    const [name = ''] = spellings;
    const names = withCompanions(spellings);
    const base = { name, kind, help, read: (message: Message) => valuesOf(message.tree(), names) };
    return words.size === 0 ? base : { ...base, kind: 'name', words };
  });
  const others = [...options].filter((name) => !found.has(normal(name)));
  return [...fields, ...others.map(optionField)];
}

function rank({ definition }: DefinitionFile): number {
  return definition.kind === 'protocol' && definition.protocol === 'dhcpv6-failover' ? 0 : 1;
}

function addWord(words: Map<string, number[]>, name: string, code: number | undefined): void {
  const key = name.toLowerCase();
  const codes = words.get(key) ?? [];
  if (code !== undefined && !codes.includes(code)) codes.push(code);
  words.set(key, codes);
}

/** An option's name asks whether the message has it; its value is the number of times. */
function optionField(name: string): FilterField {
  return {
    name,
    kind: 'number',
    help: 'how many of this option the message has',
    read: (message) => {
      const count = countOf(message.tree(), name);
      return count === 0 ? [] : [count];
    },
  };
}

function countOf(node: TreeNode, name: string): number {
  let count = node.name === name ? 1 : 0;
  for (const child of node.children) count += countOf(child, name);
  return count;
}

/** The same field, read in one option or header alone; DHCPv4 failover has none of Wireshark's `dhcpv6`. */
function fieldWithin(field: FilterField, { field: name, where }: Within): FilterField {
  const names = withCompanions([name]);
  return {
    ...field,
    read: (message) => (message.protocol === 'dhcpv4-failover' ? [] : valuesOf(message.tree(), names, where)),
  };
}

/** With those of the fields that hold the words for what is there as a number. */
function withCompanions(names: Iterable<string>): ReadonlySet<string> {
  return new Set([...names].flatMap((name) => [name, `${name}-name`, `${name}-names`]));
}

/** Values of all fields of these names in the tree, or in the options or messages of it that are called `where`. */
function valuesOf(node: TreeNode, names: ReadonlySet<string>, where?: string, values: Value[] = []): Value[] {
  if (where === undefined || where === node.name || where === node.kind) {
    for (const { name, value } of node.fields) {
      if (!names.has(name)) continue;
      if (typeof value === 'number' || typeof value === 'string') values.push(value);
      else if (value !== null) values.push(...value);
    }
  }
  for (const child of node.children) valuesOf(child, names, where, values);
  return values;
}

const KINDS: Readonly<Partial<Record<FieldType, ValueKind>>> = {
  u8: 'number',
  u16: 'number',
  u24: 'number',
  u32: 'number',
  'time-2000': 'time-2000',
  'time-1970': 'time-1970',
  ipv4: 'address',
  'ipv4-reversed': 'address',
  ipv6: 'address',
  'short-prefix': 'address',
  bytes: 'bytes',
  'link-layer': 'bytes',
  duid: 'bytes',
  'counted-bytes': 'bytes',
};

function kindOf(field: FieldDefinition): ValueKind {
  return field.unit === 'seconds' ? 'seconds' : (KINDS[field.type] ?? 'text');
}

const namesOf = new WeakMap<Dissectors, FilterNames>();

/** All names that a filter may use with these dissectors. */
export function filterNames(dissectors: Dissectors): FilterNames {
  let names = namesOf.get(dissectors);
  if (names === undefined) {
    names = new FilterNames(dissectors);
    namesOf.set(dissectors, names);
  }
  return names;
}
