/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, times in microseconds: values in, octets of one
 * whole block out. A file is the section header block, then the interface blocks, then anything; every prefix that
 * ends at a block is a complete file. Whoever writes the file, and when it is flushed, is not decided here.
 */
import { invariant } from '../base/invariant.ts';
import { MICROSECONDS, type Resolution, type Timestamp } from '../base/timestamp.ts';
import { BLOCK, BYTE_ORDER_MAGIC, OPTION, SECRETS_TLS_KEY_LOG } from './pcapng-format.ts';
import { Slab } from './slab.ts';

export interface SectionHeader {
  /** The program that writes, with its version. */
  readonly application?: string;
  readonly operatingSystem?: string;
  readonly hardware?: string;
  readonly comments?: readonly string[];
}

export interface InterfaceDescription {
  /** A LINKTYPE_ value, e.g. `LINK_TYPE.ethernet`. */
  readonly linkType: number;
  readonly name?: string;
  readonly description?: string;
  readonly comments?: readonly string[];
  /** Of the times of its packets: a power of ten or of two of ticks; microseconds unless told. */
  readonly resolution?: Resolution;
}

export interface PacketToWrite {
  /** Index among the interface blocks of the section, from 0. */
  readonly interfaceId: number;
  /** Written in microseconds, rounded down, unless its interface has another resolution. */
  readonly time: Timestamp;
  /** That of the interface, if the time is to be written in its ticks as it is. */
  readonly resolution?: Resolution;
  /** The packet from its link-layer header on. */
  readonly bytes: Uint8Array;
  /** Octets on the wire, if `bytes` is cut. */
  readonly originalLength?: number;
  /** Seen from the interface; left out if undefined. */
  readonly direction?: 'inbound' | 'outbound';
  readonly comments?: readonly string[];
}

const utf8 = new TextEncoder();

interface BlockOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

const INBOUND: BlockOption = { code: OPTION.packetFlags, bytes: Uint8Array.of(1, 0, 0, 0) };
const OUTBOUND: BlockOption = { code: OPTION.packetFlags, bytes: Uint8Array.of(2, 0, 0, 0) };
const slab = new Slab();

/** The block that every file and section begins with; its length is left open, so that a cut file stays readable. */
export function sectionHeaderBlock(header: SectionHeader = {}): Uint8Array {
  const fixed = new Uint8Array(16);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true);
  view.setBigInt64(8, -1n, true);
  return block(BLOCK.sectionHeader, fixed, [
    ...texts(OPTION.comment, header.comments),
    ...texts(OPTION.hardware, header.hardware),
    ...texts(OPTION.operatingSystem, header.operatingSystem),
    ...texts(OPTION.application, header.application),
  ]);
}

export function interfaceBlock(description: InterfaceDescription): Uint8Array {
  const fixed = new Uint8Array(8);
  new DataView(fixed.buffer).setUint16(0, description.linkType, true);
  return block(BLOCK.interfaceDescription, fixed, [
    ...texts(OPTION.comment, description.comments),
    ...texts(OPTION.interfaceName, description.name),
    ...texts(OPTION.interfaceDescription, description.description),
    { code: OPTION.timestampResolution, bytes: resolutionOctet(description.resolution) },
  ]);
}

/** A power of ten, or of two with the highest bit set. */
function resolutionOctet(resolution: Resolution = MICROSECONDS): Uint8Array {
  const { ticksPerSecond, digits } = resolution;
  if (ticksPerSecond === 10 ** digits) return Uint8Array.of(digits);
  return Uint8Array.of(0x80 | Math.round(Math.log2(ticksPerSecond)));
}

/** In an enhanced packet block, what stands before the packet. */
export const PACKET_AT = 28;

/** Octets of the block of a packet without options. */
export function packetBlockOctets(packetOctets: number): number {
  return PACKET_AT + padded(packetOctets) + 4;
}

/** Microseconds since 1970, rounded down. */
export function microsOf({ unixSeconds, ticks, resolution }: Timestamp): number {
  return unixSeconds * 1e6 + Math.floor((ticks / resolution.ticksPerSecond) * 1e6 + 1e-6);
}

/**
 * Makes, at `at` in `to`, an enhanced packet block without options around the packet of `packetOctets` that stands
 * PACKET_AT behind that. Where the block has room for options, `octets` is the length of all of it.
 */
export function putPacketBlock(
  to: Uint8Array,
  at: number,
  packetOctets: number,
  interfaceId: number,
  micros: number,
  octets = packetBlockOctets(packetOctets),
  originalLength = packetOctets,
): void {
  putU32(to, at, BLOCK.enhancedPacket);
  putU32(to, at + 4, octets);
  putU32(to, at + 8, interfaceId);
  putU32(to, at + 12, Math.floor(micros / 2 ** 32));
  putU32(to, at + 16, micros % 2 ** 32);
  putU32(to, at + 20, packetOctets);
  putU32(to, at + 24, originalLength);
  const end = at + PACKET_AT + padded(packetOctets);
  for (let pad = at + PACKET_AT + packetOctets; pad < end; pad++) to[pad] = 0;
  putU32(to, at + octets - 4, octets);
}

/** Whether a block that was made here is a packet. */
export function isPacketBlock(block: Uint8Array): boolean {
  return block[0] === BLOCK.enhancedPacket && block[1] === 0 && block[2] === 0 && block[3] === 0;
}

/** An enhanced packet block. Blocks of packets share memory: write them soon, or copy what is kept for long. */
export function packetBlock(packet: PacketToWrite): Uint8Array {
  const { bytes, direction, interfaceId, originalLength } = packet;
  const options = texts(OPTION.comment, packet.comments);
  if (direction !== undefined) options.push(direction === 'inbound' ? INBOUND : OUTBOUND);
  const block = slab.take(packetBlockOctets(bytes.length) + octetsOf(options));
  block.set(bytes, PACKET_AT);
  putOptions(block, PACKET_AT + padded(bytes.length), options);
  const micros = microsOf(packet.time);
  putPacketBlock(block, 0, bytes.length, interfaceId, micros, block.length, originalLength);
  if (packet.resolution !== undefined) putTicks(block, packet.time);
  return block;
}

/** The time in ticks of its own resolution, instead of microseconds. */
function putTicks(block: Uint8Array, { unixSeconds, ticks, resolution }: Timestamp): void {
  const all = BigInt(unixSeconds) * BigInt(resolution.ticksPerSecond) + BigInt(ticks);
  putU32(block, 12, Number(BigInt.asUintN(32, all >> 32n)));
  putU32(block, 16, Number(BigInt.asUintN(32, all)));
}

/** A decryption secrets block: it must come before the packets that it opens. */
export function secretsBlock(secrets: Uint8Array, kind = SECRETS_TLS_KEY_LOG): Uint8Array {
  const fixed = new Uint8Array(8 + padded(secrets.length));
  const view = new DataView(fixed.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, secrets.length, true);
  fixed.set(secrets, 8);
  return block(BLOCK.decryptionSecrets, fixed, []);
}

/** Options hold at most 65,535 octets: longer texts are cut at a character. */
function texts(code: number, value: string | readonly string[] | undefined): BlockOption[] {
  const values = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  return values.map((text) => {
    const bytes = utf8.encode(text);
    if (bytes.length <= 0xffff) return { code, bytes };
    let end = 0xffff;
    while (((bytes[end] as number) & 0xc0) === 0x80) end--;
    return { code, bytes: bytes.subarray(0, end) };
  });
}

function block(type: number, fixed: Uint8Array, options: readonly BlockOption[]): Uint8Array {
  invariant(fixed.length % 4 === 0, 'the fixed part of a block is padded');
  const length = 12 + fixed.length + octetsOf(options);
  const bytes = new Uint8Array(length);
  putU32(bytes, 0, type);
  putU32(bytes, 4, length);
  bytes.set(fixed, 8);
  putOptions(bytes, 8 + fixed.length, options);
  putU32(bytes, length - 4, length);
  return bytes;
}

/** Of options with their end, which is left out if there are none. */
function octetsOf(options: readonly BlockOption[]): number {
  let octets = options.length > 0 ? 4 : 0;
  for (const option of options) octets += 4 + padded(option.bytes.length);
  return octets;
}

/** Into zeros: padding and the end of options are zeros. */
function putOptions(bytes: Uint8Array, start: number, options: readonly BlockOption[]): void {
  let at = start;
  for (const option of options) {
    putU16(bytes, at, option.code);
    putU16(bytes, at + 2, option.bytes.length);
    bytes.set(option.bytes, at + 4);
    at += 4 + padded(option.bytes.length);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value & 0xffff);
  putU16(bytes, at + 2, value >>> 16);
}
