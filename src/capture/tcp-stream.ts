/**
 * One direction of a TCP connection: segments in, octets out in order, each once. What comes early is held, within
 * limits; what never comes is told as a gap, as soon as it is certain: when the other side acknowledges octets that
 * were not seen, when a limit is reached, or at the end.
 *
 * Where octets come twice, the first ones win. Checksums are not verified: offload leaves them wrong on purpose.
 */
import { copyBytes } from '../base/bytes.ts';
import type { Direction, Flow, FlowSink, Seen } from '../base/flow.ts';
import type { Moment } from './moment.ts';
import type { Tally } from './tally.ts';

/** Signed distance from `b` to `a` in sequence space (RFC 9293 §3.4). */
export function sequenceDistance(a: number, b: number): number {
  return (a - b) | 0;
}

/** What is farther from the expected octet than any window in use is taken for a stray, at first. */
const PLAUSIBLE_DISTANCE = 2 ** 26;
/** So many strays in succession mean that the stream went on without us. */
const STRAYS_MAX = 4;

/** Octets that came early. `bytes` is a copy, or `null` for octets that the snapshot length cut off. */
interface Held {
  sequence: number;
  length: number;
  bytes: Uint8Array | null;
  readonly seen: Seen;
}

/** What a held segment costs beside its octets: two objects and a buffer. */
const HELD_SEGMENT_OCTETS = 320;
/** Shared by all streams that hold nothing, which are most. */
const NOTHING: Held[] = [];

export class TcpStream {
  /** Sequence number of the SYN, or -1 if that was not seen. */
  initial = -1;
  /** Sequence number of the octet that comes next, or -1 before the first. */
  next = -1;
  /** This direction has ended, and the sink knows. */
  ended = false;
  private readonly flow: Flow;
  private readonly direction: Direction;
  private readonly sink: FlowSink;
  private readonly tally: Tally;
  /** Highest acknowledgement beyond `next`, or -1. */
  private acknowledged = -1;
  /** Sequence number of the FIN, or -1. */
  private finAt = -1;
  private finSeen: Seen | null = null;
  /** By sequence number, without overlaps, all beyond `next`. */
  private held = NOTHING;
  private heldOctets = 0;
  private lastTold: Seen | null = null;
  private strays = 0;
  private waiting = false;

  constructor(flow: Flow, direction: Direction, sink: FlowSink, tally: Tally) {
    this.flow = flow;
    this.direction = direction;
    this.sink = sink;
    this.tally = tally;
  }

  /** Starts at a SYN, or at the acknowledgement of one. */
  begin(initial: number): void {
    this.initial = initial;
    this.next = (initial + 1) >>> 0;
  }

  /** Whether anything is waited for: octets before those held, or before the FIN. */
  get hasHole(): boolean {
    return !this.ended && (this.held.length > 0 || this.finAt >= 0);
  }

  /**
   * A segment's data: `bytes[start, end)` begins at `sequence`; `cut` more octets were on the wire but not captured.
   * The common case, data that comes next while nothing is held, is handled right here.
   */
  segment(
    bytes: Uint8Array,
    start: number,
    end: number,
    cut: number,
    sequence: number,
    moment: Moment,
  ): void {
    if (this.ended) {
      this.tally.tcp.retransmittedSegments++;
      return;
    }
    if (sequence === this.next && this.held.length === 0 && cut === 0) {
      this.tell(bytes, start, end, moment.seen);
      if (this.finAt >= 0) {
        this.drain(moment.seen);
        this.noteWaiting();
      }
      return;
    }
    this.unusual(bytes, start, end, cut, sequence, moment);
  }

  /** The FIN, at the sequence number behind the last octet. */
  fin(sequence: number, moment: Moment): void {
    if (this.ended || this.finAt >= 0) return;
    if (this.next < 0) this.next = sequence;
    const ahead = sequenceDistance(sequence, this.next);
    if (ahead < 0 || ahead > PLAUSIBLE_DISTANCE) return;
    this.finAt = sequence;
    this.finSeen = moment.seen;
    this.drain(moment.seen);
    this.giveUpWhatWasAcknowledged();
    this.noteWaiting();
  }

  /** The other side has everything before `sequence`. What we have not seen of it by now was lost to us. */
  acknowledge(sequence: number): void {
    if (this.next >= 0) {
      const ahead = sequenceDistance(sequence, this.next);
      if (ahead <= 0 || ahead > PLAUSIBLE_DISTANCE || this.ended) return;
    }
    if (this.acknowledged < 0 || sequenceDistance(sequence, this.acknowledged) > 0) {
      this.acknowledged = sequence;
    }
    this.giveUpWhatWasAcknowledged();
    this.noteWaiting();
  }

  /** Nothing will come any more: tells the gaps and what is held behind them. */
  flush(seen: Seen): void {
    while (this.hasHole) this.giveUpHole();
    this.noteWaiting();
    if (this.ended || this.acknowledged < 0 || this.next < 0) return;
    const missing = sequenceDistance(this.acknowledged, this.next);
    // One octet may be a FIN that was not seen.
    if (missing > 1) this.gap(missing, seen);
  }

  private unusual(
    bytes: Uint8Array,
    start: number,
    end: number,
    cut: number,
    sequence: number,
    moment: Moment,
  ): void {
    const { tcp } = this.tally;
    const length = end - start + cut;
    const first = this.next < 0;
    if (first) {
      this.next = sequence;
      // Said before there was anything to measure it by.
      if (Math.abs(sequenceDistance(this.acknowledged, sequence)) > PLAUSIBLE_DISTANCE)
        this.acknowledged = -1;
    }
    let ahead = sequenceDistance(sequence, this.next);
    if (first ? length === 1 && sequence + 1 === this.acknowledged : ahead === -1 && length === 1) {
      tcp.keepAliveProbes++;
      if (first) this.next = -1;
      return;
    }
    if (Math.abs(ahead) > PLAUSIBLE_DISTANCE) {
      if (++this.strays < STRAYS_MAX) return;
      this.flush(moment.seen);
      if (this.ended) return;
      this.gap((sequence - this.next) >>> 0, moment.seen);
      ahead = 0;
    }
    this.strays = 0;
    if (ahead < 0) {
      const old = Math.min(end, start - ahead);
      tcp.conflictingOctets += this.tally.recent.differences(this, sequence, bytes, start, old);
    }
    if (ahead + length <= 0) {
      tcp.retransmittedSegments++;
      return;
    }
    if (ahead > 0) tcp.outOfOrderSegments++;
    const skip = ahead < 0 ? -ahead : 0;
    const stop = end + cut;
    if (start + skip < end) this.hold(bytes, start + skip, end, (sequence + skip) >>> 0, moment);
    const cutFrom = Math.max(end, start + skip);
    if (cutFrom < stop) this.holdCut(stop - cutFrom, (sequence + cutFrom - start) >>> 0, moment);
    this.drain(moment.seen);
    this.giveUpWhatWasAcknowledged();
    this.keepLimits(moment.seconds);
    this.noteWaiting();
  }

  private keepLimits(seconds: number): void {
    const { limits } = this.tally;
    const first = this.held[0];
    if (first !== undefined && seconds - first.seen.time.unixSeconds > limits.holeSecondsMax) {
      this.giveUpTo('holeSecondsMax');
    }
    while (this.heldOctets > limits.outOfOrderOctetsMax) this.giveUpTo('outOfOrderOctetsMax');
    while (this.held.length > limits.outOfOrderSegmentsMax) this.giveUpTo('outOfOrderSegmentsMax');
    while (this.held.length > 0 && this.tally.heldOctets > limits.outOfOrderOctetsTotalMax) {
      this.giveUpTo('outOfOrderOctetsTotalMax');
    }
  }

  /** Keeps what is new of `bytes[start, end)`; compares what is not. */
  private hold(bytes: Uint8Array, start: number, end: number, sequence: number, moment: Moment): void {
    let at = start;
    let index = this.firstEndingAfter(sequence);
    while (at < end) {
      const here = (sequence + at - start) >>> 0;
      const known = this.held[index];
      const free = known === undefined ? end - at : sequenceDistance(known.sequence, here);
      if (free > 0) {
        const copy = copyBytes(bytes, at, Math.min(end, at + free));
        this.insert(index, { sequence: here, length: copy.length, bytes: copy, seen: moment.seen });
        at += copy.length;
        index++;
        continue;
      }
      if (known === undefined) return;
      const overlap = Math.min(end - at, known.length + free);
      this.compare(bytes, at, known, -free, overlap);
      at += overlap;
      index++;
    }
  }

  /** Keeps that `length` octets from `sequence` on were cut off. */
  private holdCut(length: number, sequence: number, moment: Moment): void {
    const index = this.firstEndingAfter(sequence);
    const known = this.held[index];
    const free = known === undefined ? length : Math.min(length, sequenceDistance(known.sequence, sequence));
    if (free > 0) this.insert(index, { sequence, length: free, bytes: null, seen: moment.seen });
  }

  private insert(index: number, held: Held): void {
    if (this.held === NOTHING) this.held = [held];
    else this.held.splice(index, 0, held);
    this.count(held, 1);
  }

  private firstEndingAfter(sequence: number): number {
    let index = this.held.length;
    while (index > 0) {
      const before = this.held[index - 1] as Held;
      if (sequenceDistance((before.sequence + before.length) >>> 0, sequence) <= 0) break;
      index--;
    }
    return index;
  }

  private compare(bytes: Uint8Array, at: number, known: Held, knownAt: number, length: number): void {
    if (known.bytes === null) return;
    let conflicts = 0;
    for (let octet = 0; octet < length; octet++) {
      if (bytes[at + octet] !== known.bytes[knownAt + octet]) conflicts++;
    }
    this.tally.tcp.conflictingOctets += conflicts;
  }

  /** Tells what is held and comes next. `seen` is the packet that made it available, at the earliest. */
  private drain(seen: Seen): void {
    let told = 0;
    let latest = seen;
    for (; told < this.held.length; told++) {
      const held = this.held[told] as Held;
      const { sequence, length, bytes, seen: own } = held;
      if (sequence !== this.next) break;
      this.count(held, -1);
      if (own.packet > latest.packet) latest = own;
      if (bytes === null) {
        this.gap(length, latest);
        continue;
      }
      this.tell(bytes, 0, length, latest);
    }
    if (told === this.held.length) this.held = NOTHING;
    else if (told > 0) this.held.splice(0, told);
    if (this.ended || this.finSeen === null) return;
    if (sequenceDistance(this.next, this.finAt) >= 0) {
      if (this.finSeen.packet > latest.packet) latest = this.finSeen;
      this.ended = true;
      // What was sent behind the FIN belongs to nothing.
      for (const held of this.held) this.count(held, -1);
      this.held = NOTHING;
      this.sink.close(this.flow, this.direction, 'fin', latest);
    }
  }

  private giveUpWhatWasAcknowledged(): void {
    while (this.hasHole && this.acknowledged >= 0) {
      const lost = sequenceDistance(this.acknowledged, this.next);
      if (lost <= 0) return;
      if (lost >= sequenceDistance(this.holeEnd(), this.next)) this.giveUpHole();
      else {
        this.gap(lost, this.behindHole());
        return;
      }
    }
  }

  private noteWaiting(): void {
    const waiting = this.hasHole;
    if (waiting === this.waiting) return;
    this.waiting = waiting;
    this.tally.waiting += waiting ? 1 : -1;
  }

  private giveUpTo(limit: 'holeSecondsMax' | `outOfOrder${'Octets' | 'Segments' | 'OctetsTotal'}Max`): void {
    if (!this.hasHole) return;
    this.tally.hit(limit);
    this.giveUpHole();
  }

  private giveUpHole(): void {
    const seen = this.behindHole();
    const missing = sequenceDistance(this.holeEnd(), this.next);
    if (missing > 0) this.gap(missing, seen);
    this.drain(seen);
  }

  private holeEnd(): number {
    return this.held.length > 0 ? (this.held[0] as Held).sequence : this.finAt;
  }

  /** The packet that shows that there is a hole, but no earlier one than was told before. */
  private behindHole(): Seen {
    const seen = this.held.length > 0 ? (this.held[0] as Held).seen : (this.finSeen as Seen);
    return this.lastTold !== null && this.lastTold.packet > seen.packet ? this.lastTold : seen;
  }

  private tell(bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    this.tally.recent.remember(this, this.next, bytes, start, end);
    this.next = (this.next + end - start) >>> 0;
    this.lastTold = seen;
    this.sink.data(this.flow, this.direction, bytes, start, end, seen);
  }

  private gap(missing: number, seen: Seen): void {
    this.next = (this.next + missing) >>> 0;
    this.tally.tcp.missingOctets += missing;
    this.lastTold = seen;
    this.sink.gap(this.flow, this.direction, missing, seen);
  }

  private count({ bytes }: Held, sign: 1 | -1): void {
    const octets = bytes === null ? 0 : bytes.length;
    this.heldOctets += sign * octets;
    this.tally.heldOctets += sign * (octets + HELD_SEGMENT_OCTETS);
  }
}
