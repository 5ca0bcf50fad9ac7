/**
 * Makes the octets of a message from what a person or a JSON line says: for injected messages, added options and
 * tests. It takes the objects of `-T jsonl` as they are, and the shorter form of docs/writing-a-dissector.md:
 * `{ type: STATE, transaction-id: 7, options: [ { F_SERVER_STATE: { server-state: NORMAL } } ] }`.
 */
import { concatBytes, fromHex, NO_BYTES } from '../base/bytes.ts';
import { InputError } from '../base/problem.ts';
import { Checked } from './checked.ts';
import type { FieldCodec, FieldInput } from './codec.ts';
import type { Dissectors } from './compile.ts';
import { FRAME_OCTETS_MAX, NESTING_MAX } from './limits.ts';
import { findMessageType, findOption } from './names.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { messageOf } from './space.ts';
import { RELAY_MESSAGE } from './tree-json.ts';

type Members = ReadonlyMap<string, Checked>;

/** Members of a message object that say where it was seen, not what it is. */
const NOT_ENCODED: ReadonlySet<string> = new Set(
  'index frame timestamp src src_port dst dst_port connection protocol direction transaction_id sent_time message_size resync findings'.split(
    ' ',
  ),
);
/** Keys of an option object as `-T jsonl` writes it. */
const LONG_FORM = ['code', 'name', 'len', 'value', 'options'];

/**
 * Octets of a message, without length prefix. `where` names the input in errors.
 * Throws InputError that names the place, what was found and what was expected.
 */
export function encodeMessage(
  dissectors: Dissectors,
  protocolName: string,
  input: unknown,
  where = 'message',
): Uint8Array {
  const protocol = dissectors.protocols.get(protocolName);
  if (protocol === undefined) throw new InputError(`${where}: there is no dissector ${protocolName}`);
  const checked = new Checked(input, (path) => [where, ...path].join('.'));
  const bytes = encodeWhole(protocol, checked, 0);
  if (bytes.length > FRAME_OCTETS_MAX) {
    throw new InputError(
      `${where}: ${bytes.length} octets, more than the ${FRAME_OCTETS_MAX} that a message can have`,
    );
  }
  return bytes;
}

/** Octets of one option, header included, for adding it to a message. Throws InputError. */
export function encodeOption(space: Space, input: unknown, where = 'option'): Uint8Array {
  return encodeOne(space, new Checked(input, (path) => [where, ...path].join('.')), 0);
}

function encodeWhole(protocol: CompiledProtocol, message: Checked, depth: number): Uint8Array {
  if (depth > NESTING_MAX) message.refuse(`more than ${NESTING_MAX} messages inside each other`);
  const members = new Map([...message.entries()].map(([key, value]) => [key.replaceAll('_', '-'), value]));
  const named =
    members.get('type') ?? members.get('msg-name') ?? members.get('msg-type-name') ?? members.get('msg-type');
  if (named === undefined) message.refuse('key type is missing: the name or number of the message type');
  const numbered = named.value === null ? (members.get('msg-type') ?? named) : named;
  const type =
    findMessageType(protocol, `${numbered.value}`) ??
    numbered.expected(`a message of ${protocol.name} by name or number`);
  const { header } = messageOf(protocol, type);
  const known = new Set([
    'type',
    'msg-type',
    'msg-name',
    'msg-type-name',
    'options',
    ...header.fields.map(({ name }) => name),
  ]);
  for (const [key, member] of members) {
    if (!known.has(key) && !NOT_ENCODED.has(key.replaceAll('-', '_')))
      member.refuse(`unknown key ${key}; expected one of ${[...known].join(', ')}`);
  }
  const parts = header.fields.map((field, index) => {
    if (index === 0) return Uint8Array.of(type);
    return encodeField(
      field,
      members.get(field.name) ?? message.refuse(`key ${field.name} is missing: ${field.expects}`),
    );
  });
  return concatBytes([...parts, ...encodeList(protocol.space, members.get('options'), depth)]);
}

function encodeList(space: Space, options: Checked | undefined, depth: number): Uint8Array[] {
  return (options?.list() ?? []).map((option) => encodeOne(space, option, depth + 1));
}

function encodeOne(space: Space, option: Checked, depth: number): Uint8Array {
  if (depth > NESTING_MAX) option.refuse(`more than ${NESTING_MAX} options inside each other`);
  const entries = option.entries();
  const isLong = entries.has('code') && entries.has('value');
  const [short] = entries;
  if (!isLong && (entries.size !== 1 || short === undefined)) {
    option.expected('an option: a mapping with one key, its name or code, or one with code and value');
  }
  const wanted = isLong ? `${entries.get('code')?.value}` : (short?.[0] as string);
  const codec = findOption(space, wanted);
  if (codec === undefined && !/^\d+$/.test(wanted)) option.refuse(`there is no option ${wanted}`);
  const code = codec?.code ?? Number(wanted);
  if (code > 0xffff) option.refuse(`option code ${code} is more than 65535`);
  const value = isLong ? (entries.get('value') as Checked) : (short?.[1] as Checked);
  const options = isLong
    ? option.map([...LONG_FORM, 'malformed']).get('options')
    : value.entries().get('options');
  const contents =
    codec === undefined || isData(value)
      ? encodeData(value)
      : encodeContents(codec, space, value, options, depth);
  if (contents.length > FRAME_OCTETS_MAX)
    option.refuse(`${contents.length} octets, more than an option can have`);
  return concatBytes([
    Uint8Array.of(code >> 8, code & 0xff, contents.length >> 8, contents.length & 0xff),
    contents,
  ]);
}

function isData(value: Checked): boolean {
  const entries = value.entries();
  return entries.size === 1 && entries.has('data');
}

/** Contents given as they are: `{ data: "0a0b" }`. */
function encodeData(value: Checked): Uint8Array {
  const data = value.map(['data']).get('data') ?? value.refuse('key data is missing: the contents in hex');
  const octets = typeof data.value === 'string' ? fromHex(data.value) : undefined;
  return octets ?? data.expected('octets in hex');
}

function encodeContents(
  codec: OptionCodec,
  space: Space,
  value: Checked,
  options: Checked | undefined,
  depth: number,
): Uint8Array {
  const members = value.entries();
  const shown = new Set(['options', 'relay-message', 'sub-options']);
  const parts = codec.fields.map((field) => {
    const octets = encodeMember(codec, field, value, members, depth);
    for (const { name } of field.fields(octets, 0, octets.length)) shown.add(name);
    return octets;
  });
  for (const [key, member] of members) {
    if (!shown.has(key))
      member.refuse(`${codec.name} has no field ${key}; expected one of ${[...shown].slice(3).join(', ')}`);
  }
  if (codec.tail.kind === 'options')
    return concatBytes([...parts, ...encodeList(codec.tail.space ?? space, options, depth)]);
  if (options !== undefined) options.refuse(`${codec.name} holds no options`);
  return concatBytes(parts);
}

function encodeMember(
  codec: OptionCodec,
  field: FieldCodec,
  value: Checked,
  members: Members,
  depth: number,
): Uint8Array {
  const plain =
    members.get(field.name) ?? members.get(`${field.name}-name`) ?? members.get(`${field.name}-names`);
  if (field.encodeMembers !== undefined && members.has('type')) {
    const values = new Map([...members].map(([key, member]) => [key, member.value]));
    return field.encodeMembers(values) ?? value.expected(field.expects);
  }
  if (plain !== undefined) return encodeField(field, plain);
  const nested = members.get(RELAY_MESSAGE);
  if (codec.tail.kind === 'message' && nested !== undefined)
    return encodeWhole(codec.tail.protocol, nested, depth + 1);
  if (field.minimum === 0) return NO_BYTES;
  return value.refuse(`key ${field.name} is missing: ${field.expects}`);
}

function encodeField(field: FieldCodec, value: Checked): Uint8Array {
  return field.encode(value.value as FieldInput) ?? value.expected(field.expects);
}
