/**
 * The proxy without its sockets: faults, conversations, events, counters. Sans-IO; the relay gives it octets and the
 * time, and asks for its next deadline. The simulator runs the same engine in virtual time.
 */
import type { Clock, Random } from '../base/clock.ts';
import { type Direction, type Flow, type FlowSink, opposite, type Seen } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import { timestampOfMillis } from '../base/timestamp.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { dissect } from '../dissect/dissect.ts';
import { FaultBoard } from './board.ts';
import { Halts } from './chain.ts';
import { connectionOf } from './connection.ts';
import { Conversation, type LegPort } from './conversation.ts';
import { ConnectionDialect } from './dialect.ts';
import type { FaultEnd, FaultView, ProxyEvent, ProxyStats } from './events.ts';
import { type ArmedFault, checkFault } from './faults/armed.ts';
import type { CertificateFlaw } from './faults/kind.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { ProxyHandle } from './handle.ts';
import { letGo, waitingOf } from './held.ts';
import type { ConversationEnds, Journal, MessageRun } from './journal/journal.ts';
import { messagesOf } from './journal/run.ts';
import { judgingEvents } from './judge/events.ts';
import type { DocketReport } from './judge/report.ts';
import { frameRange, Link } from './link.ts';
import type { LinkOutput } from './link-output.ts';
import { Listeners } from './listeners.ts';
import { Numbering } from './numbering.ts';
import type { Recorder } from './recorder.ts';
import type { FaultHit } from './stage.ts';
import { Tally } from './tally.ts';
import { WireRecord } from './tls/wire-record.ts';
import { Unread } from './unread.ts';
import { SENDER, WireStates } from './wire-states.ts';

export interface EngineSetup {
  readonly clock: Clock;
  /** Draws the seeds of faults that come without one. */
  readonly random: Random;
  readonly dissectors: Dissectors;
  /** Gets what is to be written down. */
  readonly journal?: Journal;
  /**
   * The legs take TLS off: what comes is what was inside, and the recording is of the wire. Calls what it is given when
   * everything that happens now has happened.
   */
  readonly tlsTakenOff?: { readonly later: (then: () => void) => void };
  /** How long octets may be sent on unread, see unread.ts; absent: they are read at once. */
  readonly lagMillis?: number;
  /** Gets what the senders sent, as from a capture file. */
  readonly sink?: FlowSink;
  /** The name of the relationship: its connections and events carry it. Absent: it is the only one. */
  readonly relationship?: string;
  /** Shared by the engines whose events are looked at together; absent: its own. */
  readonly numbering?: Numbering;
}

export class ProxyEngine implements ProxyHandle {
  private readonly setup: EngineSetup;
  private readonly board: FaultBoard;
  private readonly states = new WireStates();
  private readonly tally: Tally;
  private readonly conversations = new Set<Conversation>();
  private readonly listeners: Listeners;
  private readonly numbering: Numbering;
  private nextPacket = 1;
  private hitSinceSweep = false;
  private readonly unread = new Unread();

  constructor(setup: EngineSetup) {
    this.setup = setup;
    this.tally = new Tally(setup.dissectors);
    this.listeners = new Listeners(setup.relationship);
    this.numbering = setup.numbering ?? new Numbering();
    this.board = new FaultBoard(setup.random, setup.dissectors);
  }

  /** Both legs are up: what they bring is given to the conversation that is returned. */
  open(ends: ConversationEnds, ports: readonly [LegPort, LegPort]): Conversation {
    const now = this.catchUp();
    const index = this.numbering.connection();
    const flow: Flow = { id: index, transport: 'tcp', ends: [ends.primary, ends.secondary] };
    const readable = new Set(this.setup.dissectors.protocols.keys());
    const dialect = new ConnectionDialect(readable, this.setup.tlsTakenOff !== undefined);
    const halts = new Halts();
    const connection = connectionOf(index, flow, dialect, this.setup.relationship);
    const conversation = new Conversation({
      flow,
      connection,
      links: [this.link(0, dialect, halts, connection), this.link(1, dialect, halts, connection)],
      ports,
      recorder: this.recorder(connection(), ends, now),
      tell: (event) => this.tell(event),
      isUnseen: () => this.isUnseen(),
      passBy: (direction, run, now) => this.passBy(connection(), direction, run, now),
      count: (direction, received, sent) => this.tally.octets(direction, received, sent),
      countTls: (direction, types) => this.tally.tlsRecords(direction, types),
      closed: (closed) => {
        this.conversations.delete(closed);
        this.setup.journal?.closed(connection());
      },
    });
    this.conversations.add(conversation);
    this.setup.sink?.open(flow, this.seen(now), false);
    const { listening, dialling } = ends;
    this.tell({ kind: 'connection-up', connection: connection(), listening, dialling, atMillis: now });
    conversation.tick(now);
    this.sweep(now);
    return conversation;
  }

  /**
   * Sends octets on that are to be read later, Buffer or not: until when that has to be done, Unix milliseconds.
   * `undefined`, and nothing is done, if they are to be received in the ordinary way.
   */
  passOn(conversation: Conversation, direction: Direction, octets: Uint8Array): number | undefined {
    const { lagMillis, clock } = this.setup;
    if (lagMillis === undefined || this.board.size > 0 || !this.isUnseen()) return undefined;
    const now = clock.nowMillis();
    return this.unread.forward(conversation, direction, octets, now) ? now + lagMillis : undefined;
  }

  receive(conversation: Conversation, direction: Direction, bytes: Uint8Array): void {
    const now = this.catchUp();
    conversation.receive(direction, bytes, now);
    const { sink } = this.setup;
    sink?.data(conversation.setup.flow, direction, bytes, 0, bytes.length, this.seen(now));
    this.sweep(now);
  }

  /** Reads what was sent on unread: to be called before anything else happens. The time it is. */
  private catchUp(): number {
    this.unread.catchUp();
    return this.setup.clock.nowMillis();
  }

  private isUnseen(): boolean {
    return this.listeners.isEmpty && this.setup.sink === undefined;
  }

  senderEnded(conversation: Conversation, direction: Direction): void {
    const now = this.catchUp();
    conversation.senderEnded(direction, now);
    this.setup.sink?.close(conversation.setup.flow, direction, 'fin', this.seen(now));
  }

  /** `leg` has failed; `how` completes `… by the primary`. */
  legLost(conversation: Conversation, leg: 0 | 1, how: string): void {
    const now = this.catchUp();
    conversation.legLost(leg, how, now);
    this.setup.sink?.close(conversation.setup.flow, leg, 'reset', this.seen(now));
  }

  /** What a leg's TLS came to. */
  tls(conversation: Conversation, leg: 0 | 1, outcome: 'secured' | 'failed', detail: string): void {
    const connection = conversation.setup.connection();
    this.tell({ kind: 'tls', connection, who: SENDER[leg], outcome, detail, atMillis: this.nowMillis() });
  }

  /** What a fault wants to be wrong with the certificate that is shown on a leg; counted as a hit. */
  certificateFlaw(conversation: Conversation, leg: 0 | 1): CertificateFlaw | undefined {
    const now = this.nowMillis();
    const shownTo = opposite(leg);
    const found = this.board.onConnection(this.states, now, (fault) =>
      fault.covers(shownTo) ? fault.action.certificate() : undefined,
    );
    if (found === undefined) return undefined;
    const { answer: flaw } = found;
    const hit = { ...found.hit, detail: `${flaw} to the ${SENDER[leg]}` };
    this.tell({ kind: 'fault-hit', message: null, hit, atMillis: now });
    this.wireRecord(conversation)?.comment(leg, shownTo, [hit]);
    this.sweep(now);
    return flaw;
  }

  /** Of a connection on which legs take TLS off; `undefined` without a recording. */
  wireRecord(conversation: Conversation): WireRecord | undefined {
    const { recorder } = conversation.setup;
    return recorder instanceof WireRecord ? recorder : undefined;
  }

  nowMillis(): number {
    return this.setup.clock.nowMillis();
  }

  /** Somebody connected and was turned away. */
  refused(client: SocketAddress, reason: string): void {
    this.tell({ kind: 'connection-refused', client, reason, atMillis: this.catchUp() });
  }

  /** What a fault wants done with a new connection; counted as a hit. */
  connecting(): { readonly how: 'refuse' | 'wait'; readonly hit: FaultHit } | undefined {
    const now = this.catchUp();
    const found = this.board.onConnection(this.states, now, (fault) => fault.connecting);
    if (found === undefined) return undefined;
    const { answer: how, hit } = found;
    this.tell({ kind: 'fault-hit', message: null, hit, atMillis: now });
    this.sweep(now);
    return { how, hit };
  }

  /** Whether a fault makes new connections wait. */
  holdsConnections(): boolean {
    const now = this.setup.clock.nowMillis();
    return this.board
      .list()
      .some((fault) => fault.connecting === 'wait' && fault.isOpen(now) && fault.hears(this.states));
  }

  /** Unix milliseconds of the next `tick`. */
  deadline(): number | undefined {
    let earliest: number | undefined;
    const consider = (time: number | undefined): void => {
      if (time !== undefined && (earliest === undefined || time < earliest)) earliest = time;
    };
    const unread = this.unread.oldestMillis();
    if (unread !== undefined) consider(unread + (this.setup.lagMillis ?? 0));
    for (const conversation of this.conversations) consider(conversation.deadline());
    for (const fault of this.board.list()) consider(fault.endsMillis);
    return earliest;
  }

  /** Does everything that is due. */
  tick(): void {
    const now = this.catchUp();
    for (const conversation of [...this.conversations]) conversation.tick(now);
    this.hitSinceSweep = true;
    this.sweep(now);
  }

  /** Ends all faults, so that what they hold still goes onward, and all connections in order. */
  shutDown(): void {
    const now = this.catchUp();
    for (const { id } of this.board.list()) this.retire(id, 'stopped', now);
    for (const conversation of [...this.conversations]) conversation.shutDown(now);
  }

  subscribe(listener: (event: ProxyEvent) => void): () => void {
    this.catchUp();
    return this.listeners.add(listener);
  }

  armFault(spec: FaultSpec): FaultView {
    this.checkFault(spec);
    const now = this.catchUp();
    const fault = this.board.arm(spec, now);
    this.tell({ kind: 'fault-armed', fault: fault.view(0), atMillis: now });
    this.tick();
    return this.view(fault);
  }

  checkFault(spec: FaultSpec): void {
    const { dissectors, tlsTakenOff } = this.setup;
    checkFault(spec, dissectors, tlsTakenOff === undefined ? 'passed' : 'terminated');
  }

  removeFault(id: string): boolean {
    return this.retire(id, 'removed', this.setup.clock.nowMillis());
  }

  listFaults(): readonly FaultView[] {
    return this.board.list().map((fault) => this.view(fault));
  }

  release(id: string, order?: readonly number[]): boolean {
    const now = this.catchUp();
    const released = letGo(this.conversations, id, order, now);
    this.hitSinceSweep = true;
    this.sweep(now);
    return released;
  }

  step(id: string): boolean {
    return this.release(id, [0]);
  }

  stats(): ProxyStats {
    this.catchUp();
    return this.tally.stats({ primary: this.states.of('primary'), secondary: this.states.of('secondary') });
  }

  /** What was found in messages that are in the journal. */
  judged(report: DocketReport): void {
    this.tally.judged(report);
    for (const event of judgingEvents(report, this.catchUp())) this.tell(event);
  }

  /** Nothing has passed for so long, and that was not the servers' doing. */
  stoodStill(millis: number): void {
    this.tell({ kind: 'standstill', seconds: millis / 1000, atMillis: this.catchUp() });
  }

  private link(
    direction: Direction,
    dialect: ConnectionDialect,
    halts: Halts,
    connection: () => Connection,
  ): Link {
    const { board, states } = this;
    const { dissectors } = this.setup;
    return new Link({
      direction,
      dialect,
      board,
      states,
      halts,
      dissectors,
      number: (count) => {
        const firstPacket = this.nextPacket;
        this.nextPacket += count;
        return { firstIndex: this.numbering.message(count), firstPacket };
      },
      dissect: (octets, streamOffset, now, like) => {
        const place = { seen: like?.frame.seen ?? this.seen(now), streamOffset, resync: false };
        const frame = { connection: connection(), direction, ...frameRange(octets), ...place };
        return dissect(dissectors, frame, like?.index ?? this.numbering.message());
      },
    });
  }

  private recorder(connection: Connection, ends: ConversationEnds, now: number): Recorder | undefined {
    const recorder = this.setup.journal?.opened(connection, ends, now);
    const { tlsTakenOff } = this.setup;
    const isOfWire = recorder !== undefined && tlsTakenOff !== undefined;
    return isOfWire ? new WireRecord(recorder, tlsTakenOff.later) : recorder;
  }

  /** Messages that went onward: a few numbers for each, and a look inside only if somebody listens. */
  private passBy(
    connection: Connection,
    direction: Direction,
    run: LinkOutput & { kind: 'run' },
    now: number,
  ): void {
    const { octets, start, end, firstIndex, firstPacket, streamOffset } = run;
    const messages: MessageRun = {
      connection,
      direction,
      octets,
      start,
      end,
      firstIndex,
      firstPacket,
      streamOffset,
      atMillis: now,
    };
    this.tally.run(messages);
    this.setup.journal?.run(messages);
    if (this.listeners.isEmpty) return;
    for (const message of messagesOf(messages, this.setup.dissectors)) {
      const event = { kind: 'message', message, verdict: 'forwarded', hits: [], atMillis: now } as const;
      this.listeners.tell(this.listeners.labelled(event));
    }
  }

  private seen(now: number): Seen {
    return { time: timestampOfMillis(now), packet: this.nextPacket++ };
  }

  private tell(event: ProxyEvent): void {
    if (event.kind === 'fault-hit') this.hitSinceSweep = true;
    this.tally.event(event);
    const told = this.listeners.labelled(event);
    this.setup.journal?.event(told);
    this.listeners.tell(told);
  }

  private view(fault: ArmedFault): FaultView {
    const { octets, keepaliveEndsMillis, waiting } = waitingOf(this.conversations, fault.id);
    return fault.view(octets, keepaliveEndsMillis, waiting);
  }

  /** Retires faults that have expired or done all that they were armed for. */
  private sweep(now: number): void {
    if (!this.hitSinceSweep) return;
    this.hitSinceSweep = false;
    for (const fault of this.board.list()) {
      if (fault.hasExpired(now)) this.retire(fault.id, 'expired', now);
      else if (fault.isUsedUp() && this.view(fault).heldOctets === 0) this.retire(fault.id, 'used-up', now);
    }
  }

  private retire(id: string, reason: FaultEnd, now: number): boolean {
    const fault = this.board.get(id);
    if (fault === undefined) return false;
    const view = this.view(fault);
    this.board.remove(id);
    this.tell({ kind: 'fault-gone', fault: view, reason, atMillis: now });
    for (const conversation of [...this.conversations]) conversation.tick(now);
    return true;
  }
}
