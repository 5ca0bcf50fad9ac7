/**
 * What reading a capture came to, beside the flows that went to the sink: what was read, what was passed over and
 * why, and where a file broke. Plain values for whoever tells the user.
 */
import type { Problem } from '../base/problem.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CaptureLimitName } from './limits.ts';

/** One file, or standard input. */
export interface SourceSummary {
  readonly name: string;
  readonly format: 'pcap' | 'pcapng';
  /** With byte order and clock, e.g. `pcap, big-endian, nanoseconds`. */
  readonly variant: string;
  readonly compression: 'gzip' | 'zstd' | null;
  /** Interfaces of a pcapng file, each by its name or else its number. */
  readonly interfaces: readonly string[];
  /** Packets read whole. */
  readonly packets: number;
  /** Octets of the file that were read, after decompression. */
  readonly octets: number;
  /**
   * Where the file broke, or `null`: everything before was read, nothing after. `offset` is that of the first bad
   * octet, or of the end of the data where octets are missing; it counts decompressed octets. `path` is the name.
   */
  readonly damage: Problem | null;
}

/** Packets that carried nothing for us, by reason. */
export interface SkippedPackets {
  /** Kebab-case, e.g. `link-type`, `not-ip`, `not-tcp-or-udp`, `cut-header`. */
  readonly code: string;
  /** One phrase for people, e.g. `link type 105 (IEEE 802.11) is not read`. */
  readonly reason: string;
  readonly packets: number;
}

/** Counted over all TCP flows. */
export interface TcpCounts {
  /** Segments that brought no octet that was not there already; keep-alive probes are counted apart. */
  retransmittedSegments: number;
  keepAliveProbes: number;
  outOfOrderSegments: number;
  /** Octets that came again with another value: the first ones were taken. */
  conflictingOctets: number;
  /** Octets told as gaps. */
  missingOctets: number;
}

export interface CaptureSummary {
  readonly sources: readonly SourceSummary[];
  /** Packets of all sources; the last packet has this number. */
  readonly packets: number;
  readonly tcpFlows: number;
  readonly udpFlows: number;
  readonly firstTime: Timestamp | null;
  readonly lastTime: Timestamp | null;
  readonly skipped: readonly SkippedPackets[];
  readonly tcp: Readonly<TcpCounts>;
  /** Limits that cut something, and how often. */
  readonly limits: readonly { readonly limit: CaptureLimitName; readonly hits: number }[];
}
