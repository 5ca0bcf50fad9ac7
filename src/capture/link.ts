/**
 * Link layers: from the first octet of a packet to its network layer. Answers are put into the reader's fields,
 * because one is wanted for each of millions of packets.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { CaptureLimits } from './limits.ts';
import { LINK_TYPE } from './link-types.ts';

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;

const ETHERTYPE_MPLS = 0x8847;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
/** 802.1Q, 802.1ad, and what came before them. */
const ETHERTYPES_VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200, 0x9300]);
/** Version and type, code, session and length (RFC 2516 §4). */
const PPPOE_OCTETS = 6;

const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;
/** SNAP with an Ethernet type: destination, source and control octet, and the organization. */
const SNAP_OCTETS = 8;
const ETHERTYPE_MIN = 0x0600;
/** AF_INET6 of Linux, Windows, NetBSD and OpenBSD, BSD/OS, FreeBSD, Darwin. */
const IPV6_FAMILIES: ReadonlySet<number> = new Set([10, 23, 24, 26, 28, 30]);
const IPV4_FAMILY = 2;

export class LinkReader {
  /** Ethernet type of what lies at `at`; 0 for what has none. */
  etherType = 0;
  /** Where the network layer begins. */
  at = 0;
  private readonly headersMax: number;

  constructor(limits: CaptureLimits) {
    this.headersMax = limits.headersMax;
  }

  /**
   * Reads the link-layer header of `bytes[start, end)`. `false` if the captured octets end within it or the link type
   * is not one that is read.
   */
  read(linkType: number, bytes: Uint8Array, start: number, end: number): boolean {
    switch (linkType) {
      case LINK_TYPE.ethernet:
        return start + 14 <= end && this.typed(bytes, start + 12, end);
      case LINK_TYPE.linuxSll:
        return start + 16 <= end && this.typed(bytes, start + 14, end);
      case LINK_TYPE.linuxSll2:
        return start + 20 <= end && this.cooked2(bytes, start, end);
      case LINK_TYPE.null:
      case LINK_TYPE.loop:
        return start + 4 < end && this.family(bytes, start);
      case LINK_TYPE.rawBsd:
      case LINK_TYPE.rawOpenBsd:
      case LINK_TYPE.raw:
      case LINK_TYPE.ipv4:
      case LINK_TYPE.ipv6:
        return start < end && this.version(bytes, start);
      case LINK_TYPE.ppp:
      case LINK_TYPE.pppHdlc:
        return this.ppp(bytes, start, end);
      case LINK_TYPE.pppEther:
        return this.ppp(bytes, start + PPPOE_OCTETS, end);
      case LINK_TYPE.pppPppd:
      case LINK_TYPE.pppWithDirection:
        return this.ppp(bytes, start + 1, end);
      case LINK_TYPE.ciscoHdlc:
        return start + 4 <= end && this.typed(bytes, start + 2, end);
      default:
        return false;
    }
  }

  /** An Ethernet type or length at `at`, behind any number of VLAN tags; PPPoE and MPLS are looked into. */
  private typed(bytes: Uint8Array, at: number, end: number): boolean {
    let type = readU16(bytes, at);
    let next = at + 2;
    if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) {
      for (let tags = 0; ETHERTYPES_VLAN.has(type); tags++) {
        if (next + 4 > end || tags === this.headersMax) return false;
        type = readU16(bytes, next + 2);
        next += 4;
      }
      if (type < ETHERTYPE_MIN) return this.snap(bytes, next, end);
      if (type === ETHERTYPE_PPPOE_SESSION) return this.ppp(bytes, next + PPPOE_OCTETS, end);
      if (type === ETHERTYPE_MPLS) return this.mpls(bytes, next, end);
    }
    this.etherType = type;
    this.at = next;
    return true;
  }

  /** Labels up to the bottom of the stack (RFC 3032 §2.1). What lies behind has no type, so its version must tell. */
  private mpls(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start, labels = 0; at + 4 < end && labels < this.headersMax; at += 4, labels++) {
      if (((bytes[at + 2] as number) & 1) === 1) return this.version(bytes, at + 4);
    }
    return false;
  }

  /** IEEE 802.3 with a length: only SNAP with an Ethernet type can hold IP (RFC 1042). */
  private snap(bytes: Uint8Array, at: number, end: number): boolean {
    const isSnap =
      at + SNAP_OCTETS <= end && readU32(bytes, at) === 0xaaaa_0300 && readU16(bytes, at + 4) === 0;
    this.etherType = isSnap ? readU16(bytes, at + 6) : 0;
    this.at = isSnap ? at + SNAP_OCTETS : at;
    return true;
  }

  /** The protocol type leads; a VLAN tag that the kernel left in place follows the header. */
  private cooked2(bytes: Uint8Array, start: number, end: number): boolean {
    const type = readU16(bytes, start);
    if (ETHERTYPES_VLAN.has(type)) return start + 24 <= end && this.typed(bytes, start + 22, end);
    this.etherType = type < ETHERTYPE_MIN ? 0 : type;
    this.at = start + 20;
    return true;
  }

  /** NULL has the address family in the byte order of the machine that captured, LOOP in network order. */
  private family(bytes: Uint8Array, start: number): boolean {
    const big = readU32(bytes, start);
    const value = big > 0xffff ? (bytes[start] as number) | ((bytes[start + 1] as number) << 8) : big;
    this.etherType = value === IPV4_FAMILY ? ETHERTYPE_IPV4 : IPV6_FAMILIES.has(value) ? ETHERTYPE_IPV6 : 0;
    this.at = start + 4;
    return true;
  }

  private version(bytes: Uint8Array, start: number): boolean {
    const version = (bytes[start] as number) >> 4;
    this.etherType = version === 4 ? ETHERTYPE_IPV4 : version === 6 ? ETHERTYPE_IPV6 : 0;
    this.at = start;
    return true;
  }

  /** With or without address and control octets, with one or two octets of protocol (RFC 1661, RFC 1662). */
  private ppp(bytes: Uint8Array, start: number, end: number): boolean {
    if (start + 4 >= end) return false;
    let at = start;
    if (bytes[at] === 0xff && bytes[at + 1] === 0x03) at += 2;
    const short = ((bytes[at] as number) & 1) === 1;
    const protocol = short ? (bytes[at] as number) : readU16(bytes, at);
    this.etherType = protocol === PPP_IPV4 ? ETHERTYPE_IPV4 : protocol === PPP_IPV6 ? ETHERTYPE_IPV6 : 0;
    this.at = at + (short ? 1 : 2);
    return this.at <= end;
  }
}
