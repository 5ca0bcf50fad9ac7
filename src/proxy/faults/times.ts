/** The absolute times of a message (RFC 8156 §5.2) and where they stand, for faults that move them. */
import { readU32 } from '../../base/bytes.ts';
import { addSeconds } from '../../base/time.ts';
import type { Message, TreeNode } from '../../dissect/message.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import { unitOf, writeU32 } from './patch.ts';

/** sent-time stands behind msg-type and transaction-id (RFC 8156 §5.2). */
const SENT_TIME_OFFSET = 4;
const OPTION_HEADER_OCTETS = 4;

/**
 * Options that begin with an absolute time: OPTION_LQ_BASE_TIME (RFC 7653), and of RFC 8156 EXPIRATION_TIME,
 * PARTNER_LIFETIME, PARTNER_LIFETIME_SENT, PARTNER_DOWN_TIME, PARTNER_RAW_CLT_TIME, RECONFIGURE_DATA,
 * START_TIME_OF_STATE and STATE_EXPIRATION_TIME. OPTION_CLT_TIME is relative to the base time and stays.
 */
const ABSOLUTE_TIME_OPTIONS: ReadonlySet<number> = new Set([100, 120, 123, 124, 125, 126, 129, 133, 134]);

/** 0 says that nothing was ever acknowledged, or is not known; all ones is infinity: neither is a time. */
const NO_TIMES: ReadonlySet<number> = new Set([0, 0xffff_ffff]);

/** The unit's octets with sent-time, and if `coherent` every absolute time, `seconds` later. */
export function shiftTimes(message: Message, seconds: number, coherent: boolean): Uint8Array {
  const octets = unitOf(message);
  shiftSentTime(octets, seconds);
  if (coherent) {
    const base = PREFIX_OCTETS - message.frame.start;
    for (const at of timePositions(message.tree()))
      if (!NO_TIMES.has(readU32(octets, base + at))) shiftAt(octets, base + at, seconds);
  }
  return octets;
}

/** Moves the sent-time of a unit whose message has one, in place. */
export function shiftSentTime(octets: Uint8Array, seconds: number): void {
  shiftAt(octets, PREFIX_OCTETS + SENT_TIME_OFFSET, seconds);
}

function shiftAt(octets: Uint8Array, at: number, seconds: number): void {
  writeU32(octets, at, addSeconds(readU32(octets, at), seconds));
}

/** Positions in `frame.bytes` of all absolute times in options. */
function timePositions(node: TreeNode): number[] {
  const own =
    node.kind === 'option' && ABSOLUTE_TIME_OPTIONS.has(node.code ?? -1) && node.end - node.start >= 8;
  const below = node.children.flatMap(timePositions);
  return own ? [node.start + OPTION_HEADER_OCTETS, ...below] : below;
}
