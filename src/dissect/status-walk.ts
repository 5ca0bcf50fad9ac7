/**
 * The walk that finds the status code of a message and nothing else, for who counts rejections: a glance without all that
 * it judges and notes, and many times as fast. Follows compiled definitions alone, as that does.
 */
import { readU16 } from '../base/bytes.ts';
import { readNumber } from './codecs/numbers.ts';
import { ABSENT } from './glance.ts';
import { NESTING_MAX } from './limits.ts';
import { Judge, Role } from './option-look.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { optionOf, SMALL_CODE_MAX } from './space.ts';
import { STATUS_SUCCESS } from './vocabulary.ts';
import { fieldsEnd, lastFieldStart, messageCodecAt, OPTION_HEADER_OCTETS, optionsStart } from './walk.ts';

/** What a glance at the message `bytes[start, end)` would say of its status code. */
export function statusAt(protocol: CompiledProtocol, bytes: Uint8Array, start: number, end: number): number {
  return inMessage(protocol, bytes, start, end, 0);
}

function inMessage(
  protocol: CompiledProtocol,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): number {
  if (start >= end) return ABSENT;
  const from = optionsStart(messageCodecAt(protocol, bytes, start).header, bytes, start, end);
  return from <= end ? inOptions(protocol.space, bytes, from, end, depth) : ABSENT;
}

function inOptions(space: Space, bytes: Uint8Array, from: number, end: number, depth: number): number {
  if (depth > NESTING_MAX) return ABSENT;
  let found = ABSENT;
  let at = from;
  while (end - at >= OPTION_HEADER_OCTETS) {
    const start = at + OPTION_HEADER_OCTETS;
    const next = start + readU16(bytes, at + 2);
    if (next > end) break;
    const code = readU16(bytes, at);
    at = next;
    if (code <= SMALL_CODE_MAX && space.tellStatus[code] === 0) continue;
    const codec = optionOf(space, code);
    if (codec === undefined || !codec.look.tellsStatus) continue;
    const status = inOption(codec, space, bytes, start, next, depth);
    if (status > STATUS_SUCCESS) return status;
    if (status === STATUS_SUCCESS) found = status;
  }
  return found;
}

function inOption(
  codec: OptionCodec,
  space: Space,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): number {
  const { look, tail } = codec;
  const octets = end - start;
  if (look.judge === Judge.length ? octets !== look.minimum : octets < look.minimum) return ABSENT;
  if (look.role === Role.status) return readNumber(bytes, start + look.offset, look.size);
  if (tail.kind === 'options') {
    const from = look.fixed === ABSENT ? fieldsEnd(codec, bytes, start, end) : start + look.fixed;
    return from < 0 ? ABSENT : inOptions(tail.space ?? space, bytes, from, end, depth + 1);
  }
  if (tail.kind !== 'message') return ABSENT;
  return inMessage(tail.protocol, bytes, lastFieldStart(codec, start), end, depth + 1);
}
