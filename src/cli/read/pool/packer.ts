/** Packs messages for other threads, with what is known of them by other messages. Copies octets, not messages. */
import { NO_BYTES } from '../../../base/bytes.ts';
import type { Connection, Frame } from '../../../base/frame.ts';
import type { Resolution } from '../../../base/timestamp.ts';
import { type Annotations, REPEATED, UNANSWERED } from '../../../dissect/annotations.ts';
import type { Message } from '../../../dissect/message.ts';
import {
  MARK,
  PARCEL_MESSAGES_MAX,
  PARCEL_OCTETS,
  PARCEL_OCTETS_MAX,
  type Parcel,
  type ParcelMemory,
  RECORD,
  RECORD_FIELDS,
  type Speaker,
} from './parcel.ts';

/** Messages that lie further apart are copied one by one, others at once with what lies between them. */
const BETWEEN_OCTETS_MAX = 256;

const encoder = new TextEncoder();

export class Packer {
  private readonly messagesMax: number;
  private records: Float64Array;
  private octets: Uint8Array;
  private messages = 0;
  /** Octets that are copied. */
  private copied = 0;
  /** Those behind them that are not yet: `#bytes[#from, #until)`. */
  private bytes: Uint8Array = NO_BYTES;
  private from = 0;
  private until = 0;
  /** As JSON. */
  private readonly speakers: string[] = [];
  private speakersLength = 0;
  /** Number of a connection's speaker, as it was last. */
  private readonly numbers = new Map<Connection, number>();
  private connection: Connection | undefined;
  private dialect: string | undefined;
  private primaryEnd: number | undefined;
  private tls: string | undefined;
  private resolution: Resolution | undefined;
  private speaker = 0;

  /** `messagesMax`: of a parcel; no more than `PARCEL_MESSAGES_MAX`. `memory`: of the first ones. */
  constructor(messagesMax: number, memory = newParcelMemory()) {
    this.messagesMax = messagesMax;
    this.records = memory.records;
    this.octets = memory.octets;
  }

  /** Where parcels go from now on. Only between two. */
  useMemory({ records, octets }: ParcelMemory): void {
    this.records = records;
    this.octets = octets;
  }

  get isEmpty(): boolean {
    return this.messages === 0;
  }

  /** Whether the parcel must be taken before the next message comes. */
  get isFull(): boolean {
    const octets = this.copied + this.until - this.from + this.speakersLength;
    return this.messages >= this.messagesMax || octets >= PARCEL_OCTETS;
  }

  /** Its octets must stay what they are until `settle` is called or the parcel taken. */
  push(message: Message, notes: Annotations): void {
    const { frame } = message;
    const { time, packet } = frame.seen;
    const records = this.records;
    const at = this.messages * RECORD_FIELDS;
    const start = this.placeOf(frame);
    records[at + RECORD.index] = message.index;
    records[at + RECORD.speaker] = this.speakerOf(frame);
    records[at + RECORD.marks] =
      frame.direction + (frame.resync ? MARK.resync : 0) + findingMarks(notes.findings);
    records[at + RECORD.start] = start;
    records[at + RECORD.end] = start + frame.end - frame.start;
    records[at + RECORD.packet] = packet;
    records[at + RECORD.unixSeconds] = time.unixSeconds;
    records[at + RECORD.ticks] = time.ticks;
    records[at + RECORD.streamOffset] = frame.streamOffset;
    records[at + RECORD.claimed] = frame.claimed ?? Number.NaN;
    records[at + RECORD.replyTo] = notes.replyTo ?? Number.NaN;
    records[at + RECORD.rttMillis] = notes.rttMillis ?? Number.NaN;
    records[at + RECORD.replyIn] = notes.replyIn ?? Number.NaN;
    this.messages++;
  }

  /** From here on nobody needs to keep the octets of what was pushed. */
  settle(): void {
    this.copy();
  }

  /** The parcel, valid until the next message is pushed, which begins another one. */
  take(): Parcel {
    this.copy();
    const speakersAt = this.copied;
    const { written } = encoder.encodeInto(`[${this.speakers.join(',')}]`, this.octets.subarray(speakersAt));
    const parcel = {
      messages: this.messages,
      records: this.records,
      octets: this.octets.subarray(0, speakersAt + written),
      speakersAt,
    };
    this.messages = 0;
    this.copied = 0;
    this.speakers.length = 0;
    this.speakersLength = 0;
    this.numbers.clear();
    this.connection = undefined;
    return parcel;
  }

  /** Where a frame begins in the parcel. */
  private placeOf({ bytes, start, end }: Frame): number {
    const between = start - this.until;
    if (bytes !== this.bytes || between < 0 || between > BETWEEN_OCTETS_MAX) {
      this.copy();
      this.bytes = bytes;
      this.from = start;
      // V8 copies to shared memory in words only if both places are as far from the beginning of one.
      this.copied += (bytes.byteOffset + start - this.copied) & 7;
    }
    this.until = end;
    return this.copied + start - this.from;
  }

  private copy(): void {
    this.octets.set(this.bytes.subarray(this.from, this.until), this.copied);
    this.copied += this.until - this.from;
    this.bytes = NO_BYTES;
    this.from = 0;
    this.until = 0;
  }

  /** Connections change when more is known of them; hardly any capture changes from one to another with every message. */
  private speakerOf({ connection, tls, seen }: Frame): number {
    const { resolution } = seen.time;
    const isSame =
      connection === this.connection &&
      connection.dialect === this.dialect &&
      connection.primaryEnd === this.primaryEnd &&
      tls === this.tls &&
      resolution === this.resolution;
    if (!isSame) {
      this.speaker = this.numberOf({ connection, tls, resolution });
      this.resolution = resolution;
      this.connection = connection;
      this.dialect = connection.dialect;
      this.primaryEnd = connection.primaryEnd;
      this.tls = tls;
    }
    return this.speaker;
  }

  private numberOf(speaker: Speaker): number {
    const { connection } = speaker;
    const text = JSON.stringify(speaker);
    const last = this.numbers.get(connection);
    if (last !== undefined && this.speakers[last] === text) return last;
    this.numbers.set(connection, this.speakers.length);
    this.speakersLength += text.length + 1;
    return this.speakers.push(text) - 1;
  }
}

/** Of this thread alone. */
export function newParcelMemory(): ParcelMemory {
  return {
    records: new Float64Array(PARCEL_MESSAGES_MAX * RECORD_FIELDS),
    octets: new Uint8Array(PARCEL_OCTETS_MAX),
  };
}

function findingMarks(findings: readonly string[] | undefined): number {
  if (findings === undefined) return 0;
  const repeated = findings.includes(REPEATED) ? MARK.repeated : 0;
  return repeated + (findings.includes(UNANSWERED) ? MARK.unanswered : 0);
}
