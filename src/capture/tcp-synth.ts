/**
 * Packets for a TCP stream that never was a packet to us: the proxy knows octets, a recording needs Ethernet, IP and
 * TCP around them. One object is one connection; it keeps the sequence numbers, and each call returns the packets that
 * two ordinary hosts would have sent: data in segments, each call's data acknowledged by the other side.
 */
import type { Direction, Endpoint } from '../base/flow.ts';
import { invariant } from '../base/invariant.ts';
import { parseIpv6 } from '../base/ipv6.ts';

export interface SynthPacket {
  readonly direction: Direction;
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
}

export interface TcpSynthOptions {
  /** Most octets of data in one segment; 1440 unless told, the usual of IPv6 on Ethernet. */
  readonly segmentOctetsMax?: number;
  /** By direction: the sequence number of the SYN. A reused 4-tuple should begin elsewhere than before. */
  readonly initialSequence?: readonly [number, number];
}

const SEGMENT_OCTETS_DEFAULT = 1440;
const SEGMENT_OCTETS_LIMIT = 65_000;
const ETHERNET_OCTETS = 14;
const TCP_OCTETS = 20;
const WINDOW = 0xffff;
const PROTOCOL_TCP = 6;
const HOP_LIMIT = 64;
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;

/** Locally administered link-layer addresses, by direction the sender's. */
const MACS = [Uint8Array.of(2, 0, 0, 0, 0, 1), Uint8Array.of(2, 0, 0, 0, 0, 2)] as const;
const NO_OPTIONS = new Uint8Array(0);

export class TcpSynth {
  private readonly ends: readonly [Endpoint, Endpoint];
  private readonly addresses: readonly [Uint8Array, Uint8Array];
  private readonly segmentOctetsMax: number;
  private readonly next: [number, number];
  private readonly finished: [boolean, boolean] = [false, false];
  private packetsSent = 0;

  /** `ends[0]` is the opener. Zones are dropped; an IPv4 end beside an IPv6 one is written as mapped. */
  constructor(ends: readonly [Endpoint, Endpoint], options: TcpSynthOptions = {}) {
    this.ends = ends;
    this.addresses = addressesOf(ends);
    this.segmentOctetsMax = options.segmentOctetsMax ?? SEGMENT_OCTETS_DEFAULT;
    invariant(
      this.segmentOctetsMax > 0 && this.segmentOctetsMax <= SEGMENT_OCTETS_LIMIT,
      `segmentOctetsMax is from 1 to ${SEGMENT_OCTETS_LIMIT}`,
    );
    const [first, second] = options.initialSequence ?? [1_000_000, 2_000_000];
    this.next = [first >>> 0, second >>> 0];
  }

  /** The three-way handshake. */
  open(): SynthPacket[] {
    return [this.packet(0, SYN), this.packet(1, SYN | ACK), this.packet(0, ACK)];
  }

  /** `bytes[start, end)` in segments, and the other side's acknowledgement. */
  data(direction: Direction, bytes: Uint8Array, start = 0, end = bytes.length): SynthPacket[] {
    invariant(!this.finished[direction], 'no data after FIN or RST');
    const packets: SynthPacket[] = [];
    for (let at = start; at < end; at += this.segmentOctetsMax) {
      const stop = Math.min(at + this.segmentOctetsMax, end);
      packets.push(this.packet(direction, stop === end ? ACK | PSH : ACK, bytes, at, stop));
    }
    if (packets.length > 0) packets.push(this.packet(other(direction), ACK));
    return packets;
  }

  /** FIN and its acknowledgement. */
  fin(direction: Direction): SynthPacket[] {
    invariant(!this.finished[direction], 'FIN once, and not after RST');
    this.finished[direction] = true;
    return [this.packet(direction, FIN | ACK), this.packet(other(direction), ACK)];
  }

  /** RST sent by `direction`; ends both. */
  reset(direction: Direction): SynthPacket[] {
    this.finished[0] = true;
    this.finished[1] = true;
    return [this.packet(direction, RST | ACK)];
  }

  private packet(
    direction: Direction,
    flags: number,
    data: Uint8Array = NO_OPTIONS,
    start = 0,
    end = data.length,
  ): SynthPacket {
    const options = (flags & SYN) !== 0 ? this.synOptions() : NO_OPTIONS;
    const tcpOctets = TCP_OCTETS + options.length + end - start;
    const version6 = this.addresses[0].length === 16;
    const ipOctets = version6 ? 40 : 20;
    const bytes = new Uint8Array(ETHERNET_OCTETS + ipOctets + tcpOctets);
    const view = new DataView(bytes.buffer);
    bytes.set(MACS[other(direction)], 0);
    bytes.set(MACS[direction], 6);
    view.setUint16(12, version6 ? 0x86dd : 0x0800);
    if (version6) this.ipv6Header(view, bytes, direction, tcpOctets);
    else this.ipv4Header(view, bytes, direction, tcpOctets);
    const tcp = ETHERNET_OCTETS + ipOctets;
    const from = this.ends[direction];
    const to = this.ends[other(direction)];
    view.setUint16(tcp, from.port);
    view.setUint16(tcp + 2, to.port);
    view.setUint32(tcp + 4, this.next[direction]);
    view.setUint32(tcp + 8, (flags & ACK) !== 0 ? this.next[other(direction)] : 0);
    bytes[tcp + 12] = ((TCP_OCTETS + options.length) / 4) << 4;
    bytes[tcp + 13] = flags;
    view.setUint16(tcp + 14, WINDOW);
    bytes.set(options, tcp + TCP_OCTETS);
    bytes.set(data.subarray(start, end), tcp + TCP_OCTETS + options.length);
    const addresses = this.addresses[0].length * 2;
    const pseudoHeader = sumOfWords(bytes, tcp - addresses, tcp) + PROTOCOL_TCP + tcpOctets;
    view.setUint16(tcp + 16, checksum(pseudoHeader + sumOfWords(bytes, tcp, bytes.length)));
    const consumed = end - start + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
    this.next[direction] = (this.next[direction] + consumed) >>> 0;
    return { direction, bytes };
  }

  private ipv6Header(view: DataView, bytes: Uint8Array, direction: Direction, tcpOctets: number): void {
    const ip = ETHERNET_OCTETS;
    bytes[ip] = 0x60;
    view.setUint16(ip + 4, tcpOctets);
    bytes[ip + 6] = PROTOCOL_TCP;
    bytes[ip + 7] = HOP_LIMIT;
    bytes.set(this.addresses[direction], ip + 8);
    bytes.set(this.addresses[other(direction)], ip + 24);
  }

  private ipv4Header(view: DataView, bytes: Uint8Array, direction: Direction, tcpOctets: number): void {
    const ip = ETHERNET_OCTETS;
    bytes[ip] = 0x45;
    view.setUint16(ip + 2, 20 + tcpOctets);
    view.setUint16(ip + 4, this.packetsSent++ & 0xffff);
    bytes[ip + 6] = 0x40;
    bytes[ip + 8] = HOP_LIMIT;
    bytes[ip + 9] = PROTOCOL_TCP;
    bytes.set(this.addresses[direction], ip + 12);
    bytes.set(this.addresses[other(direction)], ip + 16);
    view.setUint16(ip + 10, checksum(sumOfWords(bytes, ip, ip + 20)));
  }

  /** Maximum segment size, and a window scale of 7, so that no recorded window is ever full. */
  private synOptions(): Uint8Array {
    return Uint8Array.of(2, 4, this.segmentOctetsMax >> 8, this.segmentOctetsMax & 0xff, 1, 3, 3, 7);
  }
}

function other(direction: Direction): Direction {
  return direction === 0 ? 1 : 0;
}

/** Both addresses as octets of the same family. */
function addressesOf(ends: readonly [Endpoint, Endpoint]): readonly [Uint8Array, Uint8Array] {
  const [a, b] = ends.map((end) => addressOctets(end.address)) as [Uint8Array, Uint8Array];
  return a.length === b.length ? [a, b] : [mapped(a), mapped(b)];
}

function addressOctets(text: string): Uint8Array {
  const bare = text.split('%', 1)[0] as string;
  if (!bare.includes(':')) {
    const octets = bare.split('.').map(Number);
    invariant(
      octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255),
      `${text} is an address`,
    );
    return Uint8Array.from(octets);
  }
  const octets = parseIpv6(bare);
  invariant(octets !== undefined, `${text} is an address`);
  return octets;
}

function mapped(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const octets = new Uint8Array(16);
  octets.fill(0xff, 10, 12);
  octets.set(address, 12);
  return octets;
}

/** Sum of big-endian 16-bit words; below 2^53 for anything that fits into memory. */
function sumOfWords(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) {
    sum += ((bytes[at] as number) << 8) | (at + 1 < end ? (bytes[at + 1] as number) : 0);
  }
  return sum;
}

/** The Internet checksum (RFC 1071) of a sum of words. */
function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded & 0xffff);
  return ~folded & 0xffff;
}
