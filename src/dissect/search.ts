/** Searches a stream that has lost its framing for a place where a whole frame stands. Bounded in octets and places. */
import { copyBytes, NO_BYTES, readU16 } from '../base/bytes.ts';
import type { Seen } from '../base/flow.ts';
import { type FrameTest, PREFIX_OCTETS } from './frame-test.ts';
import { RESYNC_CANDIDATES_MAX, RESYNC_WINDOW_OCTETS } from './limits.ts';

/** Up to here a window stays where it is when it becomes shorter. */
const SMALL_WINDOW_OCTETS = 4096;

/** Octets in which a frame is searched. Positions that cannot begin one are looked at once. */
export class Search {
  /** Stream offset at which the search began. */
  readonly begin: number;
  private readonly test: FrameTest;
  private window: Uint8Array = NO_BYTES;
  private held = 0;
  /** Whose the window is: ours; that of others, who keep it as it is; or of others who may not. */
  private windowIs: 'own' | 'shared' | 'borrowed' = 'own';
  /** Everything before this was looked at. */
  private looked = 0;
  /** Positions with a plausible header, whose frame is not complete. */
  private candidates: number[] = [];

  constructor(test: FrameTest, begin: number) {
    this.test = test;
    this.begin = begin;
  }

  get length(): number {
    return this.held;
  }

  /** Octets of memory. */
  get kept(): number {
    return this.window.length;
  }

  /**
   * Adds octets; returns how many old ones had to go. The first ones are looked at where they lie; unless they stay there as
   * they are (`lasting`) they are copied if `find`, which has to follow, finds nothing in them.
   */
  push(octets: Uint8Array, lasting = false): number {
    if (this.held === 0) {
      this.window = octets;
      this.held = octets.length;
      this.windowIs = lasting ? 'shared' : 'borrowed';
      return 0;
    }
    const tooMany = this.held + octets.length > 2 * RESYNC_WINDOW_OCTETS;
    const dropped = tooMany ? Math.max(this.held - RESYNC_WINDOW_OCTETS, 0) : 0;
    if (dropped > 0) {
      this.window = this.window.slice(dropped, this.held);
      this.held -= dropped;
      this.looked = Math.max(this.looked - dropped, 0);
      this.candidates = this.candidates.map((at) => at - dropped).filter((at) => at >= 0);
    }
    const wanted = this.held + octets.length;
    if (wanted > this.window.length) {
      const larger = new Uint8Array(Math.max(wanted, 2 * this.held));
      larger.set(this.window.subarray(0, this.held));
      this.window = larger;
      this.windowIs = 'own';
    }
    this.window.set(octets, this.held);
    this.held = wanted;
    return dropped;
  }

  /** The first position at which a whole frame stands. `lastTime`: as of `FrameTest`. */
  find(seen: Seen, lastTime?: number): number | undefined {
    const window = this.window.subarray(0, this.held);
    const open = this.candidates;
    this.candidates = [];
    for (const at of open) if (this.try(window, at)) return at;
    const { candidateOctets, types } = this.test;
    for (; this.looked + candidateOctets <= this.held; this.looked++) {
      const at = this.looked;
      if (types[window[at + PREFIX_OCTETS] as number] === 0) continue;
      if (!this.test.isHeader(window, at) || !this.test.isCandidate(window, at, seen, lastTime)) continue;
      if (this.try(window, at)) return at;
    }
    if (this.windowIs === 'borrowed') {
      this.window = copyBytes(window);
      this.windowIs = 'own';
    }
    return undefined;
  }

  /** Lets go of the octets in which no frame can begin, once they are most of what is kept. */
  forget(): void {
    const needed = Math.min(this.looked, ...this.candidates);
    if (needed < this.held / 2) return;
    if (this.windowIs === 'own' && this.window.length <= SMALL_WINDOW_OCTETS)
      this.window.copyWithin(0, needed, this.held);
    else {
      this.window = this.window.slice(needed, this.held);
      this.windowIs = 'own';
    }
    this.held -= needed;
    this.looked -= needed;
    this.candidates = this.candidates.map((at) => at - needed);
  }

  /** The octets from `at` on, never written to again once the search is over. */
  octetsFrom(at: number): Uint8Array {
    return this.window.subarray(at, this.held);
  }

  private try(window: Uint8Array, at: number): boolean {
    const end = at + readU16(window, at) + (this.test.includesPrefix ? 0 : 2);
    if (end <= window.length) return this.test.isWhole(window, at, end);
    if (this.candidates.length < RESYNC_CANDIDATES_MAX) this.candidates.push(at);
    return false;
  }
}
