/**
 * Cuts one TCP direction into frames by their length prefixes. It never trusts a length alone: where the octets
 * behind a frame are no frame either, it says so, and searches for a place where a whole frame stands. The search is
 * the same after a gap, after nonsense and at a beginning that was not seen. Sans-IO; which octets look like a frame
 * is told by the protocol's `FrameTest`.
 */
import { concatBytes, copyBytes, NO_BYTES, readU16 } from '../base/bytes.ts';
import type { Seen } from '../base/flow.ts';
import type { FrameTest } from './frame-test.ts';
import { PREFIX_OCTETS } from './frame-test.ts';
import { Search } from './search.ts';

/** What comes out of a framer. */
export interface FrameSink {
  /** `start` and `end` are without the prefix; `claimed` is what the prefix says if that is something else. */
  frame(cut: CutFrame, seen: Seen): void;
  /** No frame begins at `streamOffset`; one is searched from here on. */
  lost(streamOffset: number, seen: Seen): void;
  /** A frame was found at `streamOffset`; `skipped` octets before it belong to none. */
  found(streamOffset: number, skipped: number, seen: Seen): void;
  /** The search gave up the oldest octets. */
  windowFull(dropped: number, seen: Seen): void;
}

/** The connection of which a framer cuts one direction. */
export interface Speech {
  /** Sent-time last seen on it, by whoever reads the frames. */
  readonly lastTime: number | undefined;
}

/** A frame that was just cut: overwritten by the next one. */
export class CutFrame {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  streamOffset = 0;
  resync = false;
  claimed: number | undefined;
}

/** Room for a frame this long is made at once; for a longer one, whose length may be a lie, as its octets come. */
const FRAME_OCTETS_AT_ONCE = 512;

/** Octets that are being cut. */
interface Input {
  bytes: Uint8Array;
  at: number;
  end: number;
}

export class Framer {
  private readonly test: FrameTest;
  private readonly sink: FrameSink;
  private readonly speech: Speech;
  /** Octets of this direction before `partial`, or, without one, before the input that is being cut. */
  private offset = 0;
  /** The beginning of a frame whose end has not come. */
  private partial: Uint8Array = NO_BYTES;
  private partialLength = 0;
  private searching: Search | undefined;
  private resync = false;
  /** Whether what is searched now comes behind octets that nobody saw. */
  private behindHole = false;
  /** Octets of a frame that a gap cut; behind them a frame begins. */
  private skip = 0;
  /** The frame before this place, with prefix, if something is wrong with it: then its length may have lied. */
  private doubtful: Uint8Array | undefined;
  /** Whether that is known of the last frame, which else lies in `cutFrame`. */
  private isJudged = true;
  private readonly cutFrame = new CutFrame();
  /** What `push` is told, so that nothing has to be made for it. */
  private readonly input: Input = { bytes: NO_BYTES, at: 0, end: 0 };

  constructor(test: FrameTest, sink: FrameSink, speech: Speech) {
    this.test = test;
    this.sink = sink;
    this.speech = speech;
  }

  /** Octets that belong to a frame that is not complete, or to none. */
  get pending(): number {
    return this.searching?.length ?? this.partialLength;
  }

  /** Octets of memory for them. */
  get kept(): number {
    if (this.searching !== undefined) return this.searching.kept;
    return this.partialLength === 0 ? 0 : this.partial.length;
  }

  /** Octets of the direction before what is pending. */
  get streamOffset(): number {
    return this.offset;
  }

  /** A frame has to be searched first. `behindHole`: because what comes before it was not seen. */
  searchFromHere(behindHole: boolean): void {
    this.behindHole = behindHole;
    this.searching ??= new Search(this.test, this.offset);
  }

  /** Octets that somebody else has searched in vain, before any is pushed. */
  pass(octets: number): void {
    this.offset += octets;
  }

  /** In-order octets. Nobody may write to them afterwards. */
  push(bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    const skipped = Math.min(this.skip, end - start);
    this.skip -= skipped;
    this.offset += skipped;
    const input = this.input;
    input.bytes = bytes;
    input.at = start + skipped;
    input.end = end;
    if (this.partialLength > 0) this.doubtPartial(input, seen);
    this.consume(input, seen);
    input.bytes = NO_BYTES;
  }

  /** `missing` octets never came. Where they end inside the frame that has begun, its end is still known. */
  gap(missing: number): void {
    const wanted = this.partialLength >= PREFIX_OCTETS ? this.total(this.partial, 0) : 0;
    const inside = this.searching === undefined && wanted >= this.partialLength + missing;
    const passed = this.pending + missing;
    this.offset += passed;
    this.skip = inside ? wanted - passed : Math.max(this.skip - missing, 0);
    const known = inside || (this.searching === undefined && this.partialLength === 0 && this.skip > 0);
    this.partial = NO_BYTES;
    this.partialLength = 0;
    this.doubtful = undefined;
    this.resync = true;
    this.searching = undefined;
    if (!known) this.searchFromHere(true);
  }

  /** Keeps nothing of what is pending; the frame that it begins is passed over. Returns how many octets that were. */
  drop(): number {
    const { pending } = this;
    if (pending > 0) this.gap(0);
    return pending;
  }

  /** The direction has ended: frames inside a frame that never became whole are still found. */
  finish(seen: Seen): void {
    if (this.searching !== undefined || this.partialLength <= PREFIX_OCTETS) return;
    if (this.holdsFrame(seen)) this.losePartial(seen);
  }

  /** Whether a whole frame stands somewhere in the kept octets. */
  private holdsFrame(seen: Seen): boolean {
    const search = new Search(this.test, this.offset);
    search.push(this.partial.slice(0, this.partialLength));
    return search.find(seen, this.speech.lastTime) !== undefined;
  }

  /** The kept octets are no frame; what is in them is searched. */
  private losePartial(seen: Seen): void {
    const rest = this.partial.slice(0, this.partialLength);
    this.partialLength = 0;
    this.sink.lost(this.offset, seen);
    this.behindHole = false;
    this.searching = new Search(this.test, this.offset);
    this.consume({ bytes: rest, at: 0, end: rest.length }, seen);
  }

  private consume(input: Input, seen: Seen): void {
    while (input.at < input.end) {
      if (this.searching !== undefined) this.search(this.searching, input, seen);
      else if (this.partialLength > 0) this.fill(input, seen);
      else this.cut(input, seen);
    }
    this.judge();
  }

  /** Looks at the last frame while its octets are there: only if what follows it is none, its own end counts. */
  private judge(): void {
    if (this.isJudged) return;
    this.isJudged = true;
    const { bytes, start, end } = this.cutFrame;
    const at = start - PREFIX_OCTETS;
    this.doubtful = this.test.isWhole(bytes, at, end) ? undefined : copyBytes(bytes, at, end);
    // A silent connection must not keep alive what it read last.
    this.cutFrame.bytes = NO_BYTES;
  }

  private total(bytes: Uint8Array, at: number): number {
    const length = readU16(bytes, at);
    return this.test.includesPrefix ? Math.max(length, PREFIX_OCTETS) : length + PREFIX_OCTETS;
  }

  /** Emits frames that lie whole in the input and keeps the rest, until the input ends or sense is lost. */
  private cut(input: Input, seen: Seen): void {
    const { bytes, end } = input;
    const { headerOctets } = this.test;
    while (input.at < end) {
      const { at } = input;
      const total = at + PREFIX_OCTETS <= end ? this.total(bytes, at) : headerOctets;
      const known = at + headerOctets <= end && this.test.isHeader(bytes, at);
      if (!known && !this.mayBegin(bytes, at, end, total)) {
        this.lose(input, seen);
        return;
      }
      if (at + PREFIX_OCTETS > end || at + total > end) {
        this.keep(input, total);
        return;
      }
      this.emit(bytes, at, at + total, seen);
      input.at = at + total;
    }
  }

  /**
   * Whether something with an unfamiliar header may be a frame: too little of it is there to tell, or a familiar
   * header stands behind it, or what stands behind it has not come and the frame before it was fine.
   */
  private mayBegin(bytes: Uint8Array, at: number, end: number, total: number): boolean {
    const { headerOctets } = this.test;
    if (at + headerOctets > end && total >= headerOctets) return true;
    const next = at + total;
    if (next + headerOctets <= end) return this.test.isHeader(bytes, next);
    this.judge();
    return this.doubtful === undefined;
  }

  private emit(bytes: Uint8Array, at: number, end: number, seen: Seen, claimed?: number): void {
    const cut = this.cutFrame;
    cut.bytes = bytes;
    cut.start = at + PREFIX_OCTETS;
    cut.end = end;
    cut.streamOffset = this.offset;
    cut.resync = this.resync;
    cut.claimed = claimed;
    this.isJudged = false;
    this.offset += end - at;
    this.sink.frame(cut, seen);
  }

  private keep(input: Input, total: number): void {
    const length = input.end - input.at;
    this.partial = new Uint8Array(total <= FRAME_OCTETS_AT_ONCE ? Math.max(total, length) : length);
    this.partial.set(input.bytes.subarray(input.at, input.end));
    this.partialLength = length;
    input.at = input.end;
  }

  /** Continues the kept beginning until its frame is whole or it turns out to be none. */
  private fill(input: Input, seen: Seen): void {
    const known = this.partialLength >= PREFIX_OCTETS;
    const wanted = known ? this.total(this.partial, 0) : PREFIX_OCTETS;
    const taken = Math.min(wanted - this.partialLength, input.end - input.at);
    const needed = this.partialLength + taken;
    if (needed > this.partial.length) {
      const larger = new Uint8Array(Math.min(wanted, Math.max(needed, 2 * this.partialLength)));
      larger.set(this.partial.subarray(0, this.partialLength));
      this.partial = larger;
    }
    this.partial.set(input.bytes.subarray(input.at, input.at + taken), this.partialLength);
    this.partialLength = needed;
    input.at += taken;
    if (this.partialLength < PREFIX_OCTETS) return;
    const total = this.total(this.partial, 0);
    if (this.partialLength === total) this.finishPartial(input, total, seen);
  }

  /** The kept octets are a whole frame. What follows it is the rest of the input. */
  private finishPartial(input: Input, total: number, seen: Seen): void {
    const { headerOctets } = this.test;
    const frame = this.partial.subarray(0, total);
    this.partial = NO_BYTES;
    this.partialLength = 0;
    const known = total >= headerOctets && this.test.isHeader(frame, 0);
    const nextFits = input.at + headerOctets > input.end || this.test.isHeader(input.bytes, input.at);
    if (known || nextFits) {
      this.emit(frame, 0, total, seen);
      return;
    }
    const joined = concatBytes([frame, input.bytes.subarray(input.at, input.end)]);
    Object.assign(input, { bytes: joined, at: 0, end: joined.length });
    this.lose(input, seen);
  }

  /**
   * New octets that are a frame by themselves, while the one that was awaited is whole without them or has a strange
   * header: its length has lied, or it is none and hides others.
   */
  private doubtPartial(input: Input, seen: Seen): void {
    const { headerOctets, candidateOctets } = this.test;
    const length = this.partialLength;
    const { bytes, at, end } = input;
    if (at + candidateOctets > end || !this.test.isHeader(bytes, at)) return;
    const next = at + this.total(bytes, at);
    if (
      next > end ||
      !this.test.isCandidate(bytes, at, seen, this.speech.lastTime) ||
      !this.test.isWhole(bytes, at, next)
    )
      return;
    const frame = this.partial.subarray(0, length);
    const header =
      length < headerOctets ? concatBytes([frame, bytes.subarray(at, at + headerOctets - length)]) : frame;
    const known = this.test.isHeader(header, 0);
    if (known && (length < headerOctets || !this.test.isWhole(frame, 0, length))) return;
    if (length < headerOctets || (!known && this.holdsFrame(seen))) {
      this.losePartial(seen);
      return;
    }
    this.partialLength = 0;
    this.emit(frame, 0, length, seen, readU16(frame, 0));
    this.isJudged = true;
    this.doubtful = undefined;
  }

  /** No frame begins here. If the frame before was doubtful, the search begins inside it. */
  private lose(input: Input, seen: Seen): void {
    this.judge();
    this.sink.lost(this.offset, seen);
    const before = this.doubtful?.subarray(1);
    this.doubtful = undefined;
    this.behindHole = false;
    if (before !== undefined) {
      const joined = concatBytes([before, input.bytes.subarray(input.at, input.end)]);
      Object.assign(input, { bytes: joined, at: 0, end: joined.length });
      this.offset -= before.length;
    }
    this.searching = new Search(this.test, this.offset);
  }

  /** Takes all of the input into the search; when a frame is found, the input becomes what begins with it. */
  private search(search: Search, input: Input, seen: Seen): void {
    const dropped = search.push(input.bytes.subarray(input.at, input.end));
    input.at = input.end;
    this.offset += dropped;
    if (dropped > 0) this.sink.windowFull(dropped, seen);
    const found = search.find(seen, this.speech.lastTime);
    if (found === undefined) return;
    this.searching = undefined;
    this.offset += found;
    const skipped = this.offset - search.begin;
    if (skipped > 0 && this.behindHole) this.resync = true;
    this.sink.found(this.offset, skipped, seen);
    const rest = search.octetsFrom(found);
    Object.assign(input, { bytes: rest, at: 0, end: rest.length });
  }
}
