/**
 * What is spoken on one connection, as far as the proxy must know it to find message boundaries: RFC 8156 (2-octet
 * length that does not count itself, RFC 5460 §5.1), the older DHCPv4 failover (length counts itself), or octets that
 * nobody here can cut. Decided once by the first message; TLS takes over after an accepted STARTTLS. Both directions
 * of a connection share one.
 */
import { readU16 } from '../base/bytes.ts';
import type { ProtocolName } from '../base/frame.ts';

export type Dialect = 'undecided' | 'dhcpv6-failover' | 'dhcpv4-failover' | 'unreadable';

/** Octets of a unit needed to decide, and of its length prefix. */
export const DECISION_OCTETS = 4;
export const PREFIX_OCTETS = 2;

/** What is said about TLS before TLS (RFC 7653 §8.2). */
export const REPLY = 7;
export const STARTTLS = 23;
const CONNECT = 31;
const CONNECTREPLY = 32;
const STATE = 34;
/** Of RFC 8156, the messages from which the proxy itself learns something: TLS, keepalive-times, states. */
const TELLING = new Uint8Array(256);
for (const type of [REPLY, STARTTLS, CONNECT, CONNECTREPLY, STATE]) TELLING[type] = 1;
const FAILOVER_TYPES = { first: 24, last: 35 } as const;
const V4_TYPES = { first: 1, last: 12 } as const;
const V4_HEADER_OCTETS = 12;
const V4_MESSAGE_OCTETS_MAX = 2048;
/** Windows writes 8 and means 12. */
const V4_WINDOWS_PAYLOAD_OFFSET = 8;
const OPTION_STATUS_CODE = 13;
const TLS_NEGOTIATION_HEADER_OCTETS = 4;

export class ConnectionDialect {
  dialect: Dialect = 'undecided';
  /** Why it is unreadable; empty otherwise. */
  reason = '';
  /** What cannot be read is TLS, after an accepted STARTTLS. */
  isTls = false;
  private startTlsAsked = false;
  private readonly readable: ReadonlySet<string>;

  private readonly tlsTakenOff: boolean;

  /**
   * `readable`: the protocols that the dissectors know; another one passes unread. `tlsTakenOff`: what follows an
   * accepted STARTTLS comes to us as what is inside.
   */
  constructor(
    readable: ReadonlySet<string> = new Set(['dhcpv6-failover', 'dhcpv4-failover']),
    tlsTakenOff = false,
  ) {
    this.readable = readable;
    this.tlsTakenOff = tlsTakenOff;
  }

  /** Decides by the first octets of the connection; the caller has DECISION_OCTETS of them. */
  decide(bytes: Uint8Array, at: number): void {
    const length = readU16(bytes, at);
    const type = bytes[at + 2] as number;
    const payloadOffset = bytes[at + 3] as number;
    const v4Offset = payloadOffset === V4_WINDOWS_PAYLOAD_OFFSET || payloadOffset >= V4_HEADER_OCTETS;
    const v4Length = length >= V4_HEADER_OCTETS && length <= V4_MESSAGE_OCTETS_MAX && payloadOffset <= length;
    if (type >= V4_TYPES.first && type <= V4_TYPES.last && v4Offset && v4Length)
      this.dialect = 'dhcpv4-failover';
    else if (type === REPLY || type === STARTTLS || isFailoverType(type)) this.dialect = 'dhcpv6-failover';
    else this.giveUp('the first octets are no failover message');
    if (this.dialect === 'dhcpv4-failover' && !this.readable.has(this.dialect)) {
      this.giveUp('this is DHCPv4 failover, not yet dissected');
    }
  }

  /** Octets of the unit whose prefix is at `at`, prefix included. */
  unitOctets(bytes: Uint8Array, at: number): number {
    return unitOctets(this.dialect, bytes, at);
  }

  /** Whether the unit at `at` is one that only passes by: nothing that we do depends on what it says. */
  passesBy(bytes: Uint8Array, at: number): boolean {
    return this.dialect === 'dhcpv4-failover' || TELLING[bytes[at + PREFIX_OCTETS] as number] === 0;
  }

  /** Follows STARTTLS (RFC 7653 §8.2): after a REPLY that refuses nothing, the rest is TLS. */
  notice(unit: Uint8Array): void {
    if (this.dialect !== 'dhcpv6-failover' || this.tlsTakenOff) return;
    const type = unit[PREFIX_OCTETS];
    if (type === STARTTLS) this.startTlsAsked = true;
    else if (type === REPLY && this.startTlsAsked && statusOf(unit) === 0) {
      this.isTls = true;
      this.giveUp('TLS after STARTTLS');
    }
  }

  giveUp(reason: string): void {
    this.dialect = 'unreadable';
    this.reason = reason;
  }
}

/** Octets of the unit whose prefix is at `at`, prefix included: the older protocol counts the prefix, too. */
export function unitOctets(dialect: Dialect | ProtocolName, bytes: Uint8Array, at: number): number {
  const length = readU16(bytes, at);
  return dialect === 'dhcpv4-failover' ? Math.max(length, PREFIX_OCTETS) : PREFIX_OCTETS + length;
}

function isFailoverType(type: number): boolean {
  return type >= FAILOVER_TYPES.first && type <= FAILOVER_TYPES.last;
}

/** Status of a REPLY; absence means Success (RFC 8415 §21.13). */
export function statusOf(unit: Uint8Array): number {
  let at = PREFIX_OCTETS + TLS_NEGOTIATION_HEADER_OCTETS;
  while (at + 6 <= unit.length) {
    if (readU16(unit, at) === OPTION_STATUS_CODE) return readU16(unit, at + 4);
    at += 4 + readU16(unit, at + 2);
  }
  return 0;
}
