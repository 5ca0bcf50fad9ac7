/**
 * What a source (capture file, live proxy, simulator) tells about connections: the seam between the rooms that
 * move octets and the rooms that read them. A source calls the methods of a FlowSink; octets of one direction
 * arrive in order, each once, and what is missing is told as a gap, never hidden.
 */
import type { SocketAddress } from './socket-address.ts';
import type { Timestamp } from './timestamp.ts';

/** One TCP connection, or the datagrams between two UDP ends. A reused 4-tuple is a new flow. */
export interface Flow {
  /** Counts all flows of the source, from 0. Not the `connection` of a message, which counts failover connections. */
  readonly id: number;
  readonly transport: 'tcp' | 'udp';
  /** By direction: [0] is the opener (who sent the SYN, or else was seen first), [1] the other. */
  readonly ends: readonly [SocketAddress, SocketAddress];
}

/** 0: from `ends[0]` to `ends[1]`; 1: the reverse. */
export type Direction = 0 | 1;

/** The other direction; also the other of two ends, sides or legs. */
export function opposite(direction: Direction): Direction {
  return direction === 0 ? 1 : 0;
}

/** When and where some octets were seen. */
export interface Seen {
  readonly time: Timestamp;
  /** Packet number in the file, from 1, counted over all packets; live sources count what they forward. */
  readonly packet: number;
}

/** What a stage that takes TLS off tells the sink behind it; the octets that follow are what was inside. */
export type TlsNews =
  /** From here on the flow is TLS. */
  | { readonly kind: 'begins' }
  /** It can be read. `version` is `TLSv1.2` or `TLSv1.3`. */
  | { readonly kind: 'opened'; readonly version: string; readonly suite: string }
  /** Why the rest, or a part of it, cannot be read, e.g. `no key for client random …`. Once for a flow. */
  | { readonly kind: 'problem'; readonly message: string }
  /** One end has told the other what is wrong, e.g. `fatal unknown_ca (48)`. */
  | { readonly kind: 'alert'; readonly direction: Direction; readonly message: string };

/** Calls come in the order of packets; limits of the source may let one that was held back come late. */
export interface FlowSink {
  /** First sight of a flow. `midStream`: its beginning was not seen. */
  open(flow: Flow, seen: Seen, midStream: boolean): void;
  /**
   * In-order octets `bytes[start, end)`; of UDP one datagram, which may be empty. `seen` is the packet in which they
   * became available in order: the one that filled the hole before them, or their own if that was given up. Nobody
   * writes to them again, but `bytes` may be a large chunk of a file: what is kept for long is copied first, or it keeps
   * the whole chunk alive.
   */
  data(flow: Flow, direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void;
  /**
   * `missing` octets of this direction never came, were cut off by the snapshot length (of a datagram: its end), or
   * the buffer for out-of-order data was full.
   */
  gap(flow: Flow, direction: Direction, missing: number, seen: Seen): void;
  /**
   * `fin`: this direction ended; `reset`: both did; `lost`: the source stopped following the flow. A flow that is open
   * when the source ends is not closed.
   */
  close(flow: Flow, direction: Direction, how: 'fin' | 'reset' | 'lost', seen: Seen): void;
  /** For those who read behind a stage that takes TLS off. */
  tls?(flow: Flow, news: TlsNews, seen: Seen): void;
}
