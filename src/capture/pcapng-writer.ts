/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, times in microseconds: values in, octets of one
 * whole block out. A file is the section header block, then the interface blocks, then anything; every prefix that
 * ends at a block is a complete file. Whoever writes the file, and when it is flushed, is not decided here.
 */
import { invariant } from '../base/invariant.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { BLOCK, BYTE_ORDER_MAGIC, OPTION } from './pcapng-format.ts';

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
}

export interface PacketToWrite {
  /** Index among the interface blocks of the section, from 0. */
  readonly interfaceId: number;
  /** Written in microseconds, rounded down. */
  readonly time: Timestamp;
  /** The packet from its link-layer header on. */
  readonly bytes: Uint8Array;
  /** Octets on the wire, if `bytes` is cut. */
  readonly originalLength?: number;
  /** Seen from the interface; left out if undefined. */
  readonly direction?: 'inbound' | 'outbound';
  readonly comments?: readonly string[];
}

/** Key logs of TLS as NSS text (draft-ietf-opsawg-pcapng §4.7). */
export const SECRETS_TLS_KEY_LOG = 0x544c_534b;

const MICROSECOND_RESOLUTION = Uint8Array.of(6);
const utf8 = new TextEncoder();

interface BlockOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

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
    { code: OPTION.timestampResolution, bytes: MICROSECOND_RESOLUTION },
  ]);
}

/** An enhanced packet block. */
export function packetBlock(packet: PacketToWrite): Uint8Array {
  const { bytes, time } = packet;
  const fixed = new Uint8Array(20 + padded(bytes.length));
  const view = new DataView(fixed.buffer);
  const micros =
    time.unixSeconds * 1e6 + Math.floor((time.ticks / time.resolution.ticksPerSecond) * 1e6 + 1e-6);
  view.setUint32(0, packet.interfaceId, true);
  view.setUint32(4, Math.floor(micros / 2 ** 32), true);
  view.setUint32(8, micros % 2 ** 32, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, packet.originalLength ?? bytes.length, true);
  fixed.set(bytes, 20);
  const options = texts(OPTION.comment, packet.comments);
  if (packet.direction !== undefined) {
    options.push({
      code: OPTION.packetFlags,
      bytes: Uint8Array.of(packet.direction === 'inbound' ? 1 : 2, 0, 0, 0),
    });
  }
  return block(BLOCK.enhancedPacket, fixed, options);
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
  let length = 12 + fixed.length + (options.length > 0 ? 4 : 0);
  for (const option of options) length += 4 + padded(option.bytes.length);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(fixed, 8);
  let at = 8 + fixed.length;
  for (const option of options) {
    view.setUint16(at, option.code, true);
    view.setUint16(at + 2, option.bytes.length, true);
    bytes.set(option.bytes, at + 4);
    at += 4 + padded(option.bytes.length);
  }
  view.setUint32(length - 4, length, true);
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
