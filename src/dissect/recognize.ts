/**
 * Says what speaks on a TCP flow by its first octets, in which dialect, and why. Port numbers only decide how much
 * proof is wanted: on a port of the protocol a header is enough, anywhere else it takes a whole message that makes
 * sense. DHCPv4 and DHCPv6 failover share port 647 and are told apart by the third octet, the message type.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { Seen } from '../base/flow.ts';
import type { FrameTest } from './frame-test.ts';
import { PREFIX_OCTETS } from './frame-test.ts';
import { epochOf, type FrameTests, REPLY, SPEAKERS, type Speaker, STARTTLS } from './frame-tests.ts';

/** What was recognized, or how things stand. */
export type Verdict =
  | {
      readonly kind: 'protocol';
      readonly speaker: Speaker;
      readonly why: string;
      readonly dialect?: DialectFound;
    }
  | { readonly kind: 'more' }
  | { readonly kind: 'none' };

/** A way of speaking that changes how octets are read, and what shows it. */
export interface DialectFound {
  readonly name: string;
  readonly why: string;
}

const MORE: Verdict = { kind: 'more' };
const NONE: Verdict = { kind: 'none' };
/** ContentType handshake and the major version of all TLS records (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 3;

export function isTlsRecord(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    end - at >= 3 &&
    bytes[at] === TLS_HANDSHAKE &&
    bytes[at + 1] === TLS_MAJOR &&
    (bytes[at + 2] as number) <= 4
  );
}

/**
 * How a direction begins. `expected`: protocols whose port the flow is on. `bytes` begins at offset 0 of it. STARTTLS and
 * its REPLY are too short to prove anything on other ports: there, what was inside the TLS behind them has to.
 */
export function recognize(
  tests: FrameTests,
  bytes: Uint8Array,
  seen: Seen,
  expected: readonly Speaker[],
): Verdict {
  const verdict = recognizeFirst(tests, bytes, seen, expected);
  const behind = verdict.kind === 'protocol' ? undefined : endOfTlsNegotiation(bytes);
  if (behind === undefined) return verdict;
  return behind === bytes.length ? MORE : recognizeFirst(tests, bytes.subarray(behind), seen, expected);
}

/** Whether a direction may begin with STARTTLS or a REPLY to it, behind which something else begins. */
export function negotiatesTls(bytes: Uint8Array): boolean {
  const type = bytes[PREFIX_OCTETS];
  return type === STARTTLS || type === REPLY;
}

/** Where STARTTLS, or a REPLY to it, ends with which a direction begins. */
function endOfTlsNegotiation(bytes: Uint8Array): number | undefined {
  if (!negotiatesTls(bytes)) return undefined;
  const end = PREFIX_OCTETS + readU16(bytes, 0);
  return end <= bytes.length && end > PREFIX_OCTETS ? end : undefined;
}

function recognizeFirst(
  tests: FrameTests,
  bytes: Uint8Array,
  seen: Seen,
  expected: readonly Speaker[],
): Verdict {
  let open = false;
  for (const protocol of SPEAKERS) {
    const verdict = expected.includes(protocol)
      ? byHeader(protocol, tests[protocol], bytes)
      : byMessage(protocol, tests[protocol], bytes, seen);
    if (verdict.kind === 'protocol') {
      const dialect = dialectOf(protocol, bytes, seen);
      return dialect === undefined ? verdict : { ...verdict, dialect };
    }
    open ||= verdict.kind === 'more';
  }
  return open ? MORE : NONE;
}

/** On a port of the protocol: a header that it knows, or one that it does not with a known one behind it. */
function byHeader(protocol: Speaker, test: FrameTest, bytes: Uint8Array): Verdict {
  if (bytes.length < test.headerOctets) return MORE;
  if (test.isHeader(bytes, 0))
    return { kind: 'protocol', speaker: protocol, why: `its first message is of type ${bytes[2]}` };
  const next = readU16(bytes, 0) + (test.includesPrefix ? 0 : PREFIX_OCTETS);
  if (next + test.headerOctets > bytes.length) return NONE;
  if (!test.isHeader(bytes, next)) return NONE;
  return { kind: 'protocol', speaker: protocol, why: `its second message is of type ${bytes[next + 2]}` };
}

/** On any port: a whole message whose header is plausible and whose options fill it exactly. */
function byMessage(protocol: Speaker, test: FrameTest, bytes: Uint8Array, seen: Seen): Verdict {
  if (bytes.length < test.headerOctets) return MORE;
  if (!test.isHeader(bytes, 0)) return NONE;
  if (bytes.length < test.candidateOctets) return MORE;
  if (!test.isCandidate(bytes, 0, seen)) return NONE;
  const end = readU16(bytes, 0) + (test.includesPrefix ? 0 : PREFIX_OCTETS);
  if (bytes.length < end) return MORE;
  if (!test.isWhole(bytes, 0, end)) return NONE;
  return {
    kind: 'protocol',
    speaker: protocol,
    why: `its first octets are a whole message of type ${bytes[2]}`,
  };
}

/** Peculiarities that the first header shows. */
function dialectOf(protocol: Speaker, bytes: Uint8Array, seen: Seen): DialectFound | undefined {
  if (protocol === 'draft-numbers') {
    return {
      name: protocol,
      why: `message type ${bytes[2]} is that of the DHCPv4 draft, in the framing of RFC 8156`,
    };
  }
  if (protocol !== 'dhcpv6-failover' || bytes.length < 10 || epochOf(readU32(bytes, 6), seen) !== '1970')
    return undefined;
  return { name: 'unix-epoch', why: 'sent-time counts from 1970, not from 2000 (RFC 8156 §5.2)' };
}
