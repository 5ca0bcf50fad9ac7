/**
 * What frames of each protocol look like: types, lengths, options that fill the message exactly, and a time that a
 * server of this age would send. Used to recognize what speaks on a flow and to find frames in a stream that lost
 * its framing.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { Seen } from '../base/flow.ts';
import type { ProtocolName } from '../base/frame.ts';
import { EPOCH_2000_UNIX_SECONDS, secondsBetween, wrapSeconds } from '../base/time.ts';
import type { FrameTest } from './frame-test.ts';
import type { Space } from './space.ts';
import { optionOf } from './space.ts';

/** Message types (RFC 8156 §5.3; RFC 7653 for the two that negotiate TLS). */
export const REPLY = 7;
export const STARTTLS = 23;
const FAILOVER_FIRST = 24;
const FAILOVER_LAST = 35;
/** RFC 5007 §4.1.1, RFC 5460 §5.2, RFC 7653 §6.2. */
const LEASEQUERY_TYPES: ReadonlySet<number> = new Set([REPLY, 14, 15, 16, 17, 22, STARTTLS]);

const FAILOVER_HEADER_OCTETS = 8;
const PLAIN_HEADER_OCTETS = 4;
/** DHCPv4 failover: length, type, payload offset, time, xid. */
export const V4_HEADER_OCTETS = 12;
const V4_LENGTH_MAX = 2048;

/** How far a server's clock may be from the capture's for its time to count as evidence. */
const CLOCK_DISTANCE_MAX_SECONDS = 86_400;

/** Which epoch makes a 32-bit time that of the capture, give or take a day. */
export function epochOf(time: number, seen: Seen): '2000' | '1970' | undefined {
  const unix = seen.time.unixSeconds;
  if (isNear(time, wrapSeconds(unix - EPOCH_2000_UNIX_SECONDS))) return '2000';
  return isNear(time, wrapSeconds(unix)) ? '1970' : undefined;
}

function isNear(a: number, b: number): boolean {
  return Math.abs(secondsBetween(a, b)) <= CLOCK_DISTANCE_MAX_SECONDS;
}

/** Whether options fill `[at, end)` exactly, as far as their lengths say. */
function optionsFill(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at + 4 <= end) at += 4 + readU16(bytes, at + 2);
  return at === end;
}

/** Whether the first option at `at` is one that the protocol knows and lies before `end`. */
function knownOption(space: Space, bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 4 > end || at + 4 > bytes.length) return false;
  return optionOf(space, readU16(bytes, at)) !== undefined && at + 4 + readU16(bytes, at + 2) <= end;
}

function isDraftType(type: number): boolean {
  return type >= 1 && type <= 12;
}

function isFailoverType(type: number): boolean {
  return type >= FAILOVER_FIRST && type <= FAILOVER_LAST;
}

function typesThat(are: (type: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, type) => (are(type) ? 1 : 0));
}

const FAILOVER_HEADERS = typesThat((type) => isFailoverType(type) || type === REPLY || type === STARTTLS);
const LEASEQUERY_HEADERS = typesThat((type) => LEASEQUERY_TYPES.has(type));
const DRAFT_HEADERS = typesThat(isDraftType);

/** RFC 8156. */
export function failoverTest(space: Space): FrameTest {
  const hasSentTime = (type: number): boolean => type !== REPLY && type !== STARTTLS;
  return {
    includesPrefix: false,
    headerOctets: 3,
    candidateOctets: 2 + FAILOVER_HEADER_OCTETS,
    types: FAILOVER_HEADERS,
    isHeader(bytes, at) {
      const type = bytes[at + 2] as number;
      if (isFailoverType(type)) return readU16(bytes, at) >= FAILOVER_HEADER_OCTETS;
      return (type === REPLY || type === STARTTLS) && readU16(bytes, at) >= PLAIN_HEADER_OCTETS;
    },
    isCandidate(bytes, at, seen, lastTime) {
      if (!isFailoverType(bytes[at + 2] as number)) return false;
      const time = readU32(bytes, at + 6);
      if (epochOf(time, seen) !== undefined || (lastTime !== undefined && isNear(time, lastTime)))
        return true;
      return knownOption(space, bytes, at + 2 + FAILOVER_HEADER_OCTETS, at + 2 + readU16(bytes, at));
    },
    isWhole(bytes, at, end) {
      const header = hasSentTime(bytes[at + 2] as number) ? FAILOVER_HEADER_OCTETS : PLAIN_HEADER_OCTETS;
      return optionsFill(bytes, at + 2 + header, end);
    },
  };
}

/** Bulk and active leasequery over TCP. */
export function leasequeryTest(space: Space): FrameTest {
  return {
    includesPrefix: false,
    headerOctets: 3,
    candidateOctets: 2 + PLAIN_HEADER_OCTETS + 4,
    types: LEASEQUERY_HEADERS,
    isHeader: (bytes, at) =>
      LEASEQUERY_TYPES.has(bytes[at + 2] as number) && readU16(bytes, at) >= PLAIN_HEADER_OCTETS,
    isCandidate: (bytes, at) =>
      knownOption(space, bytes, at + 2 + PLAIN_HEADER_OCTETS, at + 2 + readU16(bytes, at)),
    isWhole: (bytes, at, end) => optionsFill(bytes, at + 2 + PLAIN_HEADER_OCTETS, end),
  };
}

/** draft-ietf-dhc-failover-12 and its dialects; `falseOffsets`: see dialects.ts. */
export function v4FailoverTest(falseOffsets: ReadonlyMap<number, string> = new Map()): FrameTest {
  const optionsOffset = (bytes: Uint8Array, at: number): number =>
    Math.max(bytes[at + 3] as number, V4_HEADER_OCTETS);
  return {
    includesPrefix: true,
    headerOctets: 4,
    candidateOctets: V4_HEADER_OCTETS,
    types: DRAFT_HEADERS,
    isHeader(bytes, at) {
      const length = readU16(bytes, at);
      const [type, offset] = [bytes[at + 2] as number, bytes[at + 3] as number];
      const offsetFits = falseOffsets.has(offset) || (offset >= V4_HEADER_OCTETS && offset <= length);
      return isDraftType(type) && length >= V4_HEADER_OCTETS && length <= V4_LENGTH_MAX && offsetFits;
    },
    isCandidate(bytes, at, seen, lastTime) {
      const time = readU32(bytes, at + 4);
      return epochOf(time, seen) === '1970' || (lastTime !== undefined && isNear(time, lastTime));
    },
    isWhole: (bytes, at, end) => optionsFill(bytes, at + optionsOffset(bytes, at), end),
  };
}

/**
 * RFC 8156 framing with the message types of the DHCPv4 draft, 1 to 12. Types alone say little, so a header is only
 * believed with a time that fits.
 */
export function draftNumbersTest(space: Space): FrameTest {
  const rfc = failoverTest(space);
  return {
    ...rfc,
    headerOctets: rfc.candidateOctets,
    types: DRAFT_HEADERS,
    isHeader(bytes, at) {
      const type = bytes[at + 2] as number;
      return isDraftType(type) && readU16(bytes, at) >= FAILOVER_HEADER_OCTETS;
    },
    isCandidate(bytes, at, seen, lastTime) {
      const time = readU32(bytes, at + 6);
      return epochOf(time, seen) !== undefined || (lastTime !== undefined && isNear(time, lastTime));
    },
    isWhole: (bytes, at, end) => optionsFill(bytes, at + 2 + FAILOVER_HEADER_OCTETS, end),
  };
}

/** Who may speak on TCP, in the order in which they are tried: a protocol, or a dialect with other headers. */
export const SPEAKERS = [
  'dhcpv6-failover',
  'dhcpv4-failover',
  'dhcpv6-leasequery',
  'draft-numbers',
] as const satisfies readonly (ProtocolName | 'draft-numbers')[];
export type Speaker = (typeof SPEAKERS)[number];

export function protocolOfSpeaker(speaker: Speaker): ProtocolName {
  return speaker === 'draft-numbers' ? 'dhcpv6-failover' : speaker;
}

export type FrameTests = Readonly<Record<Speaker, FrameTest>>;

/** Those of all speakers, for any number of flows. `space`: the options of a protocol. */
export function frameTests(
  space: (protocol: ProtocolName) => Space,
  falseOffsets: ReadonlyMap<number, string>,
): FrameTests {
  return {
    'dhcpv6-failover': failoverTest(space('dhcpv6-failover')),
    'dhcpv4-failover': v4FailoverTest(falseOffsets),
    'dhcpv6-leasequery': leasequeryTest(space('dhcpv6-leasequery')),
    'draft-numbers': draftNumbersTest(space('dhcpv6-failover')),
  };
}
