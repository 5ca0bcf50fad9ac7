/**
 * Changes a message where it stands: fields by name, options added and removed, with every length around them made
 * right again. Everything that is not named stays octet by octet, also what nobody could read. Used by faults; values
 * are checked when a fault is armed (`checkEdit`), so that nothing can fail while messages pass.
 */
import { concatBytes, readU16 } from '../base/bytes.ts';
import { suggestion } from '../base/nearest.ts';
import { InputError } from '../base/problem.ts';
import type { FieldInput } from './codec.ts';
import type { Dissectors } from './compile.ts';
import { encodeOption } from './encode.ts';
import { FRAME_OCTETS_MAX, NESTING_MAX } from './limits.ts';
import type { Message } from './message.ts';
import { plainName } from './names.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { optionOf } from './space.ts';
import { fieldsEnd, messageCodecAt, OPTION_HEADER_OCTETS, optionsStart } from './walk.ts';

/**
 * What to change. A place is a name with as many names of options around it as are needed to mean the right one:
 * `valid-lifetime`, `IAPREFIX/valid-lifetime`. All places that fit are changed, or only the n-th, from 1.
 */
export type Edit =
  | { readonly do: 'set'; readonly place: string; readonly value: FieldInput; readonly nth?: number }
  | { readonly do: 'remove'; readonly place: string; readonly nth?: number }
  /** Adds an option (see encode.ts) behind the others of the message, or of every option that `place` names. */
  | { readonly do: 'add'; readonly place?: string; readonly option: unknown; readonly nth?: number };

export interface Edited {
  /** The message, without length prefix. */
  readonly bytes: Uint8Array;
  /** How many places were changed. */
  readonly count: number;
}

/** Throws InputError if the edit can never do anything: a name that does not exist, a value that does not fit. */
export function checkEdit(dissectors: Dissectors, protocolName: string, edit: Edit): void {
  const protocol = protocolOf(dissectors, protocolName);
  const place = edit.place === undefined ? undefined : parsePlace(edit.place);
  const protocols = within(protocol);
  const options = protocols.flatMap(optionsOf);
  const messages = protocols.flatMap(({ messages, unknown }) => [...messages.values(), unknown]);
  if (edit.do === 'add') encodeOption(protocol.space, edit.option, 'add');
  if (place === undefined) return;
  for (const name of edit.do === 'set' ? place.options : [...place.options, place.last]) {
    if (![...options, ...messages].some((one) => one.name !== null && plainName(one.name) === name)) {
      throw new InputError(`${edit.place}: there is no option ${name} in ${protocolName}`);
    }
  }
  if (edit.do !== 'set') return;
  const around = place.options.at(-1);
  const isHolder = ({ name }: { readonly name: string | null }): boolean =>
    around === undefined || (name !== null && plainName(name) === around);
  const held = [
    ...messages.filter(isHolder).map(({ header }) => header),
    ...options.filter(isHolder),
  ].flatMap((holder) => holder.fields);
  const fields = held.filter((field) => isField(place, field.name));
  const [first] = fields;
  if (first === undefined) {
    const hint = suggestion(
      place.last,
      held.flatMap(({ name }) => name ?? []),
    );
    throw new InputError(`${edit.place}: there is no such field in ${protocolName}${hint}`);
  }
  if (fields.every((field) => field.encode(edit.value) === undefined)) {
    throw new InputError(`${edit.place}: expected ${first.expects}, found ${JSON.stringify(edit.value)}`);
  }
}

/** The changed message. `count` is 0 if nothing in it was named, or if it would have become too long. */
export function editMessage(dissectors: Dissectors, message: Message, edits: readonly Edit[]): Edited {
  const { bytes, start, end, connection } = message.frame;
  const protocol = protocolOf(dissectors, connection.protocol);
  const dialect = connection.dialect === undefined ? undefined : protocol.dialects.get(connection.dialect);
  let edited: Edited = { bytes: bytes.slice(start, end), count: 0 };
  for (const edit of edits) {
    const changed = new Editing(dialect ?? protocol, edit).message(edited.bytes);
    if (changed.bytes.length <= FRAME_OCTETS_MAX)
      edited = { bytes: changed.bytes, count: edited.count + changed.count };
  }
  return edited;
}

/** The protocol and those whose messages its options carry, such as the RELAY-FORW of a client. */
function within(protocol: CompiledProtocol): readonly CompiledProtocol[] {
  const found = new Set([protocol]);
  for (const each of found)
    for (const { tail } of optionsOf(each)) if (tail.kind === 'message') found.add(tail.protocol);
  return [...found];
}

function optionsOf({ space, spaces }: CompiledProtocol): OptionCodec[] {
  return [space, ...spaces.values()].flatMap(({ byCode }) => [...byCode.values()]);
}

function protocolOf(dissectors: Dissectors, name: string): CompiledProtocol {
  const protocol = dissectors.protocols.get(name);
  if (protocol === undefined) throw new InputError(`there is no dissector ${name}`);
  return protocol;
}

interface Place {
  /** Plain names of options around it, from the outside. */
  readonly options: readonly string[];
  readonly last: string;
}

function parsePlace(text: string): Place {
  const names = text.split('/').map((name) => plainName(name.trim()));
  if (names.some((name) => name === '')) throw new InputError(`${text}: expected names joined by /`);
  return { options: names.slice(0, -1), last: names.at(-1) as string };
}

function isField(place: Place, name: string): boolean {
  const plain = plainName(name);
  return place.last === plain || place.last === `${plain}-name` || place.last === `${plain}-names`;
}

/** One edit on its way through one message. */
class Editing {
  private readonly protocol: CompiledProtocol;
  private readonly edit: Edit;
  private readonly place: Place | undefined;
  /** Places that fit so far, and those that were changed. */
  private fitting = 0;
  private count = 0;

  constructor(protocol: CompiledProtocol, edit: Edit) {
    this.protocol = protocol;
    this.edit = edit;
    this.place = edit.place === undefined ? undefined : parsePlace(edit.place);
  }

  message(bytes: Uint8Array): Edited {
    return { bytes: this.editMessage(this.protocol, bytes, []), count: this.count };
  }

  private editMessage(protocol: CompiledProtocol, bytes: Uint8Array, outer: readonly string[]): Uint8Array {
    if (bytes.length === 0) return bytes;
    const { header, name } = messageCodecAt(protocol, bytes, 0);
    const from = optionsStart(header, bytes, 0, bytes.length);
    if (from > bytes.length) return bytes;
    // The outermost message is where every place begins; one inside an option has its name on the way.
    const path = outer.length === 0 || name === null ? outer : [...outer, plainName(name)];
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const field of header.fields) {
      const size = field.size ?? 0;
      parts.push(this.field(field.name, field.encode, bytes.subarray(at, at + size), path));
      at += size;
    }
    parts.push(bytes.subarray(at, from), this.options(protocol.space, bytes, from, bytes.length, path));
    if (this.edit.do === 'add' && this.place === undefined && outer.length === 0)
      parts.push(this.added(protocol.space));
    return concatBytes(parts);
  }

  /** Options with what is to be changed in them; octets that are none stay behind the last one. */
  private options(
    space: Space,
    bytes: Uint8Array,
    start: number,
    end: number,
    path: readonly string[],
  ): Uint8Array {
    if (path.length > NESTING_MAX) return bytes.subarray(start, end);
    const parts: Uint8Array[] = [];
    let at = start;
    while (at + OPTION_HEADER_OCTETS <= end) {
      const to = at + OPTION_HEADER_OCTETS + readU16(bytes, at + 2);
      if (to > end) break;
      const codec = optionOf(space, readU16(bytes, at));
      parts.push(this.option(codec, space, bytes, at, to, path));
      at = to;
    }
    return concatBytes([...parts, bytes.subarray(at, end)]);
  }

  private option(
    codec: OptionCodec | undefined,
    space: Space,
    bytes: Uint8Array,
    at: number,
    to: number,
    outer: readonly string[],
  ): Uint8Array {
    const whole = bytes.subarray(at, to);
    if (codec === undefined) return whole;
    const path = [...outer, plainName(codec.name)];
    if (this.edit.do === 'remove' && this.isHere(path) && this.chosen()) return bytes.subarray(at, at);
    const before = this.count;
    const start = at + OPTION_HEADER_OCTETS;
    const from = to - start < codec.minimum ? -1 : fieldsEnd(codec, bytes, start, to);
    if (from < 0) return whole;
    const parts = this.fields(codec, bytes, start, to, path);
    if (codec.tail.kind === 'options') {
      const inner = codec.tail.space ?? space;
      parts.push(this.options(inner, bytes, from, to, path));
      if (this.edit.do === 'add' && this.isHere(path) && this.chosen()) parts.push(this.added(inner, true));
    } else parts.push(bytes.subarray(from, to));
    if (this.count === before) return whole;
    const contents = concatBytes(parts);
    if (contents.length > FRAME_OCTETS_MAX) return whole;
    const head = Uint8Array.of(
      whole[0] as number,
      whole[1] as number,
      contents.length >> 8,
      contents.length & 0xff,
    );
    return concatBytes([head, contents]);
  }

  private fields(
    codec: OptionCodec,
    bytes: Uint8Array,
    start: number,
    end: number,
    path: readonly string[],
  ): Uint8Array[] {
    const { fields, tail } = codec;
    let at = start;
    return fields.map((field, index) => {
      const size = field.size ?? (field.extent === undefined ? end - at : field.extent(bytes, at, end));
      const octets = bytes.subarray(at, at + size);
      at += size;
      const changed = this.field(field.name, field.encode, octets, path);
      const isMessage = tail.kind === 'message' && index === fields.length - 1 && changed === octets;
      return isMessage ? this.editMessage(tail.protocol, octets, path) : changed;
    });
  }

  private field(
    name: string,
    encode: (value: FieldInput) => Uint8Array | undefined,
    octets: Uint8Array,
    path: readonly string[],
  ): Uint8Array {
    if (this.edit.do !== 'set' || this.place === undefined || !isField(this.place, name)) return octets;
    if (!endsWith(path, this.place.options)) return octets;
    const changed = encode(this.edit.value);
    return changed !== undefined && this.chosen() ? changed : octets;
  }

  private isHere(path: readonly string[]): boolean {
    return this.place !== undefined && endsWith(path, [...this.place.options, this.place.last]);
  }

  /** Counts a place that fits; whether it is to be changed. */
  private chosen(): boolean {
    this.fitting++;
    if (this.edit.nth !== undefined && this.edit.nth !== this.fitting) return false;
    this.count++;
    return true;
  }

  private added(space: Space, counted = false): Uint8Array {
    if (this.edit.do !== 'add') return new Uint8Array(0);
    if (!counted) this.count++;
    return encodeOption(space, this.edit.option, 'add');
  }
}

/** Whether `path` ends with the last of `names` and holds the others before it, in their order. */
function endsWith(path: readonly string[], names: readonly string[]): boolean {
  if (names.length === 0) return true;
  if (path.at(-1) !== names.at(-1)) return false;
  let wanted = names.length - 2;
  for (let index = path.length - 2; index >= 0 && wanted >= 0; index--)
    if (path[index] === names[wanted]) wanted--;
  return wanted < 0;
}
