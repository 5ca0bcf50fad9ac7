/**
 * What waits to be judged. Judging takes ten times as long as keeping, so it is done later, in pieces that somebody else
 * gives the time for, and no more of it waits than a named limit: beyond that nothing is judged until the traffic is
 * quieter, and it is told how many messages that were. Sans-IO.
 */

import { NO_BYTES } from '../../base/bytes.ts';
import type { Connection } from '../../base/frame.ts';
import { timestampOfMillis } from '../../base/timestamp.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { dissect } from '../../dissect/dissect.ts';
import type { Message } from '../../dissect/message.ts';
import { unitOctets } from '../dialect.ts';
import type { MessageRun } from '../journal/journal.ts';
import { messagesOf } from '../journal/run.ts';
import { frameRange } from '../link.ts';
import { Judge } from './judge.ts';
import type { Note, SaidNote } from './note.ts';
import type { DocketReport } from './report.ts';

/** Octets of messages that wait to be judged, beyond which none of them is. */
export const WAITING_OCTETS_MAX = 4 * 1024 * 1024;
/** On a single processor: what waits lives longer than it is cheap to keep. */
export const WAITING_IN_THE_WAY_OCTETS_MAX = 512 * 1024;
/** What an entry takes beside its octets. */
const ENTRY_OCTETS = 128;
/** Fewer octets than this in a window and what there is of the one before: messages are judged again. */
export const QUIET_OCTETS = 128 * 1024;
export const QUIET_WINDOW_MILLIS = 250;
const CHUNK_OCTETS = 64 * 1024;
/** Entries that were dealt with go in one go. */
const COMPACT_AT = 1024;

type Entry =
  | AboutConnection
  | { readonly kind: 'run'; readonly run: MessageRun }
  | Exclude<Note, { kind: 'said' | 'unread' }>
  | SaidEntry;

interface AboutConnection {
  readonly kind: 'opened' | 'closed' | 'unread';
  readonly connection: Connection;
}

interface SaidEntry {
  readonly kind: 'said';
  readonly note: SaidNote;
  readonly connection: Connection;
  readonly octets: Uint8Array;
}

export interface DocketSetup {
  readonly dissectors: Dissectors;
  /** Whoever judges is in the way of whoever relays: there is a single processor. */
  readonly isInTheWay: boolean;
}

export class Docket {
  private readonly setup: DocketSetup;
  private readonly judge = new Judge();
  private entries: Entry[] = [];
  private done = 0;
  private waitingOctets = 0;
  /** What is left of a run that was begun, and how many of its messages were judged. */
  private begun: Iterator<Message> | undefined;
  private begunMessages = 0;
  private chunk: Uint8Array = NO_BYTES;
  private chunkUsed = 0;
  private isLapsed = false;
  private lapsedMessages = 0;
  private untoldMessages = 0;
  private lapse: DocketReport['lapse'];
  private windowBegan = 0;
  private windowOctets = 0;
  private octetsBefore = 0;

  constructor(setup: DocketSetup) {
    this.setup = setup;
  }

  opened(connection: Connection): void {
    this.add({ kind: 'opened', connection });
  }

  /** Messages that went onward as they came; their octets are copied. `now` in milliseconds of any clock. */
  run(run: MessageRun, now: number): void {
    if (run.connection.protocol !== 'dhcpv6-failover') return;
    this.count(run.end - run.start, now);
    if (this.isLapsed) this.passedOver(messagesIn(run));
    else this.add({ kind: 'run', run });
  }

  /** `octets` are copied. */
  note(note: Note, connection: Connection | undefined, octets: Uint8Array, now: number): void {
    if (note.kind === 'interfered' || note.kind === 'standstill') this.add(note);
    else if (connection === undefined) return;
    else if (note.kind === 'unread') this.add({ kind: 'unread', connection });
    else {
      this.count(octets.length, now);
      this.add({ kind: 'said', note, connection, octets });
    }
  }

  closed(connection: Connection): void {
    this.add({ kind: 'closed', connection });
  }

  /** Whether `work` would do anything, now or when it is quieter. */
  get isWaiting(): boolean {
    return this.isLapsed || this.done < this.entries.length;
  }

  /** Whether it is too busy to judge what waits. */
  isHeldUp(now: number): boolean {
    return (this.isLapsed || this.setup.isInTheWay) && !this.isQuiet(now);
  }

  /** Judges for so many milliseconds of `now`, or until nothing waits. */
  work(millis: number, now: () => number): void {
    const began = now();
    if (this.isHeldUp(began)) return;
    if (this.isLapsed) this.resume();
    while (this.done < this.entries.length && now() - began < millis) this.step();
    if (this.done >= this.entries.length) this.forget();
  }

  /** Judges what waits, however busy it is. */
  finish(): void {
    if (this.isLapsed) this.resume();
    this.work(Number.POSITIVE_INFINITY, () => Number.MAX_SAFE_INTEGER);
  }

  /** What was found since this was asked last; `undefined` if there is nothing to tell. */
  take(): DocketReport | undefined {
    const judged = this.judge.take();
    const [notJudged, lapse] = [this.untoldMessages, this.lapse];
    if (judged === undefined && notJudged === 0 && lapse === undefined) return undefined;
    this.untoldMessages = 0;
    this.lapse = undefined;
    const found = judged ?? { findings: [], counts: {}, limits: [] };
    return { ...found, notJudged, ...(lapse === undefined ? {} : { lapse }) };
  }

  private forget(): void {
    this.entries = [];
    this.done = 0;
    this.chunkUsed = 0;
  }

  private step(): void {
    const entry = this.entries[this.done] as Entry;
    if (entry.kind === 'run') {
      this.begun ??= messagesOf(entry.run, this.setup.dissectors);
      const { done, value } = this.begun.next();
      if (done !== true) {
        this.begunMessages++;
        this.judge.push(value, 'forwarded');
        return;
      }
      this.begun = undefined;
      this.begunMessages = 0;
    } else this.judged(entry);
    this.waitingOctets -= octetsOf(entry) + ENTRY_OCTETS;
    this.done++;
    if (this.done < COMPACT_AT) return;
    this.entries.splice(0, this.done);
    this.done = 0;
  }

  private judged(entry: Exclude<Entry, { kind: 'run' }>): void {
    if (entry.kind === 'said') this.judge.push(this.messageOf(entry), entry.note.verdict, entry.note.fault);
    else if (entry.kind === 'interfered') this.judge.interfered(entry.fault);
    else if (entry.kind === 'standstill') this.judge.missedSome();
    else if (entry.kind === 'opened') this.judge.opened(entry.connection);
    else if (entry.kind === 'closed') this.judge.closed(entry.connection);
    else this.judge.missed(entry.connection);
  }

  private messageOf({ note, connection, octets }: SaidEntry): Message {
    const { index, packet, direction, streamOffset, seenMillis } = note;
    const seen = { time: timestampOfMillis(seenMillis), packet };
    const frame = { connection, direction, ...frameRange(octets), seen, streamOffset, resync: false };
    return dissect(this.setup.dissectors, frame, index);
  }

  /** Octets of entries are somebody else's, who writes over them. */
  private add(entry: Entry): void {
    const octets = octetsOf(entry) + ENTRY_OCTETS;
    const max = this.setup.isInTheWay ? WAITING_IN_THE_WAY_OCTETS_MAX : WAITING_OCTETS_MAX;
    if (!this.isLapsed && this.waitingOctets + octets > max) this.lapses();
    if (this.isLapsed) {
      this.passOver(entry);
      return;
    }
    this.entries.push(this.ownOf(entry));
    this.waitingOctets += octets;
  }

  /** No more can wait: nothing of it is judged. */
  private lapses(): void {
    const waiting = this.entries.slice(this.done);
    this.passedOver(-this.begunMessages);
    this.forget();
    this.begun = undefined;
    this.begunMessages = 0;
    this.waitingOctets = 0;
    this.isLapsed = true;
    this.judge.missedSome();
    for (const entry of waiting) this.passOver(entry);
    this.lapse = { messages: this.lapsedMessages, isOver: false };
  }

  /** What is not judged: which connections there are, and what faults do to them, is known all the same. */
  private passOver(entry: Entry): void {
    if (entry.kind === 'run') this.passedOver(messagesIn(entry.run));
    else if (entry.kind === 'said') {
      const { verdict, fault } = entry.note;
      if (verdict !== 'injected') this.passedOver(1);
      this.judge.limit(entry.connection, verdict, fault);
    } else {
      if (entry.kind === 'closed') this.judge.missed(entry.connection);
      this.judged(entry);
      if (entry.kind === 'opened') this.judge.missed(entry.connection);
    }
  }

  private passedOver(messages: number): void {
    this.lapsedMessages += messages;
    this.untoldMessages += messages;
  }

  private resume(): void {
    this.isLapsed = false;
    this.judge.missedSome();
    this.lapse = { messages: this.lapsedMessages, isOver: true };
    this.lapsedMessages = 0;
  }

  private count(octets: number, now: number): void {
    this.look(now);
    this.windowOctets += octets;
  }

  private isQuiet(now: number): boolean {
    this.look(now);
    return this.octetsBefore + this.windowOctets < QUIET_OCTETS;
  }

  private look(now: number): void {
    const since = now - this.windowBegan;
    if (since < QUIET_WINDOW_MILLIS) return;
    this.octetsBefore = since < 2 * QUIET_WINDOW_MILLIS ? this.windowOctets : 0;
    this.windowOctets = 0;
    this.windowBegan = now;
  }

  private ownOf(entry: Entry): Entry {
    if (entry.kind === 'said') return { ...entry, octets: this.copied(entry.octets) };
    if (entry.kind !== 'run') return entry;
    const octets = this.copied(entry.run.octets.subarray(entry.run.start, entry.run.end));
    return { kind: 'run', run: { ...entry.run, octets, start: 0, end: octets.length } };
  }

  /** A copy among those of other entries: memory of its own for each would cost more than the copy. */
  private copied(octets: Uint8Array): Uint8Array {
    if (octets.length > CHUNK_OCTETS) return octets.slice();
    if (this.chunkUsed + octets.length > this.chunk.length) {
      this.chunk = new Uint8Array(CHUNK_OCTETS);
      this.chunkUsed = 0;
    }
    const from = this.chunkUsed;
    this.chunkUsed += octets.length;
    this.chunk.set(octets, from);
    return this.chunk.subarray(from, this.chunkUsed);
  }
}

function octetsOf(entry: Entry): number {
  if (entry.kind === 'run') return entry.run.end - entry.run.start;
  return entry.kind === 'said' ? entry.octets.length : 0;
}

function messagesIn({ connection, octets, start, end }: MessageRun): number {
  let count = 0;
  for (let at = start; at < end; at += unitOctets(connection.protocol, octets, at)) count++;
  return count;
}
