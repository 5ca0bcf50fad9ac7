/**
 * One direction of one connection: octets in, outputs back. With no fault armed, octets go onward as they come, before
 * they are read; with faults armed, whole units go through their stages. In both cases every message is cut, dissected
 * and told. A stream that cannot be cut passes unchanged. Sans-IO: the relay and the simulator drive the same link.
 */
import { concatBytes } from '../base/bytes.ts';
import type { Direction } from '../base/flow.ts';
import type { Frame } from '../base/frame.ts';
import type { Dissectors } from '../dissect/compile.ts';
import type { Message } from '../dissect/message.ts';
import type { FaultBoard } from './board.ts';
import { type Exit, FaultChain, type Halts } from './chain.ts';
import { Cutter } from './cutter.ts';
import { type ConnectionDialect, PREFIX_OCTETS } from './dialect.ts';
import type { Verdict } from './events.ts';
import type { LinkOutput, RunNumbers } from './link-output.ts';
import { type FaultHit, type InFlight, marked, type StageOutput } from './stage.ts';
import { TlsRecords } from './tls-records.ts';
import type { WireStates } from './wire-states.ts';

/** Octets waiting in the stages of one direction beyond which nothing more is read from the sender. */
export const HELD_OCTETS_MAX = 8 * 1024 * 1024;
/** How long the beginning of a message waits for its end while faults are armed; then it passes as it is. */
export const PARTIAL_WAIT_MILLIS = 5000;

export interface LinkSetup {
  readonly direction: Direction;
  /** Shared by both directions of the connection. */
  readonly dialect: ConnectionDialect;
  readonly board: FaultBoard;
  readonly states: WireStates;
  /** Shared by both directions of the connection. */
  readonly halts: Halts;
  readonly dissectors: Dissectors;
  /**
   * Reads a unit: `octets` with length prefix, `streamOffset` octets of this direction before it. A changed message
   * keeps the index of the one that it was; without `like` a new one is counted.
   */
  readonly dissect: (octets: Uint8Array, streamOffset: number, now: number, like: Message | null) => Message;
  /** Numbers for messages that are not dissected here. */
  readonly number: (count: number) => RunNumbers;
}

const NO_HITS: readonly FaultHit[] = [];

/** The body of a unit as a frame's byte range. */
export function frameRange(octets: Uint8Array): Pick<Frame, 'bytes' | 'start' | 'end'> {
  return { bytes: octets, start: Math.min(PREFIX_OCTETS, octets.length), end: octets.length };
}

export class Link implements Exit {
  private readonly setup: LinkSetup;
  private readonly cutter: Cutter;
  private readonly chain: FaultChain;
  private outputs: LinkOutput[] = [];
  private streamOffset = 0;
  /** How much of the cutter's pending octets has gone onward already. */
  private passed = 0;
  private partialSince: number | undefined;
  private toldUnreadable = false;
  private senderEnded = false;
  private endTold = false;
  private glue: InFlight[] = [];
  private readonly tls = new TlsRecords();
  /** A fault has closed the way onward: whatever comes is lost. */
  private closedBy: FaultHit | undefined;

  constructor(setup: LinkSetup) {
    this.setup = setup;

    this.cutter = new Cutter(setup.dialect);
    const dissect = (octets: Uint8Array, now: number, like: Message | null): Message | null =>
      setup.dialect.dialect === 'unreadable' ? null : setup.dissect(octets, this.streamOffset, now, like);
    this.chain = new FaultChain({ ...setup, dissect }, this);
  }

  /** Takes octets from the sender. Nobody may write to them afterwards. */
  receive(bytes: Uint8Array, now: number): LinkOutput[] {
    this.chain.refresh(now);
    if (this.chain.isEmpty() && this.closedBy === undefined) {
      if (this.passed < this.cutter.pending().length) this.passPartial(now);
      this.passThrough(bytes, now);
    } else this.passStages(bytes, now);
    return this.take();
  }

  /** Whether octets that come now go onward as they are, with nothing before them. */
  isClear(): boolean {
    return this.chain.isIdle() && this.closedBy === undefined && this.passed === this.cutter.pendingOctets;
  }

  /** The sender has sent its FIN. */
  end(now: number): LinkOutput[] {
    this.chain.refresh(now);
    this.passPartial(now);
    this.senderEnded = true;
    return this.take();
  }

  /** Unix milliseconds of the next `tick`. */
  deadline(): number | undefined {
    const stages = this.chain.deadline();
    const partial = this.partialSince === undefined ? undefined : this.partialSince + PARTIAL_WAIT_MILLIS;
    return stages === undefined || (partial !== undefined && partial < stages) ? partial : stages;
  }

  /** Also to be called after faults were armed or removed. */
  tick(now: number): LinkOutput[] {
    this.chain.tick(now);
    const stale = this.partialSince !== undefined && now >= this.partialSince + PARTIAL_WAIT_MILLIS;
    if (stale || this.chain.isEmpty()) this.passPartial(now);
    return this.take();
  }

  /** Lets go what a holding fault keeps; `undefined` if it keeps nothing here. */
  release(id: string, order: readonly number[] | undefined, now: number): LinkOutput[] | undefined {
    return this.chain.release(id, order, now) ? this.take() : undefined;
  }

  /** What this fault keeps and can let go, oldest first. */
  releasable(id: string): readonly InFlight[] {
    return this.chain.releasable(id);
  }

  held(id?: string): number {
    return this.chain.held(id);
  }

  /** Whether the sender is to feel back-pressure. */
  blocksReading(): boolean {
    return this.chain.blocksReading() || this.chain.held() > HELD_OCTETS_MAX;
  }

  deliver(unit: InFlight, now: number): void {
    if (this.closedBy !== undefined) {
      this.dropped(marked(unit, this.closedBy, 'after the end'), now);
      return;
    }
    if (unit.octets.length > 0) this.glue.push(unit);
    if (unit.glued !== true) this.flush();
    const message = unit.original ?? unit.message;
    if (message !== null) this.tell(message, unit, verdictOf(unit, now), now);
  }

  dropped(unit: InFlight, now: number): void {
    const message = unit.original ?? unit.message;
    if (message !== null)
      this.outputs.push({ kind: 'message', atMillis: now, message, verdict: 'dropped', hits: unit.hits });
  }

  close(output: StageOutput & { kind: 'close' }): void {
    this.flush();
    if (output.leg !== 'sender') this.closedBy = output.hit;
    this.outputs.push(output);
  }

  hit(message: Message | null, hit: FaultHit): void {
    this.outputs.push({ kind: 'hit', message, hit });
  }

  private passThrough(bytes: Uint8Array, now: number): void {
    this.outputs.push({ kind: 'pass', octets: bytes });
    for (const cut of this.cutter.pushInRuns(bytes)) {
      if (cut.kind === 'run') {
        const { octets, start, end, count } = cut;
        const { firstIndex, firstPacket } = this.setup.number(count);
        const { streamOffset } = this;
        this.outputs.push({ kind: 'run', octets, start, end, count, firstIndex, firstPacket, streamOffset });
        this.streamOffset += cut.end - cut.start;
        continue;
      }
      const message = this.read(cut.kind, cut.octets, now);
      if (message !== null)
        this.outputs.push({ kind: 'message', atMillis: now, message, verdict: 'forwarded', hits: NO_HITS });
    }
    this.passed = this.cutter.pending().length;
  }

  private passStages(bytes: Uint8Array, now: number): void {
    for (const { kind, octets } of this.cutter.push(bytes)) {
      const message = this.read(kind, octets, now);
      const rest = octets.subarray(this.passed);
      const fragment = this.passed > 0;
      this.passed = 0;
      this.partialSince = undefined;
      this.enter(
        {
          original: message,
          message,
          octets: rest,
          arrivedMillis: now,
          hits: [],
          ...(fragment ? { fragment } : {}),
        },
        now,
      );
    }
    if (this.passed > 0) this.passPartial(now);
    else if (this.cutter.pending().length > 0) this.partialSince ??= now;
  }

  /** Sends what has come of an incomplete unit, so that nothing waits for an end that may never come. */
  private passPartial(now: number): void {
    this.partialSince = undefined;
    const pending = this.cutter.pending();
    const octets = pending.slice(this.passed);
    if (octets.length === 0) return;
    this.passed = pending.length;
    this.enter({ original: null, message: null, octets, arrivedMillis: now, hits: [], fragment: true }, now);
  }

  /** Through the stages; the sender's leg is recorded with what was decided at once. */
  private enter(unit: InFlight, now: number): void {
    const at = this.outputs.length;
    this.chain.push(unit, now);
    const hits = this.outputs.slice(at).flatMap((output) => (output.kind === 'hit' ? [output.hit] : []));
    this.outputs.splice(at, 0, { kind: 'received', octets: unit.octets, hits });
  }

  private read(kind: 'message' | 'raw', octets: Uint8Array, now: number): Message | null {
    const offset = this.streamOffset;
    this.streamOffset += octets.length;
    if (kind === 'raw') {
      this.tellUnreadable(offset);
      this.countTls(octets);
      return null;
    }
    const message = this.setup.dissect(octets, offset, now, null);
    const who = this.setup.states.follow(message, this.setup.direction);
    if (who !== undefined) {
      const { board, states } = this.setup;
      this.outputs.push({ kind: 'state', who, state: states.of(who) ?? '' });
      board.stateChanged(states, now);
    }
    return message;
  }

  private countTls(octets: Uint8Array): void {
    if (!this.setup.dialect.isTls) return;
    const types = this.tls.push(octets);
    if (types.length > 0) this.outputs.push({ kind: 'tls-records', types });
  }

  private tellUnreadable(streamOffset: number): void {
    if (this.toldUnreadable) return;
    this.toldUnreadable = true;
    this.outputs.push({ kind: 'unreadable', streamOffset, reason: this.setup.dialect.reason });
  }

  private tell(message: Message, unit: InFlight, verdict: Verdict, atMillis: number): void {
    const told = { kind: 'message', atMillis, message, verdict, hits: unit.hits } as const;
    const onward = unit.message;
    this.outputs.push(verdict === 'changed' && onward !== null ? { ...told, onward } : told);
  }

  private flush(): void {
    if (this.glue.length === 0) return;
    const [first, ...rest] = this.glue as [InFlight, ...InFlight[]];
    const octets = rest.length === 0 ? first.octets : concatBytes(this.glue.map((unit) => unit.octets));
    this.outputs.push({ kind: 'send', octets, hits: this.glue.flatMap((unit) => unit.hits) });
    this.glue = [];
  }

  private take(): LinkOutput[] {
    this.flush();
    if (this.senderEnded && !this.endTold && this.chain.held() === 0) {
      this.endTold = true;
      this.outputs.push({ kind: 'end' });
    }
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }
}

function verdictOf(unit: InFlight, now: number): Verdict {
  const { original } = unit;
  if (original === null) return 'injected';
  if (unit.fragment !== true && unit.message !== original) return 'changed';
  return now > unit.arrivedMillis ? 'late' : 'forwarded';
}
