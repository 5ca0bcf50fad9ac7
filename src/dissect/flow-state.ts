/**
 * One TCP flow on its way from octets to frames: undecided while nobody knows what speaks on it, then one framer for
 * each direction, or left alone. Tells its owner what happened; makes no messages itself.
 */
import { copyBytes } from '../base/bytes.ts';
import type { Direction, Flow, Seen } from '../base/flow.ts';
import type { Beginning } from './beginning.ts';
import type { FrameTest } from './frame-test.ts';
import type { FrameTests, Speaker } from './frame-tests.ts';
import type { CutFrame, FrameSink } from './framing.ts';
import { Framer } from './framing.ts';
import { RECOGNIZE_OCTETS_MAX } from './limits.ts';
import { Opening } from './opening.ts';
import type { DialectFound } from './recognize.ts';
import type { WaitingFlows } from './waiting-flows.ts';

/** What the owner of flows is told. */
export interface FlowOwner {
  /** Of all its flows. */
  readonly waiting: WaitingFlows;
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
  /** From the first octets until it is decided: most flows of a flood have none. */
  private opening: Opening | undefined;
  private framers: readonly [Framer, Framer] | undefined;
  private ignored = false;
  /** Of memory, as the owner's account of all flows has it. */
  private keptOctets = 0;

  constructor(
    flow: Flow,
    opened: Seen,
    midStream: boolean,
    expected: readonly Speaker[],
    tests: FrameTests,
    owner: FlowOwner,
  ) {
    this.flow = flow;
    this.opened = opened;
    this.midStream = midStream;
    this.expected = expected;
    this.tests = tests;
    this.owner = owner;
  }

  get undecided(): boolean {
    return this.framers === undefined && !this.ignored;
  }

  /** Octets of a direction that wait for the end of a frame. */
  pending(direction: Direction): number {
    return this.framers?.[direction].pending ?? 0;
  }

  /** Octets of memory. */
  private get kept(): number {
    const { framers } = this;
    if (framers !== undefined) return framers[0].kept + framers[1].kept;
    return this.opening?.kept ?? 0;
  }

  streamOffset(direction: Direction): number {
    return this.framers?.[direction].streamOffset ?? 0;
  }

  data(direction: Direction, bytes: Uint8Array, start: number, end: number, seen: Seen): void {
    if (this.ignored || start >= end) return;
    const { framers } = this;
    if (framers !== undefined) {
      framers[direction].push(bytes, start, end, seen);
      // What was found may have shown that nothing further can be read.
      if (this.framers === framers) this.keep(this.kept, seen);
      return;
    }
    this.opening ??= new Opening();
    const passed = this.isPassed(this.opening, direction);
    const octets = passed ? bytes.subarray(start, end) : copyBytes(bytes, start, end);
    this.opening.octets += octets.length;
    this.opening.beginnings[direction].add(octets);
    if (!passed) this.opening.hold(direction, octets, seen);
    this.decide(this.opening, seen);
    this.keep(this.kept, seen);
  }

  gap(direction: Direction, missing: number, seen: Seen): void {
    if (this.framers !== undefined) this.framers[direction].gap(missing);
    if (!this.undecided) return;
    this.opening ??= new Opening();
    this.opening.beginnings[direction].interrupt(missing);
    if (!this.isPassed(this.opening, direction)) this.opening.holdGap(direction, missing, seen);
  }

  /** The direction has ended, or both have. */
  finish(direction: Direction, seen: Seen): void {
    if (this.framers !== undefined) this.framers[direction].finish(seen);
    else if (!this.ignored) this.giveUp(seen);
  }

  /** Treats the flow as `protocol` without asking its octets. */
  force(protocol: Speaker, seen: Seen): void {
    this.settle();
    this.begin(protocol, this.midStream);
    this.owner.recognized(this, protocol, 'it was told so', undefined, seen);
  }

  /** Nothing further on this flow can be read. */
  ignore(): void {
    this.ignored = true;
    this.framers = undefined;
    this.settle();
  }

  /** Nobody can wait any longer for what may yet show what it is, or for the rest of its messages. */
  giveUp(seen: Seen): void {
    if (this.framers !== undefined) {
      for (const direction of DIRECTIONS) {
        const dropped = this.framers[direction].drop();
        if (dropped > 0) this.owner.windowFull(this, direction, dropped, seen);
      }
      this.keptOctets = 0;
      return;
    }
    if (this.expected.length > 0 && this.opening !== undefined && this.opening.octets > 0)
      this.strange('its octets are no message', false, seen);
    else this.ignore();
  }

  /** Nobody asks about it any more. */
  forget(): void {
    if (this.keptOctets > 0) this.owner.waiting.forget(this);
    this.keptOctets = 0;
  }

  /** It is decided. */
  private settle(): void {
    this.opening = undefined;
    this.forget();
  }

  private keep(octets: number, seen: Seen): void {
    if (octets === this.keptOctets) return;
    this.keptOctets = octets;
    this.owner.waiting.keep(this, octets, seen);
  }

  private decide(opening: Opening, seen: Seen): void {
    let open = false;
    for (const direction of DIRECTIONS) {
      const beginning = opening.beginnings[direction];
      if (beginning.isEmpty) continue;
      if (beginning.isTls()) {
        this.strange('it begins with TLS', true, seen);
        return;
      }
      // In the middle of a stream a header proves nothing, on whatever port.
      const verdict = beginning.verdict(this.tests, this.midStream ? [] : this.expected, seen);
      if (verdict.kind === 'protocol') {
        this.start(opening, verdict.speaker, verdict.why, verdict.dialect, seen);
        return;
      }
      const waits = verdict.kind === 'more' && !beginning.isInterrupted;
      if (waits) open = true;
      // In the middle of a stream what looks like a long message may be none.
      const isSearched = (!waits || this.midStream) && this.isSearchable(opening);
      if (isSearched && this.searchFrame(opening, beginning, seen)) return;
      if (this.isPassed(opening, direction)) opening.drop(direction);
    }
    if (opening.octets > RECOGNIZE_OCTETS_MAX || (!open && !this.isSearchable(opening))) this.giveUp(seen);
  }

  /** Whether a frame may stand anywhere in the octets and not only at their beginning. */
  private isSearchable({ beginnings }: Opening): boolean {
    return this.midStream || this.expected.length > 0 || beginnings.some(({ missing }) => missing > 0);
  }

  /** Whether of a direction only those octets are kept in which a message may begin. */
  private isPassed({ beginnings }: Opening, direction: Direction): boolean {
    return this.midStream && this.expected.length === 0 && beginnings[direction].isPassed;
  }

  private searchFrame(opening: Opening, beginning: Beginning, seen: Seen): boolean {
    const place = beginning.find(this.expected.length > 0 ? this.expected : ANYWHERE, this.tests, seen);
    if (place === undefined) return false;
    const why = `a whole message stands at octet ${place.at} of what was seen`;
    this.start(opening, place.speaker, why, undefined, seen, true);
    return true;
  }

  /** `search`: not even the beginning of the flow is a message. */
  private start(
    opening: Opening,
    speaker: Speaker,
    why: string,
    dialect: DialectFound | undefined,
    seen: Seen,
    search = this.midStream,
  ): void {
    const { beginnings } = opening;
    const passed = DIRECTIONS.filter((direction) => this.isPassed(opening, direction));
    const held = opening.held.filter(({ direction }) => !passed.includes(direction));
    this.settle();
    this.owner.recognized(this, speaker, why, dialect, seen);
    this.begin(speaker, search);
    for (const direction of passed) this.passOver(direction, beginnings[direction]);
    for (const { direction, bytes, missing, seen: then } of held) {
      const framer = this.framers?.[direction];
      if (missing > 0) framer?.gap(missing);
      else framer?.push(bytes, 0, bytes.length, then);
    }
    for (const direction of passed) {
      const beginning = beginnings[direction];
      const rest = beginning.rest(speaker);
      const framer = this.framers?.[direction];
      framer?.pass(beginning.octetsSinceGap - rest.length);
      framer?.push(rest, 0, rest.length, seen);
    }
  }

  private passOver(direction: Direction, { octetsBeforeGap, missing }: Beginning): void {
    const framer = this.framers?.[direction];
    framer?.pass(octetsBeforeGap);
    if (missing > 0) framer?.gap(missing);
  }

  private begin(speaker: Speaker, search: boolean): void {
    const test = this.tests[speaker];
    const framers = [this.framer(0, test), this.framer(1, test)] as const;
    if (search) for (const framer of framers) framer.searchFromHere(this.midStream);
    this.framers = framers;
  }

  private framer(direction: Direction, test: FrameTest): Framer {
    return new Framer(test, new DirectionOfFlow(this.owner, this, direction), this);
  }

  private strange(why: string, encrypted: boolean, seen: Seen): void {
    if (this.expected.length > 0) this.owner.strange(this, why, encrypted, seen);
    this.ignore();
  }
}

/** Tells the owner of a flow what its framers find. */
class DirectionOfFlow implements FrameSink {
  private readonly owner: FlowOwner;
  private readonly state: FlowState;
  private readonly direction: Direction;

  constructor(owner: FlowOwner, state: FlowState, direction: Direction) {
    this.owner = owner;
    this.state = state;
    this.direction = direction;
  }

  frame(cut: CutFrame, seen: Seen): void {
    this.owner.frame(this.state, this.direction, cut, seen);
  }

  lost(streamOffset: number, seen: Seen): void {
    this.owner.lost(this.state, this.direction, streamOffset, seen);
  }

  found(streamOffset: number, skipped: number, seen: Seen): void {
    this.owner.found(this.state, this.direction, streamOffset, skipped, seen);
  }

  windowFull(dropped: number, seen: Seen): void {
    this.owner.windowFull(this.state, this.direction, dropped, seen);
  }
}
