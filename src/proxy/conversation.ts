/**
 * One relayed connection: two links, two legs. Carries out what the links ask for on the legs first, and only then
 * records and tells it, so that observing costs no latency. Sans-IO: a leg is whatever can write, end and reset.
 */
import { type Direction, type Flow, opposite } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import type { Message } from '../dissect/message.ts';
import type { ProxyEvent } from './events.ts';
import type { Link } from './link.ts';
import type { LinkOutput } from './link-output.ts';
import type { RecordedLeg, Recorder } from './recorder.ts';
import type { FaultHit, InFlight, Leg } from './stage.ts';
import { SENDER } from './wire-states.ts';

/** Our end of one leg. */
export interface LegPort {
  /** Whether the octets have left already: their memory is not needed for that any more. */
  write(octets: Uint8Array): boolean;
  /** Ends our sending side: FIN. */
  end(): void;
  /** RST; nothing more comes from it. */
  reset(): void;
}

/** What a conversation needs of its surroundings. */
export interface ConversationSetup {
  readonly flow: Flow;
  readonly connection: () => Connection;
  readonly links: readonly [Link, Link];
  /** [0] towards the primary, [1] towards the secondary. */
  readonly ports: readonly [LegPort, LegPort];
  readonly recorder: Recorder | undefined;
  readonly tell: (event: ProxyEvent) => void;
  /** Whether nobody but the recorder sees octets that pass. */
  readonly isUnseen: () => boolean;
  /** Gets messages that only pass by. */
  readonly passBy: (direction: Direction, run: LinkOutput & { kind: 'run' }, now: number) => void;
  readonly count: (direction: Direction, received: number, sent: number) => void;
  readonly countTls: (direction: Direction, types: readonly string[]) => void;
  readonly closed: (conversation: Conversation) => void;
}

export class Conversation {
  readonly setup: ConversationSetup;
  private readonly ended: [boolean, boolean] = [false, false];
  private readonly legGone: [boolean, boolean] = [false, false];
  /** By direction: when octets went onward last. */
  private readonly lastSentMillis: [number, number] = [0, 0];
  /** By direction: the keepalive-time that its sender has announced, in seconds. */
  private readonly keepaliveSeconds: [number | undefined, number | undefined] = [undefined, undefined];
  private reason = '';
  private down = false;

  constructor(setup: ConversationSetup) {
    this.setup = setup;
  }

  receive(direction: Direction, bytes: Uint8Array, now: number): void {
    if (this.down) return;
    this.apply(direction, this.setup.links[direction].receive(bytes, now), now);
  }

  /**
   * Sends octets on without looking at them, if that is all that can be done with them: whether they have left already.
   * `undefined` if it is not; then nothing was done. What was sent on has to be read before anything else happens.
   */
  forward(direction: Direction, bytes: Uint8Array): boolean | undefined {
    if (this.down || !this.canSend(direction) || !this.setup.links[direction].isClear()) return undefined;
    return this.setup.ports[opposite(direction)].write(bytes);
  }

  /** Reads what was sent on. */
  read(direction: Direction, bytes: Uint8Array, haveLeft: boolean, now: number): void {
    for (const output of this.setup.links[direction].receive(bytes, now))
      this.tell(direction, output, haveLeft, now);
  }

  /** The sender of `direction` has sent its FIN. */
  senderEnded(direction: Direction, now: number): void {
    if (this.down) return;
    this.setup.recorder?.fin(direction, direction, [], now);
    this.reason ||= `closed by the ${SENDER[direction]}`;
    this.apply(direction, this.setup.links[direction].end(now), now);
  }

  /** A leg has failed or was reset by the other side; the other leg is reset too. */
  legLost(leg: RecordedLeg, how: string, now: number): void {
    if (this.down || this.legGone[leg]) return;
    this.legGone[leg] = true;
    // Whoever closed first is named: a reset may be what followed.
    this.reason ||= `${how} by the ${SENDER[leg]}`;
    this.setup.recorder?.reset(leg, leg, [], now);
    this.resetLeg(opposite(leg), [], now);
    this.finish(now);
  }

  deadline(): number | undefined {
    const [a, b] = [this.setup.links[0].deadline(), this.setup.links[1].deadline()];
    return a === undefined || (b !== undefined && b < a) ? b : a;
  }

  tick(now: number): void {
    for (const direction of [0, 1] as const) {
      if (!this.down) this.apply(direction, this.setup.links[direction].tick(now), now);
    }
  }

  release(
    id: string,
    order: readonly number[] | undefined,
    now: number,
    directions: readonly Direction[] = [0, 1],
  ): boolean {
    let any = false;
    for (const direction of directions) {
      const outputs = this.setup.links[direction].release(id, order, now);
      if (outputs === undefined) continue;
      any = true;
      this.apply(direction, outputs, now);
    }
    return any;
  }

  /** The proxy itself stops: both legs are ended in order. */
  shutDown(now: number): void {
    if (this.down) return;
    this.reason = 'the proxy was stopped';
    for (const leg of [0, 1] as const) {
      if (!this.legGone[leg]) this.setup.ports[leg].end();
      this.setup.recorder?.fin(leg, opposite(leg), [], now);
    }
    this.finish(now);
  }

  blocksReading(direction: Direction): boolean {
    return this.setup.links[direction].blocksReading();
  }

  /** What this fault keeps of a direction and can let go, oldest first. */
  releasable(id: string, direction: Direction): readonly InFlight[] {
    return this.setup.links[direction].releasable(id);
  }

  held(id: string): number {
    return this.setup.links[0].held(id) + this.setup.links[1].held(id);
  }

  /** When the receiver of what this fault holds will have heard nothing for its keepalive-time. */
  keepaliveEnds(id: string): number | undefined {
    const ends = ([0, 1] as const).flatMap((direction) => {
      const seconds = this.keepaliveSeconds[opposite(direction)];
      const holds = this.setup.links[direction].held(id) > 0;
      return holds && seconds !== undefined ? [this.lastSentMillis[direction] + seconds * 1000] : [];
    });
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  private apply(direction: Direction, outputs: readonly LinkOutput[], now: number): void {
    const onward = opposite(direction);
    let haveLeft = true;
    for (const output of outputs) {
      const writes = output.kind === 'send' || output.kind === 'pass';
      if (writes && this.canSend(direction)) haveLeft = this.setup.ports[onward].write(output.octets);
    }
    for (const output of outputs) this.tell(direction, output, haveLeft, now);
    // Faults in both directions may have waited for this state.
    if (outputs.some(({ kind }) => kind === 'state')) this.tick(now);
    if (this.isOver(0) && this.isOver(1)) this.finish(now);
  }

  private passed(direction: Direction, octets: Uint8Array, haveLeft: boolean, now: number): void {
    const { recorder, count, isUnseen } = this.setup;
    if (this.canSend(direction)) {
      this.lastSentMillis[direction] = now;
      count(direction, octets.length, octets.length);
      recorder?.passed(direction, octets, now, haveLeft && isUnseen());
    } else {
      count(direction, octets.length, 0);
      recorder?.data(direction, direction, octets, [], now);
    }
  }

  private canSend(direction: Direction): boolean {
    return !this.ended[direction] && !this.legGone[opposite(direction)];
  }

  private isOver(direction: Direction): boolean {
    return this.ended[direction] || this.legGone[direction];
  }

  private tell(direction: Direction, output: LinkOutput, haveLeft: boolean, now: number): void {
    const { recorder, tell, count } = this.setup;
    const onward = opposite(direction);
    switch (output.kind) {
      case 'pass':
        this.passed(direction, output.octets, haveLeft, now);
        return;
      case 'run':
        this.setup.passBy(direction, output, now);
        return;
      case 'received':
        count(direction, output.octets.length, 0);
        recorder?.data(direction, direction, output.octets, output.hits, now);
        return;
      case 'send':
        if (!this.canSend(direction)) return;
        this.lastSentMillis[direction] = now;
        count(direction, 0, output.octets.length);
        recorder?.data(onward, direction, output.octets, output.hits, now);
        return;
      case 'end':
        this.endDirection(direction, now);
        return;
      case 'close':
        this.closeLegs(direction, output.leg, output.how, output.hit, now);
        return;
      case 'message':
        this.learnKeepalive(output.message, direction);
        tell(output);
        return;
      case 'hit':
        tell({ kind: 'fault-hit', message: output.message, hit: output.hit, atMillis: now });
        return;
      case 'tls-records':
        this.setup.countTls(direction, output.types);
        return;
      case 'state':
        tell({ ...output, atMillis: now });
        return;
      case 'unreadable':
        tell({ ...output, connection: this.setup.connection(), direction, atMillis: now });
        return;
    }
  }

  /** Each server waits for its own keepalive-time, which it announces when they connect (RFC 8156 §6.1). */
  private learnKeepalive(message: Message, direction: Direction): void {
    if (message.msgName !== 'CONNECT' && message.msgName !== 'CONNECTREPLY') return;
    const { keepaliveTime } = message.facts();
    if (keepaliveTime !== undefined) this.keepaliveSeconds[direction] = keepaliveTime;
  }

  private endDirection(direction: Direction, now: number): void {
    const onward = opposite(direction);
    if (this.ended[direction]) return;
    this.ended[direction] = true;
    if (this.legGone[onward]) return;
    this.setup.ports[onward].end();
    this.setup.recorder?.fin(onward, direction, [], now);
  }

  private closeLegs(direction: Direction, leg: Leg, how: 'fin' | 'reset', hit: FaultHit, now: number): void {
    const onward = opposite(direction);
    const legs: RecordedLeg[] = leg === 'both' ? [0, 1] : [leg === 'sender' ? direction : onward];
    for (const each of legs) {
      if (how === 'reset') this.resetLeg(each, [hit], now);
      else if (!this.legGone[each]) {
        this.setup.ports[each].end();
        this.ended[opposite(each)] = true;
        this.setup.recorder?.fin(each, opposite(each), [hit], now);
      }
    }
    this.reason ||= `${how === 'reset' ? 'reset' : 'closed'} by ${hit.fault}`;
    if (this.legGone[0] && this.legGone[1]) this.finish(now);
  }

  private resetLeg(leg: RecordedLeg, hits: readonly FaultHit[], now: number): void {
    if (this.legGone[leg]) return;
    this.legGone[leg] = true;
    this.setup.ports[leg].reset();
    this.setup.recorder?.reset(leg, opposite(leg), hits, now);
  }

  private finish(now: number): void {
    if (this.down) return;
    this.down = true;
    const reason = this.reason || 'closed';
    this.setup.tell({ kind: 'connection-down', connection: this.setup.connection(), reason, atMillis: now });
    this.setup.closed(this);
  }
}
