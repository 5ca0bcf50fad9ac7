/** Reads parcels of messages: the reverse of packer.ts, with one message that is overwritten by the next. */
import { requestFindings } from '../../../analyze/request-findings.ts';
import type { Direction, Seen } from '../../../base/flow.ts';
import { MICROSECONDS, type Resolution, type Timestamp } from '../../../base/timestamp.ts';
import type { Annotations } from '../../../dissect/annotations.ts';
import type { Dissectors } from '../../../dissect/compile.ts';
import { DissectedMessage, protocolOf } from '../../../dissect/dissect.ts';
import type { Message } from '../../../dissect/message.ts';
import { FrameAtHand } from '../../../dissect/message-maker.ts';
import type { CompiledProtocol } from '../../../dissect/space.ts';
import { MARK, PARCEL_OCTETS_MAX, type Parcel, RECORD, RECORD_FIELDS, type Speaker } from './parcel.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const decoder = new TextDecoder();

/**
 * Classes, not literals: numbers out of an array of doubles would change what V8 takes all objects of their shape for,
 * those of the reader among them, and each of these would be converted when it is looked at.
 */
class TimeAtHand implements Timestamp {
  unixSeconds = 0;
  ticks = 0;
  resolution: Resolution = MICROSECONDS;
}

class SeenAtHand implements Seen {
  readonly time = new TimeAtHand();
  packet = 0;
}

/** Gets each message of a parcel, with what is known of it; nothing of either may be kept. */
export type MessageTaker = (message: Message, notes: Annotations) => void;

export class Unpacker {
  private readonly dissectors: Dissectors;
  /** The octets of the parcel at hand: what others write to meanwhile is not read where it lies. */
  private readonly octets = new Uint8Array(PARCEL_OCTETS_MAX);
  private readonly seen = new SeenAtHand();
  private frame: FrameAtHand | undefined;
  private message: DissectedMessage | undefined;
  /** As JSON: in the next parcel it is most often the same again, and then so are the objects. */
  private said = '';
  private speakers: readonly Speaker[] = [];
  private protocols: readonly CompiledProtocol[] = [];
  private readonly notes: Writable<Annotations> = {
    replyTo: undefined,
    rttMillis: undefined,
    replyIn: undefined,
    findings: undefined,
  };

  constructor(dissectors: Dissectors) {
    this.dissectors = dissectors;
  }

  read({ messages, records, octets, speakersAt }: Parcel, take: MessageTaker): void {
    this.octets.set(octets);
    this.hear(decoder.decode(this.octets.subarray(speakersAt, octets.length)));
    const { speakers, protocols } = this;
    for (let at = 0; at < messages * RECORD_FIELDS; at += RECORD_FIELDS) {
      const number = records[at + RECORD.speaker] as number;
      const frame = this.frameAt(records, at, speakers[number] as Speaker);
      const index = whole(records[at + RECORD.index] as number);
      const protocol = protocols[number] as (typeof protocols)[number];
      if (this.message === undefined) this.message = new DissectedMessage(protocol, frame, index);
      else this.message.take(protocol, frame, index);
      const notes = this.notes;
      notes.replyTo = present(records[at + RECORD.replyTo] as number);
      notes.rttMillis = present(records[at + RECORD.rttMillis] as number);
      notes.replyIn = present(records[at + RECORD.replyIn] as number);
      const marks = records[at + RECORD.marks] as number;
      notes.findings = requestFindings((marks & MARK.repeated) !== 0, (marks & MARK.unanswered) !== 0);
      take(this.message, notes);
    }
  }

  private hear(said: string): void {
    if (said === this.said) return;
    this.said = said;
    this.speakers = JSON.parse(said) as readonly Speaker[];
    this.protocols = this.speakers.map(({ connection }) => protocolOf(this.dissectors, connection));
  }

  private frameAt(records: Float64Array, at: number, { connection, tls, resolution }: Speaker): FrameAtHand {
    const marks = records[at + RECORD.marks] as number;
    const { time } = this.seen;
    time.unixSeconds = whole(records[at + RECORD.unixSeconds] as number);
    time.ticks = whole(records[at + RECORD.ticks] as number);
    time.resolution = isMicroseconds(resolution) ? MICROSECONDS : resolution;
    this.seen.packet = whole(records[at + RECORD.packet] as number);
    this.frame ??= new FrameAtHand(connection, this.seen);
    const frame = this.frame;
    frame.connection = connection;
    frame.direction = (marks & MARK.direction) as Direction;
    frame.bytes = this.octets;
    frame.start = whole(records[at + RECORD.start] as number);
    frame.end = whole(records[at + RECORD.end] as number);
    frame.streamOffset = whole(records[at + RECORD.streamOffset] as number);
    frame.resync = (marks & MARK.resync) !== 0;
    frame.claimed = present(records[at + RECORD.claimed] as number);
    frame.tls = tls;
    return frame;
  }
}

/** Times in microseconds are printed faster if they say so. */
function isMicroseconds({ ticksPerSecond, digits }: Resolution): boolean {
  return ticksPerSecond === MICROSECONDS.ticksPerSecond && digits === MICROSECONDS.digits;
}

/**
 * The same number as V8 keeps those that were never in an array of doubles. Else the first parcel that the main thread prints
 * would change the shape of its reader's frame and message, and with that throw away all code that was compiled for them.
 */
function whole(value: number): number {
  const integer = value | 0;
  return integer === value ? integer : value;
}

/** NaN stands for what is absent. */
function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : whole(value);
}
