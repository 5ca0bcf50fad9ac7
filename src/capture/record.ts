/** What the readers of both file formats have in common: one packet at a time, in a record that is overwritten. */
import { NO_BYTES } from '../base/bytes.ts';
import type { Problem } from '../base/problem.ts';
import { MICROSECONDS, type Resolution } from '../base/timestamp.ts';

/** The packet that a reader stands at. One object per reader, because there are millions of packets. */
export class PacketRecord {
  /** The captured octets are `bytes[start, end)`. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  linkType = 0;
  /** Of the pcapng interface, as far as it has a name. */
  interfaceName = '';
  /** Octets on the wire; at least the captured ones. */
  wireLength = 0;
  unixSeconds = 0;
  ticks = 0;
  resolution: Resolution = MICROSECONDS;
  comments: readonly string[] | null = null;
  /** Captured on an interface that nobody asked for: it counts, and nothing else. */
  unwanted = false;
  /** Why the packet counts but cannot be read, or `null`. */
  fault: string | null = null;
}

export interface RecordReader {
  readonly packet: PacketRecord;
  /** Set once; nothing can be read behind it. */
  readonly damage: Problem | null;
  /** Goes to the next packet. `false`: more octets are needed or, if there are none, this is the end. */
  next(): boolean;
}

export function readU16At(bytes: Uint8Array, at: number, little: boolean): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  return little ? first | (second << 8) : (first << 8) | second;
}

export function readU32At(bytes: Uint8Array, at: number, little: boolean): number {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  return (little ? a | (b << 8) | (c << 16) | (d << 24) : (a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
