/** Where the parts of messages and options stand in their octets, for every walk over them. */
import { ABSENT } from './glance.ts';
import type { CompiledProtocol, HeaderCodec, MessageCodec, OptionCodec, Space } from './space.ts';
import { emptySpace, messageOf } from './space.ts';

/** Octets of option-code and option-len. */
export const OPTION_HEADER_OCTETS = 4;

/** Sub-options of an enterprise without a dissector. */
export const EMPTY_SPACE: Space = emptySpace('unknown');

/** Where the options of a message begin; more than `end` if it is too short for its header. */
export function optionsStart(header: HeaderCodec, bytes: Uint8Array, start: number, end: number): number {
  if (header.optionsOffset < 0 || start + header.optionsOffset >= end) return start + header.size;
  const offset = (bytes[start + header.optionsOffset] as number) - 2;
  return start + Math.max(offset, header.size);
}

/** Whether options are said to begin within the header, as no dialect does but in its own way. */
export function hasWrongOffset(header: HeaderCodec, bytes: Uint8Array, start: number, end: number): boolean {
  if (header.optionsOffset < 0 || start + header.optionsOffset >= end) return false;
  const offset = bytes[start + header.optionsOffset] as number;
  return offset - 2 < header.size && !header.falseOffsets.includes(offset);
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

/** The codec of the message whose first octet, the type, is at `start`. */
export function messageCodecAt(protocol: CompiledProtocol, bytes: Uint8Array, start: number): MessageCodec {
  return messageOf(protocol, bytes[start] as number);
}

/** Where a prefix stands in an option for those inside it: its length and then its address; -1: it has none. */
export function prefixIn({ look }: OptionCodec, start: number): number {
  return look.prefixLength === ABSENT ? ABSENT : start + look.prefixLength;
}

/**
 * Whether the fields of an option can all be read; says nothing about its tail. `around`: where the option around has its
 * prefix, -1 for none.
 */
export function areFieldsClean(
  codec: OptionCodec,
  bytes: Uint8Array,
  start: number,
  end: number,
  around: number,
): boolean {
  let at = start;
  for (const field of codec.fields) {
    const size = field.size ?? (field.extent === undefined ? end - at : field.extent(bytes, at, end));
    if (size < field.minimum || at + size > end) return false;
    if (field.problem !== undefined && field.problem(bytes, at, at + size, around) !== undefined)
      return false;
    at += size;
  }
  return at === end || codec.tail.kind === 'options';
}
