/**
 * One direction of a TCP flow while nobody knows what speaks on it: whether it begins with a message, and whether one
 * stands anywhere in it. Each octet is looked at once, however small the segments are. Keeps what it still has to look
 * at, and no more; who reads what was recognized needs the octets from elsewhere, until `isPassed`.
 */
import { NO_BYTES } from '../base/bytes.ts';
import type { Seen } from '../base/flow.ts';
import type { FrameTests, Speaker } from './frame-tests.ts';
import { isTlsRecord, negotiatesTls, recognize, type Verdict } from './recognize.ts';
import { Search } from './search.ts';

/** Where a whole message stands, counted from the last gap. */
export interface Place {
  readonly speaker: Speaker;
  readonly at: number;
}

const MORE: Verdict = { kind: 'more' };

export class Beginning {
  /** Whether octets are missing behind the first ones. */
  isInterrupted = false;
  /** Whether the first octets are no beginning, whatever follows, so that only a search finds a message. */
  isPassed = false;
  /** Octets before the last gap, and those that are missing there and before. */
  octetsBeforeGap = 0;
  missing = 0;
  /** The octets before the first gap behind any, as long as they may be the beginning of a message. */
  private first: Uint8Array = NO_BYTES;
  private firstLength = 0;
  private judgement: Verdict = MORE;
  private judged = 0;
  private run = new Run();
  /** The one before a gap, if it was not searched to its end. */
  private runBefore: Run | undefined;

  get isEmpty(): boolean {
    return this.firstLength === 0 && !this.isPassed;
  }

  /** Octets that are kept for looking at them. */
  get kept(): number {
    return this.firstLength + this.run.kept;
  }

  /** Adds octets, which nobody may write to afterwards; the caller keeps them until `isPassed`. */
  add(octets: Uint8Array): void {
    this.run.add(octets, !this.isPassed);
    if (this.isInterrupted || this.isPassed) return;
    const length = this.firstLength + octets.length;
    if (this.firstLength === 0) {
      this.first = octets;
      this.firstLength = length;
      return;
    }
    if (length > this.first.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.firstLength));
      larger.set(this.first.subarray(0, this.firstLength));
      this.first = larger;
    }
    this.first.set(octets, this.firstLength);
    this.firstLength = length;
  }

  /** Octets are missing behind those so far. */
  interrupt(missing: number): void {
    this.missing += missing;
    this.octetsBeforeGap += this.run.octets;
    if (this.isEmpty) return;
    this.isInterrupted = true;
    if (this.run.octets > 0) this.runBefore ??= this.run;
    this.run = new Run();
  }

  isTls(): boolean {
    return !this.isPassed && isTlsRecord(this.first, 0, this.firstLength);
  }

  /** What the first octets are. `expected`: as of `recognize`. */
  verdict(tests: FrameTests, expected: readonly Speaker[], seen: Seen): Verdict {
    if (this.judged === this.firstLength) return this.judgement;
    const first = this.first.subarray(0, this.firstLength);
    this.judged = this.firstLength;
    this.judgement = recognize(tests, first, seen, expected);
    if (this.judgement.kind === 'none' && expected.length === 0 && !negotiatesTls(first)) this.pass();
    return this.judgement;
  }

  /** The first whole message anywhere in what was not searched. */
  find(speakers: readonly Speaker[], tests: FrameTests, seen: Seen): Place | undefined {
    const found = this.runBefore?.find(speakers, tests, seen);
    this.runBefore = undefined;
    return found ?? this.run.find(speakers, tests, seen);
  }

  /** The octets at the end in which a message of the speaker may begin. */
  rest(speaker: Speaker): Uint8Array {
    return this.run.rest(speaker);
  }

  /** Octets since the last gap. */
  get octetsSinceGap(): number {
    return this.run.octets;
  }

  private pass(): void {
    this.isPassed = true;
    this.first = NO_BYTES;
    this.firstLength = 0;
    this.judged = 0;
  }
}

interface SearchFor {
  readonly speaker: Speaker;
  readonly search: Search;
}

/** Octets without a gap, and how far they were searched. */
class Run {
  octets = 0;
  /** What was not given to the searches. */
  private waiting: Uint8Array[] = [];
  private isLasting = true;
  private searches: readonly SearchFor[] | undefined;

  get kept(): number {
    let kept = 0;
    for (const { search } of this.searches ?? []) kept += search.kept;
    return kept;
  }

  /** `lasting`: as of `Search`. */
  add(octets: Uint8Array, lasting: boolean): void {
    this.waiting.push(octets);
    this.isLasting = lasting;
    this.octets += octets.length;
  }

  find(speakers: readonly Speaker[], tests: FrameTests, seen: Seen): Place | undefined {
    this.searches ??= speakers.map((speaker) => ({ speaker, search: new Search(tests[speaker], 0) }));
    const waiting = this.waiting;
    this.waiting = [];
    for (const { speaker, search } of this.searches) {
      for (const octets of waiting) search.push(octets, this.isLasting);
      const before = this.octets - search.length;
      const at = search.find(seen);
      if (at !== undefined) return { speaker, at: before + at };
      search.forget();
    }
    return undefined;
  }

  rest(speaker: Speaker): Uint8Array {
    const { searches } = this;
    const own = searches?.find((each) => each.speaker === speaker) ?? searches?.[0];
    return own?.search.octetsFrom(0) ?? NO_BYTES;
  }
}
