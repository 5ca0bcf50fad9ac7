/**
 * Finds the flow of a packet by its addresses and ports, in either direction. A hash table of its own, because the key
 * of a packet is 36 octets in the middle of a chunk, and making a string of them would cost more than all the rest.
 */
import type { Direction, Flow } from '../base/flow.ts';
import { formatIpv4, formatIpv6 } from '../base/ipv6.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import type { TcpConnection } from './tcp-connection.ts';

const BUCKETS = 2 ** 14;
/** Longest chain of one bucket: a capture made to collide must not become slow. */
const CHAIN_MAX = 64;

/** Addresses and ports of a packet. Words of an address are int32; IPv4 uses the first one. */
export class FlowKey {
  transport: 'tcp' | 'udp' = 'tcp';
  version: 4 | 6 = 6;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  sourcePort = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  destinationPort = 0;

  /** Takes the addresses that `view` has at the given offsets. */
  setAddresses(version: 4 | 6, view: DataView, source: number, destination: number): void {
    this.version = version;
    this.source0 = view.getInt32(source);
    this.destination0 = view.getInt32(destination);
    if (version === 4) {
      this.source1 = this.source2 = this.source3 = 0;
      this.destination1 = this.destination2 = this.destination3 = 0;
      return;
    }
    this.source1 = view.getInt32(source + 4);
    this.source2 = view.getInt32(source + 8);
    this.source3 = view.getInt32(source + 12);
    this.destination1 = view.getInt32(destination + 4);
    this.destination2 = view.getInt32(destination + 8);
    this.destination3 = view.getInt32(destination + 12);
  }

  /** The same for both directions. */
  hash(): number {
    const source = mix(this.source0, this.source1, this.source2, this.source3, this.sourcePort);
    const destination = mix(
      this.destination0,
      this.destination1,
      this.destination2,
      this.destination3,
      this.destinationPort,
    );
    const both = (source + destination) | 0;
    return (both ^ (both >>> 15)) & (BUCKETS - 1);
  }
}

/** A flow, its key as the opener sends it, and its places in a chain and in the order of use. */
class FlowEntry {
  readonly flow: Flow;
  /** `null` for UDP. */
  tcp: TcpConnection | null = null;
  readonly bucket: number;
  chained: FlowEntry | null = null;
  newer: FlowEntry | null = null;
  older: FlowEntry | null = null;
  private readonly version: 4 | 6;
  private readonly opener: readonly [number, number, number, number];
  private readonly other: readonly [number, number, number, number];
  private readonly openerPort: number;
  private readonly otherPort: number;

  constructor(flow: Flow, key: FlowKey, bucket: number, opener: Direction) {
    const source = [key.source0, key.source1, key.source2, key.source3] as const;
    const destination = [key.destination0, key.destination1, key.destination2, key.destination3] as const;
    this.flow = flow;
    this.bucket = bucket;
    this.version = key.version;
    this.opener = opener === 0 ? source : destination;
    this.other = opener === 0 ? destination : source;
    this.openerPort = opener === 0 ? key.sourcePort : key.destinationPort;
    this.otherPort = opener === 0 ? key.destinationPort : key.sourcePort;
  }

  /** Direction of a packet with this key; -1 if it is not of this flow. */
  directionOf(key: FlowKey): Direction | -1 {
    if (key.version !== this.version || key.transport !== this.flow.transport) return -1;
    if (
      key.sourcePort === this.openerPort &&
      key.destinationPort === this.otherPort &&
      isSource(key, this.opener) &&
      isDestination(key, this.other)
    ) {
      return 0;
    }
    const reverse =
      key.sourcePort === this.otherPort &&
      key.destinationPort === this.openerPort &&
      isSource(key, this.other) &&
      isDestination(key, this.opener);
    return reverse ? 1 : -1;
  }
}

export class FlowTable {
  /** Entries at this moment. */
  size = 0;
  /** Of the packet whose flow was found or added last. */
  direction: Direction = 0;
  private readonly buckets: (FlowEntry | null)[] = new Array<FlowEntry | null>(BUCKETS).fill(null);
  private newest: FlowEntry | null = null;
  private oldest: FlowEntry | null = null;

  /** The entry that `key` belongs to, which becomes the most recently used one. */
  find(key: FlowKey): FlowEntry | null {
    const { newest } = this;
    if (newest !== null && this.matches(newest, key)) return newest;
    let entry = this.buckets[key.hash()] as FlowEntry | null;
    while (entry !== null && !this.matches(entry, key)) entry = entry.chained;
    if (entry !== null) {
      this.unlink(entry);
      this.link(entry);
    }
    return entry;
  }

  /** Adds a flow that `find` has not found. `opener`: 0 if the source of `key` opened it, 1 if the destination did. */
  add(id: number, key: FlowKey, opener: Direction): FlowEntry {
    const source = endOf(key, 0);
    const destination = endOf(key, 1);
    const ends: readonly [SocketAddress, SocketAddress] =
      opener === 0 ? [source, destination] : [destination, source];
    const bucket = key.hash();
    const entry = new FlowEntry({ id, transport: key.transport, ends }, key, bucket, opener);
    entry.chained = this.buckets[bucket] as FlowEntry | null;
    this.buckets[bucket] = entry;
    this.link(entry);
    this.size++;
    this.direction = opener;
    return entry;
  }

  remove(entry: FlowEntry): void {
    let before = this.buckets[entry.bucket] as FlowEntry | null;
    if (before === entry) this.buckets[entry.bucket] = entry.chained;
    else {
      while (before !== null && before.chained !== entry) before = before.chained;
      if (before !== null) before.chained = entry.chained;
    }
    this.unlink(entry);
    this.size--;
  }

  /** The entry that should give way before `key` is added, if there is any: `limit` flows may be in the table. */
  victimFor(key: FlowKey, limit: number): FlowEntry | null {
    let length = 0;
    let last: FlowEntry | null = null;
    for (let entry = this.buckets[key.hash()] as FlowEntry | null; entry !== null; entry = entry.chained) {
      last = entry;
      length++;
    }
    if (length >= CHAIN_MAX) return last;
    return this.size >= limit ? this.oldest : null;
  }

  /** All entries, in the order in which their flows were opened. */
  entries(): FlowEntry[] {
    const all: FlowEntry[] = [];
    for (let entry = this.newest; entry !== null; entry = entry.older) all.push(entry);
    return all.sort((a, b) => a.flow.id - b.flow.id);
  }

  private matches(entry: FlowEntry, key: FlowKey): boolean {
    const direction = entry.directionOf(key);
    if (direction < 0) return false;
    this.direction = direction as Direction;
    return true;
  }

  private link(entry: FlowEntry): void {
    entry.newer = null;
    entry.older = this.newest;
    if (this.newest !== null) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
  }

  private unlink(entry: FlowEntry): void {
    if (entry.newer !== null) entry.newer.older = entry.older;
    else this.newest = entry.older;
    if (entry.older !== null) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
  }
}

function isSource(key: FlowKey, words: readonly [number, number, number, number]): boolean {
  return (
    key.source3 === words[3] &&
    key.source0 === words[0] &&
    key.source1 === words[1] &&
    key.source2 === words[2]
  );
}

function isDestination(key: FlowKey, words: readonly [number, number, number, number]): boolean {
  return (
    key.destination3 === words[3] &&
    key.destination0 === words[0] &&
    key.destination1 === words[1] &&
    key.destination2 === words[2]
  );
}

function endOf(key: FlowKey, end: Direction): SocketAddress {
  const words =
    end === 0
      ? [key.source0, key.source1, key.source2, key.source3]
      : [key.destination0, key.destination1, key.destination2, key.destination3];
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  words.forEach((word, index) => {
    view.setInt32(4 * index, word);
  });
  return {
    address: key.version === 4 ? formatIpv4(octets) : formatIpv6(octets),
    port: end === 0 ? key.sourcePort : key.destinationPort,
  };
}

function mix(a: number, b: number, c: number, d: number, port: number): number {
  let hash = Math.imul(a ^ port, 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 16) ^ d, 0x27d4_eb2f);
  return hash ^ (hash >>> 15);
}
