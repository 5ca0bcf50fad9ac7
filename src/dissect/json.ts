/**
 * JSON of the options of a clean message, straight from its octets: no tree, no strings where octets will do. Shapes
 * are those of `tree-json.ts`. Nothing is checked here; `isClean` has been asked before.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { FieldCodec } from './codec.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACKET, QUOTE } from './codec.ts';
import type { JsonBuffer } from './json-buffer.ts';
import { utf8 } from './json-buffer.ts';
import { UNKNOWN_HEADS_MAX } from './limits.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { optionOf } from './space.ts';
import { SUB_OPTIONS } from './tree-json.ts';
import { EMPTY_SPACE, lastFieldStart, messageCodecAt, OPTION_HEADER_OCTETS, optionsStart } from './walk.ts';

const OPTIONS = utf8(',"options":');
const DATA = utf8(',"value":{"data":"');
const END_DATA = utf8('"}}');
const END_VALUE = utf8('}}');
const SUBS = utf8(`,${JSON.stringify(SUB_OPTIONS)}:[`);
const SUB_HEAD = utf8('{"sub-opt-code":');
const SUB_NAME = utf8(',"name":');
const SUB_DATA = utf8(',"sub-option-data":"');

/** `[…]`: the options of `bytes[start, end)`. */
export function putOptions(
  out: JsonBuffer,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  // Every option begins with its comma; that of the first becomes the bracket.
  const open = out.length;
  if (start === end) out.putCode(OPEN_BRACKET);
  let at = start;
  while (at < end) {
    const code = readU16(bytes, at);
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(bytes, at + 2);
    const codec = optionOf(space, code);
    if (codec === undefined) putUnknown(out, code, bytes, from, to);
    else putOption(out, codec, space, bytes, from, to);
    at = to;
  }
  if (start < end) out.replace(open, OPEN_BRACKET);
  out.putCode(CLOSE_BRACKET);
}

const unknownHeads = new Map<number, Uint8Array>();

function putUnknown(out: JsonBuffer, code: number, bytes: Uint8Array, start: number, end: number): void {
  let head = unknownHeads.get(code);
  if (head === undefined) {
    head = utf8(`,{"code":${code},"name":null,"len":`);
    if (unknownHeads.size < UNKNOWN_HEADS_MAX) unknownHeads.set(code, head);
  }
  out.put(head);
  out.putNumber(end - start);
  out.put(DATA);
  out.putHex(bytes, start, end);
  out.put(END_DATA);
}

function putOption(
  out: JsonBuffer,
  codec: OptionCodec,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { json, tail } = codec;
  out.put(json.head);
  if (!json.hasLength) {
    out.putNumber(end - start);
    out.put(json.open);
  }
  const at = putFields(out, codec, bytes, start, end);
  out.put(json.close);
  if (tail.kind === 'none') return;
  if (tail.kind === 'options') {
    putOptions(out, tail.space ?? space, bytes, at, end);
    out.putCode(CLOSE_BRACE);
    return;
  }
  const from = lastFieldStart(codec, start);
  if (tail.kind === 'message') putNested(out, tail.protocol, bytes, from, end);
  else putSubOptions(out, tail.vendors.get(readU32(bytes, start)) ?? EMPTY_SPACE, bytes, from, end);
  out.put(END_VALUE);
}

/** Members of the value behind the first key, with keys between them. Returns where the fields end. */
function putFields(
  out: JsonBuffer,
  codec: OptionCodec,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const { fields, json } = codec;
  let at = start;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as FieldCodec;
    const size = field.size ?? (field.extent === undefined ? end - at : field.extent(bytes, at, end));
    if (index > 0) out.put(json.leads[index] as Uint8Array);
    field.json(out, bytes, at, at + size);
    at += size;
  }
  return at;
}

/** Members of a message inside an option, and the closing brace of that message. */
function putNested(
  out: JsonBuffer,
  protocol: CompiledProtocol,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { header } = messageCodecAt(protocol, bytes, start);
  let at = start;
  for (const field of header.fields) {
    const to = at + (field.size ?? 0);
    if (at > start) out.putCode(COMMA);
    out.put(field.jsonLead);
    field.json(out, bytes, at, to);
    at = to;
  }
  out.put(OPTIONS);
  putOptions(out, protocol.space, bytes, optionsStart(header, bytes, start, end), end);
  out.putCode(CLOSE_BRACE);
}

/** Sub-options of an enterprise, and the closing bracket of their list. */
function putSubOptions(out: JsonBuffer, space: Space, bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end) {
    if (at > start) out.putCode(COMMA);
    const code = readU16(bytes, at);
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(bytes, at + 2);
    const codec = optionOf(space, code);
    out.put(SUB_HEAD);
    out.putNumber(code);
    if (codec !== undefined) {
      out.put(SUB_NAME);
      out.putString(codec.name);
    }
    out.put(SUB_DATA);
    out.putHex(bytes, from, to);
    out.putCode(QUOTE);
    if (codec !== undefined) putSubValue(out, codec, space, bytes, from, to);
    out.putCode(CLOSE_BRACE);
    at = to;
  }
  out.putCode(CLOSE_BRACKET);
}

function putSubValue(
  out: JsonBuffer,
  codec: OptionCodec,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  out.put(codec.json.open);
  const at = putFields(out, codec, bytes, start, end);
  out.putCode(CLOSE_BRACE);
  if (codec.tail.kind !== 'options') return;
  out.put(SUBS);
  putSubOptions(out, codec.tail.space ?? space, bytes, at, end);
}
