/**
 * A journal on its way to another thread: what was called, one entry after the other, in memory that changes hands
 * without being copied. An entry is a row of numbers and the octets that it is about; a run of messages points into what
 * was passed on with it. Sans-IO.
 */

import { NO_BYTES } from '../../base/bytes.ts';
import type { Direction } from '../../base/flow.ts';
import type { Connection } from '../../base/frame.ts';
import type { ProxyEvent } from '../events.ts';
import { type Note, noteOf } from '../judge/note.ts';
import { LogLines } from '../log.ts';
import type { RecordedLeg, WireRecorder } from '../recorder.ts';
import type { FaultHit } from '../stage.ts';
import type { ConversationEnds, Journal, MessageRun } from './journal.ts';

/** Memory of a batch; a larger entry makes a larger one. */
export const BATCH_OCTETS = 1024 * 1024;
/** A batch that fills less than this part of its memory goes in a copy of its own size: many wait if the reader is late. */
const COPIED_PART_MAX = 1 / 4;
/** Memory that is worth being given back at once. */
const FREED_OCTETS_MIN = 8 * 1024;

export interface Batch {
  readonly memory: ArrayBuffer;
  /** How much of it is used. */
  readonly octets: number;
}

const KIND = {
  opened: 1,
  passed: 2,
  data: 3,
  fin: 4,
  reset: 5,
  secrets: 6,
  closed: 7,
  run: 8,
  line: 9,
  note: 10,
} as const;
const NUMBERS = 10;
const ROW_OCTETS = NUMBERS * 8;
/** Of what is about no flow, or about all. */
const NO_FLOW = -1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NO_HITS: readonly FaultHit[] = [];

export interface BatchSetup {
  /** Whether there is a log, and whether messages are judged: what nobody needs is left out. */
  readonly log: boolean;
  readonly judge: boolean;
  /** Memory to fill, of at least BATCH_OCTETS. */
  readonly memory: () => ArrayBuffer;
  /** The first entry of a batch has come. */
  readonly begun: () => void;
  readonly full: (batch: Batch) => void;
  /** Nobody needs this memory once the present event is done with. */
  readonly freed: (memory: ArrayBuffer) => void;
}

/** Gathers calls in batches. */
export class BatchWriter implements Journal {
  private readonly setup: BatchSetup;
  private readonly lines = new LogLines();
  private numbers = new Float64Array(0);
  private octets: Uint8Array = NO_BYTES;
  private at = 0;
  /** Octets that are in this batch already, and where. */
  private shared: Uint8Array = NO_BYTES;
  private sharedAt = 0;

  constructor(setup: BatchSetup) {
    this.setup = setup;
  }

  /** Ends the batch; `undefined` if nothing was gathered. */
  take(): Batch | undefined {
    if (this.at === 0) return undefined;
    const { octets, at } = this;
    const memory = octets.buffer as ArrayBuffer;
    this.at = 0;
    this.shared = NO_BYTES;
    if (at <= memory.byteLength * COPIED_PART_MAX) return { memory: memory.slice(0, at), octets: at };
    this.octets = NO_BYTES;
    this.numbers = new Float64Array(0);
    return { memory, octets: at };
  }

  opened(connection: Connection, ends: ConversationEnds, now: number): WireRecorder {
    const flow = connection.flow.id;
    this.put(KIND.opened, flow, 0, 0, now, encoder.encode(JSON.stringify({ connection, ends })));
    return {
      passed: (direction, octets, at, isFree) => this.passed(flow, direction, octets, at, isFree),
      data: (leg, direction, octets, hits, at) =>
        this.put(KIND.data, flow, direction, leg, at, octets, inJson(hits)),
      fin: (leg, direction, hits, at) => this.put(KIND.fin, flow, direction, leg, at, NO_BYTES, inJson(hits)),
      reset: (leg, direction, hits, at) =>
        this.put(KIND.reset, flow, direction, leg, at, NO_BYTES, inJson(hits)),
      secrets: (text) => this.put(KIND.secrets, flow, 0, 0, 0, encoder.encode(text)),
    };
  }

  closed({ flow }: Connection): void {
    this.put(KIND.closed, flow.id, 0, 0, 0, NO_BYTES);
  }

  run(run: MessageRun): void {
    if (!this.setup.log && !this.setup.judge) return;
    const { connection, direction, octets, start, end } = run;
    if (this.shared === octets) this.makeRoom(ROW_OCTETS);
    const isShared = this.shared === octets;
    const payload = isShared ? NO_BYTES : octets.subarray(start, end);
    const older = connection.protocol === 'dhcpv4-failover' ? 1 : 0;
    const at = this.put(KIND.run, connection.flow.id, direction, older, run.atMillis, payload);
    const from = isShared ? this.sharedAt + start : at;
    const { firstIndex, firstPacket, streamOffset } = run;
    const { numbers } = this;
    const row = (at - ROW_OCTETS) / 8;
    numbers[row + 5] = from;
    numbers[row + 6] = from + end - start;
    numbers[row + 7] = firstIndex;
    numbers[row + 8] = firstPacket;
    numbers[row + 9] = streamOffset;
  }

  event(event: ProxyEvent): void {
    const noted = this.setup.judge ? noteOf(event) : undefined;
    if (noted !== undefined) {
      const about = encoder.encode(JSON.stringify(noted.note));
      this.put(KIND.note, noted.flow ?? NO_FLOW, 0, 0, 0, noted.octets, about);
    }
    if (this.setup.log) this.put(KIND.line, 0, 0, 0, 0, this.lines.octets(event));
  }

  private passed(flow: number, direction: Direction, octets: Uint8Array, now: number, isFree: boolean): void {
    this.sharedAt = this.put(KIND.passed, flow, direction, 0, now, octets);
    this.shared = octets;
    const { buffer } = octets;
    const isWorthIt = octets.length >= FREED_OCTETS_MIN && octets.length === buffer.byteLength;
    if (isFree && isWorthIt && buffer instanceof ArrayBuffer) this.setup.freed(buffer);
  }

  /** Where the octets stand in the batch. */
  private put(
    kind: number,
    flow: number,
    direction: number,
    detail: number,
    now: number,
    payload: Uint8Array,
    more = NO_BYTES,
  ): number {
    this.makeRoom(ROW_OCTETS + aligned(payload.length + more.length));
    const { numbers, octets } = this;
    const row = this.at / 8;
    const from = this.at + ROW_OCTETS;
    const to = from + payload.length;
    numbers[row] = kind;
    numbers[row + 1] = aligned(payload.length + more.length);
    numbers[row + 2] = flow;
    numbers[row + 3] = direction + 2 * detail;
    numbers[row + 4] = now;
    numbers[row + 5] = from;
    numbers[row + 6] = to;
    numbers[row + 7] = more.length;
    numbers[row + 8] = 0;
    numbers[row + 9] = 0;
    octets.set(payload, from);
    if (more.length > 0) octets.set(more, to);
    this.at = from + aligned(payload.length + more.length);
    return from;
  }

  private makeRoom(octets: number): void {
    if (this.at > 0 && this.at + octets > this.octets.length) {
      const batch = this.take();
      if (batch !== undefined) this.setup.full(batch);
    }
    if (this.at > 0) return;
    if (this.octets.length < octets) {
      const memory = octets <= BATCH_OCTETS ? this.setup.memory() : new ArrayBuffer(octets);
      this.octets = new Uint8Array(memory);
      this.numbers = new Float64Array(memory);
    }
    this.setup.begun();
  }
}

/** Gets what a batch has for the log and for the judge. */
export interface LogTarget {
  opened(connection: Connection): void;
  run(run: MessageRun): void;
  /** `connection`: absent where it is about all of them. */
  note(note: Note, connection: Connection | undefined, octets: Uint8Array): void;
  /** A line with its newline. */
  line(octets: Uint8Array): void;
  closed(connection: Connection): void;
}

/** A connection as the other end of the journal knows it. */
interface Known {
  readonly recorder: WireRecorder;
  /** By direction: packet of the recording that the sender's last octets are in; 0 where that is not clear. */
  readonly packets: [number, number];
  /** By protocol: which one is spoken turns out with the first message. */
  readonly connections: readonly [Connection, Connection];
}

/** Where a recording has got to: so many for each further file, and the packets in the present one. */
export const FILE_POSITION = 2 ** 32;

/** Closed connections that are still known, because their legs may still be ending. */
const CLOSED_MAX = 64;

/** Calls again what was called, in two goes: the recording of a batch does not have to wait for the log of others. */
export class BatchReader {
  private readonly known = new Map<number, Known>();
  private readonly closed: number[] = [];
  private knowsPackets = false;

  /** `position`: where the recording has got to; absent if there is none, or if nobody can say what is in which packet. */
  record(batch: Batch, to: Journal, position?: () => number): void {
    this.knowsPackets = position !== undefined;
    const entry = new Entry(batch);
    while (entry.next()) {
      const { kind, flow, direction, detail, now, octets, from, end } = entry;
      if (kind === KIND.run || kind === KIND.line || kind === KIND.note) continue;
      const leg = detail as RecordedLeg;
      const about = octets.subarray(from, end);
      if (kind === KIND.opened) this.open(flow, decoder.decode(about), to, now);
      const recorder = this.known.get(flow)?.recorder;
      const before = position?.() ?? 0;
      if (kind === KIND.passed) recorder?.passed(direction, about, now, false);
      else if (kind === KIND.data) recorder?.data(leg, direction, about, hitsOf(entry), now);
      else if (kind === KIND.fin) recorder?.fin(leg, direction, hitsOf(entry), now);
      else if (kind === KIND.reset) recorder?.reset(leg, direction, hitsOf(entry), now);
      else if (kind === KIND.secrets) recorder?.secrets(decoder.decode(about));
      if (position !== undefined) entry.isIn(packetOf(entry, before, position()));
    }
  }

  log(batch: Batch, to: LogTarget): void {
    const entry = new Entry(batch);
    while (entry.next()) {
      const { kind, flow, direction, detail, now: atMillis, octets, from: start, end } = entry;
      const known = this.known.get(flow);
      const connections = known?.connections;
      if (kind === KIND.line) to.line(octets.subarray(start, end));
      else if (kind === KIND.passed || (kind === KIND.data && detail === direction)) {
        if (known !== undefined) known.packets[direction] = entry.second;
      } else if (kind === KIND.note)
        to.note(this.noteIn(entry), connections?.[0], octets.subarray(start, end));
      else if (kind === KIND.opened && connections !== undefined) to.opened(connections[0]);
      else if (kind === KIND.closed) {
        if (connections !== undefined) to.closed(connections[0]);
        this.close(flow);
      } else if (kind === KIND.run) {
        const connection = connections?.[detail as 0 | 1];
        const place = { direction, octets, start, end, streamOffset: entry.third };
        const numbers = { firstIndex: entry.first, firstPacket: entry.second };
        const recorded = this.knowsPackets ? { recordedPacket: known?.packets[direction] ?? 0 } : {};
        if (connection !== undefined) to.run({ connection, ...place, ...numbers, ...recorded, atMillis });
      }
    }
  }

  private open(flow: number, about: string, to: Journal, now: number): void {
    const { connection, ends } = JSON.parse(about) as { connection: Connection; ends: ConversationEnds };
    const older: Connection = { ...connection, protocol: 'dhcpv4-failover' };
    this.known.set(flow, {
      recorder: to.opened(connection, ends, now),
      packets: [0, 0],
      connections: [connection, older],
    });
  }

  private noteIn(entry: Entry): Note {
    const note = moreOf(entry) as Note;
    if (note.kind !== 'said' || !this.knowsPackets) return note;
    // What comes late was recorded some time ago.
    const packet = note.verdict === 'late' ? 0 : (this.known.get(entry.flow)?.packets[note.direction] ?? 0);
    return { ...note, packet };
  }

  private close(flow: number): void {
    this.closed.push(flow);
    if (this.closed.length > CLOSED_MAX) this.known.delete(this.closed.shift() as number);
  }
}

/** The entries of a batch, one after the other. A generator would cost as much as what is done with most of them. */
class Entry {
  kind = 0;
  flow = 0;
  direction: Direction = 0;
  /** The leg, or of a run the protocol. */
  detail = 0;
  now = 0;
  /** Holds what the entry is about at `[from, end)`. */
  readonly octets: Uint8Array;
  from = 0;
  end = 0;
  /** Of a run its first index, else the octets of JSON that stand behind `end`. */
  first = 0;
  second = 0;
  third = 0;
  private readonly numbers: Float64Array;
  private readonly used: number;
  private at = 0;
  private row = 0;

  constructor({ memory, octets }: Batch) {
    this.numbers = new Float64Array(memory);
    this.octets = new Uint8Array(memory);
    this.used = octets;
  }

  /** Octets of the entry are in this packet of the recording. */
  isIn(packet: number): void {
    if (this.kind === KIND.passed || this.kind === KIND.data) this.numbers[this.row + 8] = packet;
  }

  /** Goes on to the next one, the first time to the first; `false` if there is none. */
  next(): boolean {
    if (this.at >= this.used) return false;
    const { numbers } = this;
    const row = this.at / 8;
    this.row = row;
    const mixed = numbers[row + 3] as number;
    this.kind = numbers[row] as number;
    this.flow = numbers[row + 2] as number;
    this.direction = (mixed & 1) as Direction;
    this.detail = mixed >> 1;
    this.now = numbers[row + 4] as number;
    this.from = numbers[row + 5] as number;
    this.end = numbers[row + 6] as number;
    this.first = numbers[row + 7] as number;
    this.second = numbers[row + 8] as number;
    this.third = numbers[row + 9] as number;
    this.at += ROW_OCTETS + (numbers[row + 1] as number);
    return true;
  }
}

/** The sender's last packet among those that were written between; 0 where that is not clear. */
function packetOf({ kind }: Entry, before: number, after: number): number {
  const count = after - before;
  if (count === 0 || Math.floor(after / FILE_POSITION) !== Math.floor(before / FILE_POSITION)) return 0;
  if (kind === KIND.data) return after % FILE_POSITION;
  // As many on the sender's leg as then on the other, unless that is over.
  return count % 2 === 0 ? (before + count / 2) % FILE_POSITION : 0;
}

function inJson(hits: readonly FaultHit[]): Uint8Array {
  return hits.length === 0 ? NO_BYTES : encoder.encode(JSON.stringify(hits));
}

function hitsOf(entry: Entry): readonly FaultHit[] {
  return entry.first === 0 ? NO_HITS : (moreOf(entry) as FaultHit[]);
}

function moreOf({ octets, end, first }: Entry): unknown {
  return JSON.parse(decoder.decode(octets.subarray(end, end + first)));
}

function aligned(octets: number): number {
  return (octets + 7) & ~7;
}
