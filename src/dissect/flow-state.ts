/**
 * One TCP flow on its way from octets to frames: undecided while nobody knows what speaks on it, then one framer for
 * each direction, or left alone. Tells its owner what happened; makes no messages itself.
 */
import { concatBytes, copyBytes } from '../base/bytes.ts';
import type { Direction, Flow, Seen } from '../base/flow.ts';
import type { FrameTest } from './frame-test.ts';
import type { Speaker } from './frame-tests.ts';
import type { CutFrame } from './framing.ts';
import { Framer } from './framing.ts';
import { RECOGNIZE_OCTETS_MAX } from './limits.ts';
import { type DialectFound, type FrameTests, isTlsRecord, recognize } from './recognize.ts';
import { Search } from './search.ts';

/** What the owner of flows is told. */
export interface FlowOwner {
  recognized(
    state: FlowState,
    protocol: Speaker,
    why: string,
    dialect: DialectFound | undefined,
    seen: Seen,
  ): void;
  frame(state: FlowState, direction: Direction, cut: CutFrame, seen: Seen): void;
  lost(state: FlowState, direction: Direction, streamOffset: number, seen: Seen): void;
  found(state: FlowState, direction: Direction, streamOffset: number, skipped: number, seen: Seen): void;
  windowFull(state: FlowState, direction: Direction, dropped: number, seen: Seen): void;
  /** On a port of ours, but not a protocol of ours. */
  strange(state: FlowState, why: string, encrypted: boolean, seen: Seen): void;
}

interface Held {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly missing: number;
  readonly seen: Seen;
}

const DIRECTIONS = [0, 1] as const;
/** What is searched in streams on other ports whose beginning was not seen. */
const ANYWHERE: readonly Speaker[] = ['dhcpv6-failover', 'dhcpv4-failover'];

export class FlowState {
  readonly flow: Flow;
  readonly opened: Seen;
  readonly midStream: boolean;
  /** Protocols whose port the flow is on. */
  readonly expected: readonly Speaker[];
  /** Sent-time last seen on the flow. */
  lastTime: number | undefined;
  private readonly owner: FlowOwner;
  private readonly tests: FrameTests;
  private held: Held[] = [];
  private heldOctets = 0;
  private framers: readonly [Framer, Framer] | undefined;
  private ignored = false;

  constructor(
    flow: Flow,
    opened: Seen,
    midStream: boolean,
    expected: readonly Speaker[],
    tests: (lastTime: () => number | undefined) => FrameTests,
    owner: FlowOwner,
  ) {
    this.flow = flow;
    this.opened = opened;
    this.midStream = midStream;
    this.expected = expected;
    this.tests = tests(() => this.lastTime);
    this.owner = owner;
  }

  get undecided(): boolean {
    return this.framers === undefined && !this.ignored;
  }

  /** Octets of a direction that wait for the end of a frame. */
  pending(direction: Direction): number {
    return this.framers?.[direction].pending ?? 0;
  }

  streamOffset(direction: Direction): number {
    return this.framers?.[direction].streamOffset ?? 0;
  }

  data(direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    if (this.ignored || start >= end) return;
    if (this.framers !== undefined) {
      this.framers[direction].push(bytes, start, end, seen);
      return;
    }
    this.held.push({ direction, bytes: copyBytes(bytes, start, end), missing: 0, seen });
    this.heldOctets += end - start;
    this.decide(seen);
  }

  gap(direction: Direction, missing: number, seen: Seen): void {
    if (this.framers !== undefined) this.framers[direction].gap(missing);
    else if (!this.ignored) this.held.push({ direction, bytes: new Uint8Array(0), missing, seen });
  }

  /** The direction has ended, or both have. */
  finish(direction: Direction, seen: Seen): void {
    if (this.framers !== undefined) this.framers[direction].finish(seen);
    else if (!this.ignored) this.giveUp(seen);
  }

  /** Treats the flow as `protocol` without asking its octets. */
  force(protocol: Speaker, seen: Seen): void {
    this.begin(protocol, this.midStream);
    this.owner.recognized(this, protocol, 'it was told so', undefined, seen);
  }

  /** Nothing further on this flow can be read. */
  ignore(): void {
    this.ignored = true;
    this.framers = undefined;
    this.held = [];
  }

  private decide(seen: Seen): void {
    let open = false;
    for (const direction of DIRECTIONS) {
      const [first, ...behindGaps] = this.runs(direction);
      if (first === undefined) continue;
      if (isTlsRecord(first, 0, first.length)) {
        this.strange('it begins with TLS', true, seen);
        return;
      }
      // In the middle of a stream a header proves nothing, on whatever port.
      const verdict = recognize(this.tests, first, seen, this.midStream ? [] : this.expected);
      if (verdict.kind === 'protocol') {
        this.start(verdict.speaker, verdict.why, verdict.dialect, seen);
        return;
      }
      const waits = verdict.kind === 'more' && behindGaps.length === 0;
      if (waits) open = true;
      // In the middle of a stream what looks like a long message may be none.
      if (
        (!waits || this.midStream) &&
        this.searchable() &&
        [first, ...behindGaps].some((run) => this.searchFrame(run, seen))
      )
        return;
    }
    if (this.heldOctets > RECOGNIZE_OCTETS_MAX || (!open && !this.searchable())) this.giveUp(seen);
  }

  /** The octets of a direction, in pieces without gaps. */
  private runs(direction: Direction): readonly Uint8Array[] {
    const runs: Uint8Array[][] = [[]];
    for (const held of this.held) {
      if (held.direction !== direction) continue;
      if (held.missing > 0) runs.push([]);
      else runs.at(-1)?.push(held.bytes);
    }
    return runs.filter((parts) => parts.length > 0).map(concatBytes);
  }

  /** Whether a frame may stand anywhere in the octets and not only at their beginning. */
  private searchable(): boolean {
    return this.midStream || this.expected.length > 0 || this.held.some((held) => held.missing > 0);
  }

  private searchFrame(bytes: Uint8Array, seen: Seen): boolean {
    const speakers: readonly Speaker[] = this.expected.length > 0 ? this.expected : ANYWHERE;
    for (const speaker of speakers) {
      const search = new Search(this.tests[speaker], 0);
      search.push(bytes);
      const at = search.find(seen);
      if (at === undefined) continue;
      this.start(speaker, `a whole message stands at octet ${at} of what was seen`, undefined, seen, true);
      return true;
    }
    return false;
  }

  /** `search`: not even the beginning of the flow is a message. */
  private start(
    speaker: Speaker,
    why: string,
    dialect: DialectFound | undefined,
    seen: Seen,
    search = this.midStream,
  ): void {
    const held = this.held;
    this.held = [];
    this.owner.recognized(this, speaker, why, dialect, seen);
    this.begin(speaker, search);
    for (const { direction, bytes, missing, seen: then } of held) {
      const framer = this.framers?.[direction];
      if (missing > 0) framer?.gap(missing);
      else framer?.push(bytes, 0, bytes.length, then);
    }
  }

  private begin(speaker: Speaker, search: boolean): void {
    const test = this.tests[speaker];
    const framers = [this.framer(0, test), this.framer(1, test)] as const;
    if (search) for (const framer of framers) framer.searchFromHere(this.midStream);
    this.framers = framers;
  }

  private framer(direction: Direction, test: FrameTest): Framer {
    const owner = this.owner;
    return new Framer(test, {
      frame: (cut, seen) => owner.frame(this, direction, cut, seen),
      lost: (offset, seen) => owner.lost(this, direction, offset, seen),
      found: (offset, skipped, seen) => owner.found(this, direction, offset, skipped, seen),
      windowFull: (dropped, seen) => owner.windowFull(this, direction, dropped, seen),
    });
  }

  private giveUp(seen: Seen): void {
    if (this.expected.length > 0 && this.heldOctets > 0)
      this.strange('its octets are no message', false, seen);
    else this.ignore();
  }

  private strange(why: string, encrypted: boolean, seen: Seen): void {
    if (this.expected.length > 0) this.owner.strange(this, why, encrypted, seen);
    this.ignore();
  }
}
