/**
 * Walks over the octets of a message without making objects: for statistics, for indexing a few fields, and to see
 * whether a message is clean, in which case JSON can be written straight from its octets.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import { NESTING_MAX } from './limits.ts';
import type { CompiledProtocol, HeaderCodec, MessageCodec, OptionCodec, Space } from './space.ts';
import { messageOf, optionOf } from './space.ts';

/** Octets of option-code and option-len. */
export const OPTION_HEADER_OCTETS = 4;

/** Sub-options of an enterprise without a dissector. */
export const EMPTY_SPACE: Space = { name: 'unknown', byCode: new Map(), small: [], elsewhere: new Map() };

/** Called for every option: its codec if one is known, its code, its contents, how deep it is (0: top level). */
export type OptionVisitor = (
  codec: OptionCodec | undefined,
  code: number,
  start: number,
  end: number,
  depth: number,
) => void;

/** Where the options of a message begin; more than `end` if it is too short for its header. */
export function optionsStart(header: HeaderCodec, bytes: Uint8Array, start: number, end: number): number {
  if (header.optionsOffset < 0 || start + header.optionsOffset >= end) return start + header.size;
  const offset = (bytes[start + header.optionsOffset] as number) - 2;
  return start + Math.max(offset, header.size);
}

/** Where the fields of an option end and its tail begins, or -1 if they do not fit. */
export function fieldsEnd(codec: OptionCodec, bytes: Uint8Array, start: number, end: number): number {
  if (codec.fixed !== undefined) return start + codec.fixed <= end ? start + codec.fixed : -1;
  let at = start;
  for (const field of codec.fields) {
    const size = field.size ?? (field.extent === undefined ? end - at : field.extent(bytes, at, end));
    if (size < 0 || at + size > end) return -1;
    at += size;
  }
  return at;
}

/** Where the last field of an option begins; the others all have sizes when its tail is `message` or `vendor`. */
export function lastFieldStart(codec: OptionCodec, start: number): number {
  let at = start;
  for (let index = 0; index < codec.fields.length - 1; index++) at += codec.fields[index]?.size ?? 0;
  return at;
}

/**
 * Visits all options of `bytes[start, end)`, nested ones after the option that holds them, as far as they can be read.
 * False if some length was wrong or nesting went too deep.
 */
export function walkOptions(
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: OptionVisitor,
  depth = 0,
): boolean {
  if (depth > NESTING_MAX) return false;
  let whole = true;
  let at = start;
  while (end - at >= OPTION_HEADER_OCTETS) {
    const code = readU16(bytes, at);
    const from = at + OPTION_HEADER_OCTETS;
    const to = from + readU16(bytes, at + 2);
    if (to > end) return false;
    const codec = optionOf(space, code);
    visit(codec, code, from, to, depth);
    if (codec !== undefined && codec.tail.kind !== 'none') {
      whole = walkTail(codec, space, bytes, from, to, visit, depth + 1) && whole;
    }
    at = to;
  }
  return whole && at === end;
}

function walkTail(
  codec: OptionCodec,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: OptionVisitor,
  depth: number,
): boolean {
  const { tail } = codec;
  if (end - start < codec.minimum) return false;
  switch (tail.kind) {
    case 'options': {
      const from = fieldsEnd(codec, bytes, start, end);
      return from >= 0 && walkOptions(tail.space ?? space, bytes, from, end, visit, depth);
    }
    case 'message':
      return walkMessage(tail.protocol, bytes, lastFieldStart(codec, start), end, visit, depth);
    case 'vendor':
      return walkOptions(
        tail.vendors.get(readU32(bytes, start)) ?? EMPTY_SPACE,
        bytes,
        lastFieldStart(codec, start),
        end,
        visit,
        depth,
      );
    default:
      return true;
  }
}

/** The options of a whole message, `walkOptions` otherwise. `space` is that of its dialect. */
export function walkMessage(
  protocol: CompiledProtocol,
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: OptionVisitor,
  depth = 0,
  space: Space = protocol.space,
): boolean {
  if (start >= end) return false;
  const from = optionsStart(headerOf(protocol, bytes, start), bytes, start, end);
  return from <= end && walkOptions(space, bytes, from, end, visit, depth);
}

function headerOf(protocol: CompiledProtocol, bytes: Uint8Array, start: number): HeaderCodec {
  return messageCodecAt(protocol, bytes, start).header;
}

/** The codec of the message whose first octet, the type, is at `start`. */
export function messageCodecAt(protocol: CompiledProtocol, bytes: Uint8Array, start: number): MessageCodec {
  return messageOf(protocol, bytes[start] as number);
}

/** Whether everything in the message can be read as its definitions say. */
export function isClean(
  protocol: CompiledProtocol,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let clean = true;
  const judge: OptionVisitor = (codec, _code, from, to) => {
    if (codec !== undefined && clean) clean = isOptionClean(codec, bytes, from, to);
  };
  return walkMessage(protocol, bytes, start, end, judge, 0, space) && clean;
}

/** Whether the fields of one option can be read; says nothing about its tail. */
function isOptionClean(codec: OptionCodec, bytes: Uint8Array, start: number, end: number): boolean {
  const octets = end - start;
  if (octets < codec.minimum) return false;
  if (codec.fixed !== undefined && !codec.judges) return codec.tail.kind !== 'none' || octets === codec.fixed;
  let at = start;
  for (const field of codec.fields) {
    const size = field.size ?? (field.extent === undefined ? end - at : field.extent(bytes, at, end));
    if (size < field.minimum || at + size > end) return false;
    if (field.problem !== undefined && field.problem(bytes, at, at + size) !== undefined) return false;
    at += size;
  }
  return at === end || codec.tail.kind === 'options';
}
