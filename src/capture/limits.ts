/**
 * Every bound of the capture room, by name. A capture is written by strangers: whatever it claims, memory stays
 * within these, and reaching one is counted in the summary.
 */

export interface CaptureLimits {
  /** Longest packet record of a pcap file, in octets; more is taken as damage. libpcap and Wireshark use the same. */
  readonly packetOctetsMax: number;
  /** Longest pcapng block, in octets; more is taken as damage. Only packet, interface and secrets blocks are held whole. */
  readonly blockOctetsMax: number;
  /** Interfaces of one pcapng section. */
  readonly interfacesMax: number;
  /** Flows followed at the same time; the one that was quiet for longest gives way. */
  readonly flowsMax: number;
  /** Out-of-order octets kept for one TCP direction before its first hole is given up. */
  readonly outOfOrderOctetsMax: number;
  /** Out-of-order segments kept for one TCP direction before its first hole is given up. */
  readonly outOfOrderSegmentsMax: number;
  /** Octets of memory for what is kept out of order of all flows together. */
  readonly outOfOrderOctetsTotalMax: number;
  /** Seconds of capture time after which a hole is given up even if nobody acknowledged what lies behind it. */
  readonly holeSecondsMax: number;
  /** While a stream waits for what fills a hole, so many packets … */
  readonly reorderPacketsMax: number;
  /** … of so many octets … */
  readonly reorderOctetsMax: number;
  /** … and so many seconds of capture time wait with it, so that everything is told in the order of packets. */
  readonly reorderSecondsMax: number;
  /** Seconds of capture time after which packets between the ends of a closed connection are a new one. */
  readonly closedSecondsMax: number;
  /** IP datagrams under reassembly at the same time; the oldest gives way. */
  readonly fragmentedDatagramsMax: number;
  /** Fragments of one IP datagram. */
  readonly fragmentsMax: number;
  /** Seconds of capture time after which an incomplete IP datagram is dropped (RFC 8200 §4.5). */
  readonly fragmentSecondsMax: number;
  /** VLAN tags of one Ethernet frame and extension headers of one IPv6 packet. */
  readonly headersMax: number;
}

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = {
  packetOctetsMax: 262_144,
  blockOctetsMax: 16 * 1024 * 1024,
  interfacesMax: 4096,
  flowsMax: 32_768,
  outOfOrderOctetsMax: 1024 * 1024,
  outOfOrderSegmentsMax: 4096,
  outOfOrderOctetsTotalMax: 32 * 1024 * 1024,
  holeSecondsMax: 60,
  reorderPacketsMax: 4096,
  reorderOctetsMax: 4 * 1024 * 1024,
  reorderSecondsMax: 3,
  closedSecondsMax: 240,
  fragmentedDatagramsMax: 256,
  fragmentsMax: 1024,
  fragmentSecondsMax: 60,
  headersMax: 16,
};

export type CaptureLimitName = keyof CaptureLimits;
