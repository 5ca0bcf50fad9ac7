/**
 * JSON of the options of a message, straight from its octets: no tree, no strings where octets will do. Octets are
 * judged while they are written, by the same rules as a glance: at the first thing that is wrong writing stops, and whoever
 * asked takes back what was written and goes the long way, `tree-json.ts`, whose shapes these are.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { FieldCodec } from './codec.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACKET, QUOTE } from './codec.ts';
import { type JsonBuffer, Piece } from './json-buffer.ts';
import { NESTING_MAX, UNKNOWN_HEADS_MAX } from './limits.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { optionOf } from './space.ts';
import { SUB_OPTIONS } from './tree-json.ts';
import {
  EMPTY_SPACE,
  hasWrongOffset,
  lastFieldStart,
  messageCodecAt,
  OPTION_HEADER_OCTETS,
  optionsStart,
} from './walk.ts';

const OPTIONS = new Piece(',"options":');
const DATA = new Piece(',"value":{"data":"');
const END_DATA = new Piece('"}}');
const END_VALUE = new Piece('}}');
const SUBS = new Piece(`,${JSON.stringify(SUB_OPTIONS)}:[`);
const SUB_HEAD = new Piece('{"sub-opt-code":');
const SUB_NAME = new Piece(',"name":');
const SUB_DATA = new Piece(',"sub-option-data":"');

/** `[…]`: the options of the message `bytes[start, end)`. False if something in them is not as its definition says. */
export function putMessageOptions(
  out: JsonBuffer,
  protocol: CompiledProtocol,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth = 0,
): boolean {
  if (start >= end) return false;
  const { header } = messageCodecAt(protocol, bytes, start);
  if (hasWrongOffset(header, bytes, start, end)) return false;
  const from = optionsStart(header, bytes, start, end);
  return from <= end && putOptions(out, protocol.space, bytes, from, end, depth);
}

function putOptions(
  out: JsonBuffer,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): boolean {
  if (depth > NESTING_MAX) return false;
  // Every option begins with its comma; that of the first becomes the bracket.
  const open = out.length;
  let at = start;
  while (end - at >= OPTION_HEADER_OCTETS) {
    const code = readU16(bytes, at);
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(bytes, at + 2);
    if (to > end) return false;
    const codec = optionOf(space, code);
    if (codec === undefined) putUnknown(out, code, bytes, from, to);
    else if (!putOption(out, codec, space, bytes, from, to, depth)) return false;
    at = to;
  }
  if (start === end) out.putCode(OPEN_BRACKET);
  else out.replace(open, OPEN_BRACKET);
  out.putCode(CLOSE_BRACKET);
  return at === end;
}

const unknownHeads = new Map<number, Piece>();

function putUnknown(out: JsonBuffer, code: number, bytes: Uint8Array, start: number, end: number): void {
  let head = unknownHeads.get(code);
  if (head === undefined) {
    head = new Piece(`,{"code":${code},"name":null,"len":`);
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
  depth: number,
): boolean {
  const { json, tail } = codec;
  out.put(json.head);
  if (!json.hasLength) {
    out.putNumber(end - start);
    out.put(json.open);
  }
  const at = putFields(out, codec, bytes, start, end);
  if (at < 0) return false;
  out.put(json.close);
  if (tail.kind === 'none') return true;
  if (tail.kind === 'options') {
    if (!putOptions(out, tail.space ?? space, bytes, at, end, depth + 1)) return false;
    out.putCode(CLOSE_BRACE);
    return true;
  }
  const from = lastFieldStart(codec, start);
  const whole =
    tail.kind === 'message'
      ? putNested(out, tail.protocol, bytes, from, end, depth + 1)
      : putSubOptions(
          out,
          tail.vendors.get(readU32(bytes, start)) ?? EMPTY_SPACE,
          bytes,
          from,
          end,
          depth + 1,
        );
  out.put(END_VALUE);
  return whole;
}

/** Members of the value behind the first key, with keys between them. Returns where the fields end, -1 if one is wrong. */
function putFields(
  out: JsonBuffer,
  codec: OptionCodec,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (end - start < codec.minimum) return -1;
  let at = start;
  for (const { lead, size: fixed, minimum, extent, problem, put } of codec.json.fields) {
    const size = fixed ?? (extent === undefined ? end - at : extent(bytes, at, end));
    if (size < minimum || at + size > end) return -1;
    if (problem !== undefined && problem(bytes, at, at + size) !== undefined) return -1;
    if (lead !== undefined) out.put(lead);
    put(out, bytes, at, at + size);
    at += size;
  }
  return at === end || codec.tail.kind === 'options' ? at : -1;
}

/** Members of a message inside an option, and the closing brace of that message. */
function putNested(
  out: JsonBuffer,
  protocol: CompiledProtocol,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): boolean {
  if (start >= end) return false;
  const { header } = messageCodecAt(protocol, bytes, start);
  if (start + header.size > end) return false;
  let at = start;
  for (let index = 0; index < header.fields.length; index++) {
    const field = header.fields[index] as FieldCodec;
    const to = at + (field.size ?? 0);
    out.put(header.leads[index] as Piece);
    field.json(out, bytes, at, to);
    at = to;
  }
  out.put(OPTIONS);
  const whole = putMessageOptions(out, protocol, bytes, start, end, depth);
  out.putCode(CLOSE_BRACE);
  return whole;
}

/** Sub-options of an enterprise, and the closing bracket of their list. */
function putSubOptions(
  out: JsonBuffer,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): boolean {
  if (depth > NESTING_MAX) return false;
  let at = start;
  while (end - at >= OPTION_HEADER_OCTETS) {
    if (at > start) out.putCode(COMMA);
    const code = readU16(bytes, at);
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(bytes, at + 2);
    if (to > end) return false;
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
    if (codec !== undefined && !putSubValue(out, codec, space, bytes, from, to, depth)) return false;
    out.putCode(CLOSE_BRACE);
    at = to;
  }
  out.putCode(CLOSE_BRACKET);
  return at === end;
}

function putSubValue(
  out: JsonBuffer,
  codec: OptionCodec,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): boolean {
  out.put(codec.json.open);
  const at = putFields(out, codec, bytes, start, end);
  if (at < 0) return false;
  out.putCode(CLOSE_BRACE);
  if (codec.tail.kind !== 'options') return true;
  out.put(SUBS);
  return putSubOptions(out, codec.tail.space ?? space, bytes, at, end, depth + 1);
}
