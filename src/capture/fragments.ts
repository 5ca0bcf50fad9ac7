/**
 * IP datagrams put together from their fragments (RFC 791, RFC 8200 §4.5), within bounds. Where fragments overlap, the
 * first octets are taken. What never becomes whole is dropped and counted.
 */
import { copyBytes } from '../base/bytes.ts';
import type { IpReader } from './ip.ts';
import type { CaptureLimits } from './limits.ts';
import type { Moment } from './moment.ts';

/** A 16-bit length field, and the most that an offset of 13 bits and a fragment behind it can come to. */
const DATAGRAM_OCTETS_MAX = 0xffff;

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Datagram {
  readonly key: string;
  readonly startedSeconds: number;
  /** By offset, without overlaps. */
  readonly pieces: Piece[];
  /** Numbers of the packets that they came in. */
  readonly packets: number[];
  octets: number;
  /** Known once the last fragment is there. */
  length: number | undefined;
  /** What the first fragment says; the others repeat it at best. */
  protocol: number;
}

/** A datagram's payload, in memory of its own. */
export interface Reassembled {
  readonly protocol: number;
  readonly bytes: Uint8Array;
  /** Numbers of the packets that the fragments came in. */
  readonly packets: readonly number[];
}

export class Fragments {
  /** Datagrams given up because they stayed incomplete too long. */
  timedOut = 0;
  /** Datagrams given up because there were too many at a time. */
  crowdedOut = 0;
  /** Fragments that belong to no possible datagram, or were one too many. */
  refused = 0;
  tooManyPieces = 0;
  private readonly limits: CaptureLimits;
  /** In order of their first fragments. */
  private readonly open = new Map<string, Datagram>();

  constructor(limits: CaptureLimits) {
    this.limits = limits;
  }

  /** Incomplete datagrams at this moment. */
  get pending(): number {
    return this.open.size;
  }

  /** Takes the fragment that `ip` has read from `bytes`; a datagram if it was the last one missing. */
  add(
    ip: IpReader,
    bytes: Uint8Array,
    { packet, seconds }: Pick<Moment, 'packet' | 'seconds'>,
  ): Reassembled | undefined {
    const start = ip.fragmentOffset;
    const stop = start + ip.end - ip.at;
    const aligned = !ip.moreFragments || (ip.end - ip.at) % 8 === 0;
    if (ip.captured < ip.end || stop > DATAGRAM_OCTETS_MAX || stop === start || !aligned) {
      this.refused++;
      return undefined;
    }
    const datagram = this.datagramOf(keyOf(ip, bytes), ip.protocol, seconds);
    if (datagram.pieces.length >= this.limits.fragmentsMax) {
      this.tooManyPieces++;
      this.open.delete(datagram.key);
      return undefined;
    }
    datagram.packets.push(packet);
    if (start === 0) datagram.protocol = ip.protocol;
    if (!ip.moreFragments) datagram.length ??= stop;
    insert(datagram, start, copyBytes(bytes, ip.at, ip.end));
    if (datagram.length === undefined || datagram.octets < datagram.length) return undefined;
    this.open.delete(datagram.key);
    return assemble(datagram, datagram.length);
  }

  private datagramOf(key: string, protocol: number, seconds: number): Datagram {
    const known = this.open.get(key);
    if (known !== undefined) {
      if (seconds - known.startedSeconds <= this.limits.fragmentSecondsMax) return known;
      this.timedOut++;
      this.open.delete(key);
    }
    for (const oldest of this.open.values()) {
      const old = seconds - oldest.startedSeconds > this.limits.fragmentSecondsMax;
      if (!old && this.open.size < this.limits.fragmentedDatagramsMax) break;
      if (old) this.timedOut++;
      else this.crowdedOut++;
      this.open.delete(oldest.key);
    }
    const datagram = {
      key,
      startedSeconds: seconds,
      pieces: [],
      packets: [],
      octets: 0,
      length: undefined,
      protocol,
    };
    this.open.set(key, datagram);
    return datagram;
  }
}

/** Inserts what is new of `bytes` at `offset`. */
function insert(datagram: Datagram, offset: number, bytes: Uint8Array): void {
  const { pieces } = datagram;
  const stop = offset + bytes.length;
  let from = offset;
  let index = pieces.findIndex((piece) => piece.offset + piece.bytes.length > offset);
  if (index < 0) index = pieces.length;
  while (from < stop) {
    const next = pieces[index];
    const until = next === undefined ? stop : Math.min(stop, next.offset);
    if (from < until) {
      pieces.splice(index++, 0, { offset: from, bytes: bytes.subarray(from - offset, until - offset) });
      datagram.octets += until - from;
    }
    if (next === undefined) return;
    from = next.offset + next.bytes.length;
    index++;
  }
}

/** Pieces behind the length that the last fragment gave are left out: somebody lied, the first word counts. */
function assemble(datagram: Datagram, length: number): Reassembled | undefined {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of datagram.pieces) {
    if (piece.offset !== at || at + piece.bytes.length > length) return undefined;
    bytes.set(piece.bytes, at);
    at += piece.bytes.length;
  }
  return at === length ? { protocol: datagram.protocol, bytes, packets: datagram.packets } : undefined;
}

function keyOf(ip: IpReader, bytes: Uint8Array): string {
  const octets = ip.version === 4 ? 8 : 32;
  // IPv4 datagrams of different protocols may share an identification (RFC 791); IPv6 ones may not.
  let key = ip.version === 4 ? `4 ${ip.protocol} ${ip.identification}` : `6 ${ip.identification}`;
  for (let at = ip.source; at < ip.source + octets; at++) key += String.fromCharCode(bytes[at] as number);
  return key;
}
