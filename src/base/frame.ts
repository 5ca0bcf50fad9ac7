/**
 * A frame: one length-delimited unit of a TCP direction, or one datagram, with where it came from. Frames are what
 * the dissector, the faults and the recorder work on; offline and live frames are the same thing.
 */
import type { Direction, Flow, Seen } from './flow.ts';

/** What speaks on a flow. Names as in the `protocol` field of JSON output. */
export type ProtocolName = 'dhcpv6-failover' | 'dhcpv6' | 'dhcpv6-leasequery' | 'dhcpv4-failover';

/** One conversation that carries one of our protocols. */
export interface Connection {
  /** 0, 1, 2, …: connections of the same protocol family in order of their first packet. */
  readonly index: number;
  readonly flow: Flow;
  readonly protocol: ProtocolName;
  /** How the speakers differ from the standard, as far as it changes the reading: `isc`, `microsoft`, … */
  readonly dialect?: string;
  /** Which of `flow.ends` is the primary server, once its CONNECT was seen. */
  readonly primaryEnd?: 0 | 1;
  /** The name that the user gave to the proxied relationship that it belongs to; absent in files. */
  readonly relationship?: string;
}

export interface Frame {
  readonly connection: Connection;
  readonly direction: Direction;
  /** Holds the message at `[start, end)`, without the length prefix. May be part of a chunk; never written to again. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** The packet in which its last octet became available in order. */
  readonly seen: Seen;
  /** Octets of this direction before the frame's length prefix (for UDP 0), as far as they were seen. */
  readonly streamOffset: number;
  /** Found only by picking the stream up again after missing data. */
  readonly resync: boolean;
  /** What the length prefix says, where the frame was found to have another length. */
  readonly claimed?: number | undefined;
  /** The version of TLS that was taken off, e.g. `TLSv1.3`. */
  readonly tls?: string | undefined;
}
