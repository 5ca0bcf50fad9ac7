/**
 * Packets for a TCP stream that never was a packet to us: the proxy knows octets, a recording needs Ethernet, IP and
 * TCP around them. One object is one connection; it keeps the sequence numbers, and each call returns the packets that
 * two ordinary hosts would have sent: data in segments, and acknowledgements for them.
 */
import { type Direction, opposite } from '../base/flow.ts';
import { invariant } from '../base/invariant.ts';
import { parseIpv6 } from '../base/ipv6.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import { Slab } from './slab.ts';

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
  /** Memory for a packet of so many octets, all of which are written; fresh memory unless told. */
  readonly take?: (octets: number) => Uint8Array;
}

const SEGMENT_OCTETS_DEFAULT = 1440;
const SEGMENT_OCTETS_LIMIT = 65_000;
const ETHERNET_OCTETS = 14;
const IPV4_OCTETS = 20;
const IPV6_OCTETS = 40;
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
/** From here on it pays to sum four octets at a time. */
const ALIGNED_OCTETS_MIN = 512;
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export class TcpSynth {
  /** By direction: all headers without TCP options, with 0 for what differs from packet to packet. */
  private readonly templates: readonly [Uint8Array, Uint8Array];
  /** Sum of the words that every TCP checksum covers, without those that differ; the same for both directions. */
  private readonly constantSum: number;
  /** The same of an IPv4 header. */
  private readonly ipv4Sum: number;
  private readonly six: boolean;
  private readonly segmentOctetsMax: number;
  private readonly take: (octets: number) => Uint8Array;
  private readonly next: [number, number];
  private readonly finished: [boolean, boolean] = [false, false];
  /** By direction: segments with data that the other side has said nothing of. */
  private readonly unacknowledged: [number, number] = [0, 0];
  private packetsSent = 0;

  /** `ends[0]` is the opener. Zones are dropped; an IPv4 end beside an IPv6 one is written as mapped. */
  constructor(ends: readonly [SocketAddress, SocketAddress], options: TcpSynthOptions = {}) {
    const addresses = addressesOf(ends);
    this.six = addresses[0].length === 16;
    this.templates = [template(ends, addresses, 0), template(ends, addresses, 1)];
    const [headers] = this.templates;
    this.ipv4Sum = this.six ? 0 : sumOfWords(headers, ETHERNET_OCTETS, ETHERNET_OCTETS + IPV4_OCTETS);
    this.constantSum =
      sumOfWords(addresses[0]) +
      sumOfWords(addresses[1]) +
      PROTOCOL_TCP +
      ends[0].port +
      ends[1].port +
      WINDOW;
    this.segmentOctetsMax = options.segmentOctetsMax ?? SEGMENT_OCTETS_DEFAULT;
    invariant(
      this.segmentOctetsMax > 0 && this.segmentOctetsMax <= SEGMENT_OCTETS_LIMIT,
      `segmentOctetsMax is from 1 to ${SEGMENT_OCTETS_LIMIT}`,
    );
    const [first, second] = options.initialSequence ?? [1_000_000, 2_000_000];
    this.next = [first >>> 0, second >>> 0];
    const slab = new Slab();
    this.take = options.take ?? ((octets) => slab.take(octets));
  }

  /** The three-way handshake. */
  open(): SynthPacket[] {
    return [this.packet(0, SYN), this.packet(1, SYN | ACK), this.packet(0, ACK)];
  }

  /**
   * `bytes[start, end)` in segments, and the other side's acknowledgement: as of ordinary hosts (RFC 9293 §3.8.6.3), one
   * for every second segment at least, unless data that goes back says it.
   */
  data(direction: Direction, bytes: Uint8Array, start = 0, end = bytes.length): SynthPacket[] {
    invariant(!this.finished[direction], 'no data after FIN or RST');
    const packets: SynthPacket[] = [];
    for (let at = start; at < end; at += this.segmentOctetsMax) {
      const stop = Math.min(at + this.segmentOctetsMax, end);
      packets.push(this.packet(direction, stop === end ? ACK | PSH : ACK, bytes, at, stop));
    }
    this.unacknowledged[direction] += packets.length;
    if (this.unacknowledged[direction] > 1) packets.push(this.packet(opposite(direction), ACK));
    return packets;
  }

  /** Octets of the only packet that `data` would now make of so much, or 0 if it would make another number of them. */
  singleOctets(direction: Direction, octets: number): number {
    const isSingle = octets > 0 && octets <= this.segmentOctetsMax && this.unacknowledged[direction] === 0;
    return isSingle && !this.finished[direction] ? this.templates[direction].length + octets : 0;
  }

  /** That packet, at `at` in `to`; `sum` is `sumOfData(bytes)`, which does not have to be made twice for two legs. */
  putSingle(direction: Direction, bytes: Uint8Array, sum: number, to: Uint8Array, at: number): void {
    this.unacknowledged[direction]++;
    to.set(bytes, at + this.templates[direction].length);
    this.header(direction, ACK | PSH, TCP_OCTETS, bytes.length, sum, to, at);
  }

  /** FIN and its acknowledgement. */
  fin(direction: Direction): SynthPacket[] {
    invariant(!this.finished[direction], 'FIN once, and not after RST');
    this.finished[direction] = true;
    return [this.packet(direction, FIN | ACK), this.packet(opposite(direction), ACK)];
  }

  /** RST sent by `direction`; ends both. */
  reset(direction: Direction): SynthPacket[] {
    this.finished[0] = true;
    this.finished[1] = true;
    return [this.packet(direction, RST | ACK)];
  }

  /** Writes into `to` the sequence numbers that follow, by direction. */
  position(to: [number, number]): void {
    [to[0], to[1]] = this.next;
  }

  /** An acknowledgement by the opener, without data, of when the connection was at this position; nothing else changes. */
  resting(at: readonly [number, number]): SynthPacket {
    const [next, unacknowledged] = [[...this.next] as const, this.unacknowledged[1]];
    [this.next[0], this.next[1]] = at;
    const packet = this.packet(0, ACK);
    [this.next[0], this.next[1]] = next;
    this.unacknowledged[1] = unacknowledged;
    return packet;
  }

  private packet(
    direction: Direction,
    flags: number,
    data: Uint8Array = NO_OPTIONS,
    start = 0,
    end = data.length,
  ): SynthPacket {
    const { length } = this.templates[direction];
    const options = (flags & SYN) !== 0 ? this.synOptions() : NO_OPTIONS;
    const bytes = this.take(length + options.length + end - start);
    let sum = copySumming(options, 0, options.length, bytes, length);
    sum += copySumming(data, start, end, bytes, length + options.length);
    this.header(direction, flags, TCP_OCTETS + options.length, end - start, sum, bytes, 0);
    return { direction, bytes };
  }

  /** All headers, at `at` in `to`, save the TCP options; `sum` is of what stands behind them. */
  private header(
    direction: Direction,
    flags: number,
    headerOctets: number,
    dataOctets: number,
    sum: number,
    to: Uint8Array,
    at: number,
  ): void {
    this.unacknowledged[opposite(direction)] = 0;
    const template = this.templates[direction];
    const tcpOctets = headerOctets + dataOctets;
    const tcp = at + template.length - TCP_OCTETS;
    to.set(template, at);
    if (this.six) putU16(to, at + ETHERNET_OCTETS + 4, tcpOctets);
    else this.ipv4Header(to, at + ETHERNET_OCTETS, tcpOctets);
    const sequence = this.next[direction];
    const acknowledgement = (flags & ACK) !== 0 ? this.next[opposite(direction)] : 0;
    const offsetAndFlags = (headerOctets << 10) | flags;
    putU32(to, tcp + 4, sequence);
    putU32(to, tcp + 8, acknowledgement);
    putU16(to, tcp + 12, offsetAndFlags);
    const words = tcpOctets + offsetAndFlags + sumOfU32(sequence) + sumOfU32(acknowledgement);
    putU16(to, tcp + 16, checksum(this.constantSum + words + sum));
    const consumed = dataOctets + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
    this.next[direction] = (sequence + consumed) >>> 0;
  }

  private ipv4Header(to: Uint8Array, ip: number, tcpOctets: number): void {
    const total = IPV4_OCTETS + tcpOctets;
    const identification = this.packetsSent++ & 0xffff;
    putU16(to, ip + 2, total);
    putU16(to, ip + 4, identification);
    putU16(to, ip + 10, checksum(this.ipv4Sum + total + identification));
  }

  /** Maximum segment size, and a window scale of 7, so that no recorded window is ever full. */
  private synOptions(): Uint8Array {
    return Uint8Array.of(2, 4, this.segmentOctetsMax >> 8, this.segmentOctetsMax & 0xff, 1, 3, 3, 7);
  }
}

/** Both addresses as octets of the same family. */
function addressesOf(ends: readonly [SocketAddress, SocketAddress]): readonly [Uint8Array, Uint8Array] {
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

/** Ethernet, IP and TCP headers of what `direction` sends. */
function template(
  ends: readonly [SocketAddress, SocketAddress],
  addresses: readonly [Uint8Array, Uint8Array],
  direction: Direction,
): Uint8Array {
  const back = opposite(direction);
  const six = addresses[0].length === 16;
  const ip = ETHERNET_OCTETS;
  const tcp = ip + (six ? IPV6_OCTETS : IPV4_OCTETS);
  const bytes = new Uint8Array(tcp + TCP_OCTETS);
  bytes.set(MACS[back], 0);
  bytes.set(MACS[direction], 6);
  putU16(bytes, 12, six ? 0x86dd : 0x0800);
  if (six) {
    bytes.set([0x60, 0, 0, 0, 0, 0, PROTOCOL_TCP, HOP_LIMIT], ip);
    bytes.set(addresses[direction], ip + 8);
    bytes.set(addresses[back], ip + 24);
  } else {
    // Version and header length; the identification comes later; not to be fragmented.
    bytes.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, HOP_LIMIT, PROTOCOL_TCP], ip);
    bytes.set(addresses[direction], ip + 12);
    bytes.set(addresses[back], ip + 16);
  }
  putU16(bytes, tcp, ends[direction].port);
  putU16(bytes, tcp + 2, ends[back].port);
  putU16(bytes, tcp + 14, WINDOW);
  return bytes;
}

function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value >>> 16);
  putU16(bytes, at + 2, value & 0xffff);
}

function sumOfU32(value: number): number {
  return (value >>> 16) + (value & 0xffff);
}

/** Sum of big-endian 16-bit words; below 2^53 for anything that fits into memory. */
function sumOfWords(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return sum;
}

/** The sum of all words, the last one padded with 0, for `putSingle`. */
export function sumOfData(bytes: Uint8Array): number {
  const { length, byteOffset } = bytes;
  const isAligned = byteOffset % 4 === 0 && length >= ALIGNED_OCTETS_MIN;
  const done = isAligned ? length & ~3 : 0;
  const even = length & ~1;
  let sum = done > 0 ? sumOfAligned(new Uint32Array(bytes.buffer, byteOffset, done / 4)) : 0;
  for (let at = done; at < even; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return length === even ? sum : sum + ((bytes[even] as number) << 8);
}

/** Copies `from[start, end)` to `to` at `at`, an even offset, and sums it up as words, the last one padded with 0. */
function copySumming(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  const origin = from.byteOffset + start;
  const isAligned = origin % 4 === 0 && end - start >= ALIGNED_OCTETS_MIN;
  const done = isAligned ? (end - start) & ~3 : 0;
  if (done > 0) to.set(from.subarray(start, start + done), at);
  let sum = done > 0 ? sumOfAligned(new Uint32Array(from.buffer, origin, done / 4)) : 0;
  let target = at + done;
  let source = start + done;
  for (; source + 1 < end; source += 2, target += 2) {
    const high = from[source] as number;
    const low = from[source + 1] as number;
    to[target] = high;
    to[target + 1] = low;
    sum += (high << 8) | low;
  }
  if (source === end) return sum;
  to[target] = from[source] as number;
  return sum + ((from[source] as number) << 8);
}

/** The same sum, four octets at a time: it does not depend on the order of octets, save that its own are swapped. */
function sumOfAligned(words: Uint32Array): number {
  let low = 0;
  let high = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as number;
    low += word & 0xffff;
    high += word >>> 16;
  }
  const sum = folded(low + high);
  return IS_LITTLE_ENDIAN ? ((sum & 0xff) << 8) | (sum >>> 8) : sum;
}

/** The Internet checksum (RFC 1071) of a sum of words. */
function checksum(sum: number): number {
  return ~folded(sum) & 0xffff;
}

/** The sum with its carries added, in 16 bits. */
function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = Math.floor(rest / 0x10000) + (rest & 0xffff);
  return rest;
}
