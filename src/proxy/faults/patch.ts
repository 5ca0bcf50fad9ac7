/** Changed copies of units: what faults that alter octets have in common. */
import type { Message } from '../../dissect/message.ts';
import { withPrefix } from '../cutter.ts';
import type { InFlight, StageSetup } from '../stage.ts';

/** What faults that make or change contents know: messages of RFC 8156. */
export const PROTOCOL = 'dhcpv6-failover';

/** A writable copy of the unit that holds the message, length prefix included. */
export function unitOf(message: Message): Uint8Array {
  const { bytes, start, end } = message.frame;
  return unitWith(bytes.subarray(start, end), message);
}

/** A unit of the same protocol as `like` with this body. */
export function unitWith(body: Uint8Array, like: Message): Uint8Array {
  const octets = withPrefix(body);
  if (like.protocol === 'dhcpv4-failover') writeU16(octets, 0, octets.length);
  return octets;
}

/** `unit` with other octets, read again. */
export function changedUnit(
  unit: InFlight,
  octets: Uint8Array,
  dissect: StageSetup['dissect'],
  now: number,
): InFlight {
  return { ...unit, octets, message: dissect(octets, now, unit.original ?? unit.message) };
}

export function writeU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value & 0xff;
}

export function writeU32(octets: Uint8Array, at: number, value: number): void {
  writeU16(octets, at, value >>> 16);
  writeU16(octets, at + 2, value & 0xffff);
}

/** A part of a unit that a fault has cut into pieces; the last one stands for the whole. */
export function pieceOf(whole: InFlight, octets: Uint8Array, last: boolean): InFlight {
  if (last) return { ...whole, octets, fragment: true };
  return { ...whole, octets, original: null, message: null, fragment: true };
}
