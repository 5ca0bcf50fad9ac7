/**
 * One TCP flow on its way from octets to frames: undecided while nobody knows what speaks on it, then one framer for
 * each direction, or left alone. Tells its owner what happened; makes no messages itself.
 */
import { copyBytes, NO_BYTES } from '../base/bytes.ts';
import type { Direction, Flow, Seen } from '../base/flow.ts';
import { Beginning } from './beginning.ts';
import type { FrameTest } from './frame-test.ts';
import type { Speaker } from './frame-tests.ts';
import type { CutFrame } from './framing.ts';
import { Framer } from './framing.ts';
import { RECOGNIZE_OCTETS_MAX } from './limits.ts';
import type { DialectFound, FrameTests } from './recognize.ts';
import type { UndecidedFlows } from './undecided-flows.ts';

/** What the owner of flows is told. */
export interface FlowOwner {
  /** Of all its flows. */
  readonly undecided: UndecidedFlows;
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
/** Of flows about which nobody asks any more. */
const DECIDED = [new Beginning(), new Beginning()] as const;
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
  private beginnings: readonly [Beginning, Beginning] = [new Beginning(), new Beginning()];
  /** What the framers will read, in the order in which it came. */
  private held: Held[] = [];
  /** Octets in it, by direction. */
  private heldOctets: [number, number] = [0, 0];
  /** Octets seen while undecided. */
  private octets = 0;
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
    const passed = this.isPassed(direction);
    const octets = passed ? bytes.subarray(start, end) : copyBytes(bytes, start, end);
    this.octets += octets.length;
    this.beginnings[direction].add(octets);
    if (!passed) {
      this.held.push({ direction, bytes: octets, missing: 0, seen });
      this.heldOctets[direction] += octets.length;
    }
    this.decide(seen);
    if (this.undecided) this.owner.undecided.keep(this, this.kept(), seen);
  }

  gap(direction: Direction, missing: number, seen: Seen): void {
    if (this.framers !== undefined) this.framers[direction].gap(missing);
    if (!this.undecided) return;
    this.beginnings[direction].interrupt(missing);
    if (!this.isPassed(direction)) this.held.push({ direction, bytes: NO_BYTES, missing, seen });
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

  /** Nobody can wait any longer for what may yet show what it is. */
  giveUp(seen: Seen): void {
    if (this.expected.length > 0 && this.octets > 0) this.strange('its octets are no message', false, seen);
    else this.ignore();
  }

  /** It is decided. */
  private settle(): void {
    this.held = [];
    this.heldOctets = [0, 0];
    this.beginnings = DECIDED;
    this.owner.undecided.forget(this);
  }

  private decide(seen: Seen): void {
    let open = false;
    for (const direction of DIRECTIONS) {
      const beginning = this.beginnings[direction];
      if (beginning.isEmpty) continue;
      if (beginning.isTls()) {
        this.strange('it begins with TLS', true, seen);
        return;
      }
      // In the middle of a stream a header proves nothing, on whatever port.
      const verdict = beginning.verdict(this.tests, this.midStream ? [] : this.expected, seen);
      if (verdict.kind === 'protocol') {
        this.start(verdict.speaker, verdict.why, verdict.dialect, seen);
        return;
      }
      const waits = verdict.kind === 'more' && !beginning.isInterrupted;
      if (waits) open = true;
      // In the middle of a stream what looks like a long message may be none.
      if ((!waits || this.midStream) && this.isSearchable() && this.searchFrame(beginning, seen)) return;
      if (this.heldOctets[direction] > 0 && this.isPassed(direction)) this.drop(direction);
    }
    if (this.octets > RECOGNIZE_OCTETS_MAX || (!open && !this.isSearchable())) this.giveUp(seen);
  }

  /** Whether a frame may stand anywhere in the octets and not only at their beginning. */
  private isSearchable(): boolean {
    return this.midStream || this.expected.length > 0 || this.beginnings.some(({ missing }) => missing > 0);
  }

  /** Whether of a direction only those octets are kept in which a message may begin. */
  private isPassed(direction: Direction): boolean {
    return this.midStream && this.expected.length === 0 && this.beginnings[direction].isPassed;
  }

  private drop(direction: Direction): void {
    this.held = this.held.filter((held) => held.direction !== direction);
    this.heldOctets[direction] = 0;
  }

  private kept(): number {
    const { beginnings, heldOctets } = this;
    return heldOctets[0] + heldOctets[1] + beginnings[0].kept + beginnings[1].kept;
  }

  private searchFrame(beginning: Beginning, seen: Seen): boolean {
    const place = beginning.find(this.expected.length > 0 ? this.expected : ANYWHERE, this.tests, seen);
    if (place === undefined) return false;
    const why = `a whole message stands at octet ${place.at} of what was seen`;
    this.start(place.speaker, why, undefined, seen, true);
    return true;
  }

  /** `search`: not even the beginning of the flow is a message. */
  private start(
    speaker: Speaker,
    why: string,
    dialect: DialectFound | undefined,
    seen: Seen,
    search = this.midStream,
  ): void {
    const beginnings = this.beginnings;
    const passed = DIRECTIONS.filter((direction) => this.isPassed(direction));
    const held = this.held.filter(({ direction }) => !passed.includes(direction));
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
    const owner = this.owner;
    return new Framer(test, {
      frame: (cut, seen) => owner.frame(this, direction, cut, seen),
      lost: (offset, seen) => owner.lost(this, direction, offset, seen),
      found: (offset, skipped, seen) => owner.found(this, direction, offset, skipped, seen),
      windowFull: (dropped, seen) => owner.windowFull(this, direction, dropped, seen),
    });
  }

  private strange(why: string, encrypted: boolean, seen: Seen): void {
    if (this.expected.length > 0) this.owner.strange(this, why, encrypted, seen);
    this.ignore();
  }
}
