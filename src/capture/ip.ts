/**
 * IPv4 and IPv6 headers, with IPv6 extension headers: from the network layer to what it carries. Lengths are those
 * that the headers claim, so that octets which a short snapshot cut off can be told from octets that never were.
 */
import { readU16, readU32 } from '../base/bytes.ts';
import type { CaptureLimits } from './limits.ts';

export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
const MOBILITY = 135;
const HIP = 139;
const SHIM6 = 140;

export type IpOutcome = 'whole' | 'fragment' | 'cut' | 'malformed' | 'limit';

export class IpReader {
  version: 4 | 6 = 6;
  /** Of what lies at `at`, or of what the fragments make up. */
  protocol = 0;
  /** Offsets of the addresses, of 4 or 16 octets each. */
  source = 0;
  destination = 0;
  /** The payload is `[at, end)`, of which octets from `captured` on were cut off: `at <= captured <= end`. */
  at = 0;
  captured = 0;
  end = 0;
  /** Of a fragment: datagram, offset in octets, and whether others follow. */
  identification = 0;
  fragmentOffset = 0;
  moreFragments = false;
  private readonly headersMax: number;

  constructor(limits: CaptureLimits) {
    this.headersMax = limits.headersMax;
  }

  /** `bytes[at, captured)` was captured of a packet that ends at `wireEnd`. */
  readIpv4(bytes: Uint8Array, at: number, captured: number, wireEnd: number): IpOutcome {
    if (captured - at < 20) return 'cut';
    const headerOctets = ((bytes[at] as number) & 15) * 4;
    if ((bytes[at] as number) >> 4 !== 4 || headerOctets < 20) return 'malformed';
    if (captured - at < headerOctets) return 'cut';
    const length = readU16(bytes, at + 2);
    // Segmentation offload leaves 0 where it will write lengths later.
    const end = length === 0 ? wireEnd : at + length;
    if (end < at + headerOctets) return 'malformed';
    const fragment = readU16(bytes, at + 6);
    this.version = 4;
    this.protocol = bytes[at + 9] as number;
    this.source = at + 12;
    this.destination = at + 16;
    this.span(at + headerOctets, captured, end);
    if ((fragment & 0x3fff) === 0) return 'whole';
    this.identification = readU16(bytes, at + 4);
    this.fragmentOffset = (fragment & 0x1fff) * 8;
    this.moreFragments = (fragment & 0x2000) !== 0;
    return 'fragment';
  }

  /** As `readIpv4`. */
  readIpv6(bytes: Uint8Array, at: number, captured: number, wireEnd: number): IpOutcome {
    if (captured - at < 40) return 'cut';
    if ((bytes[at] as number) >> 4 !== 6) return 'malformed';
    const length = readU16(bytes, at + 4);
    // 0: a jumbogram (RFC 2675) or segmentation offload.
    this.version = 6;
    this.source = at + 8;
    this.destination = at + 24;
    this.span(at + 40, captured, length === 0 ? wireEnd : at + 40 + length);
    const protocol = bytes[at + 6] as number;
    if (protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP) {
      this.protocol = protocol;
      return 'whole';
    }
    return this.extensionHeaders(bytes, protocol);
  }

  /** Reads extension headers from `at` on, the first being of type `next` (RFC 8200 §4). */
  extensionHeaders(bytes: Uint8Array, next: number): IpOutcome {
    let type = next;
    for (let headers = 0; ; headers++) {
      this.protocol = type;
      if (!isExtension(type)) return 'whole';
      if (headers === this.headersMax) return 'limit';
      const { at, captured, end } = this;
      if (captured - at < 8) return end - at < 8 ? 'malformed' : 'cut';
      type = bytes[at] as number;
      if (this.protocol === FRAGMENT) {
        const fragment = readU16(bytes, at + 2);
        this.at = at + 8;
        // Atomic fragments (RFC 6946) are whole.
        if ((fragment & 0xfff9) === 0) continue;
        this.protocol = type;
        this.identification = readU32(bytes, at + 4);
        this.fragmentOffset = fragment & 0xfff8;
        this.moreFragments = (fragment & 1) !== 0;
        return 'fragment';
      }
      const units = bytes[at + 1] as number;
      this.at = at + (this.protocol === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8);
      if (this.at > captured) return this.at > end ? 'malformed' : 'cut';
    }
  }

  /** Sets the payload, where packets may be padded beyond it or cut within it. */
  span(at: number, captured: number, end: number): void {
    this.at = at;
    this.end = end;
    this.captured = Math.min(captured, end);
  }
}

function isExtension(type: number): boolean {
  switch (type) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true;
    default:
      return false;
  }
}
