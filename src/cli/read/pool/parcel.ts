/**
 * What a parcel of messages is: their octets as they lie in the capture, a record of numbers for each, and once what is
 * said of the connections that they belong to. It can be read by itself, in any order. Packing is in packer.ts, reading
 * in unpacker.ts.
 */
import type { Connection } from '../../../base/frame.ts';

/** Messages in a parcel at most. */
export const PARCEL_MESSAGES_MAX = 512;
/** A parcel with this many octets takes no further message. */
export const PARCEL_OCTETS = 64 * 1024;
/** Octets in a parcel at most: a last message, whose length has 16 bits, and all about its connection. */
export const PARCEL_OCTETS_MAX = PARCEL_OCTETS + 96 * 1024;

/** Valid as long as nobody fills its memory again. */
export interface Parcel {
  readonly messages: number;
  /** `RECORD_FIELDS` numbers for each message. */
  readonly records: Float64Array;
  /** Of the messages, and from `speakersAt` on a list of speakers as JSON. */
  readonly octets: Uint8Array;
  readonly speakersAt: number;
}

/** What there is to say of all frames of a connection until it changes. Survives JSON. */
export interface Speaker {
  readonly connection: Connection;
  readonly tls?: string | undefined;
}

/** Places in the record of a message. What may be absent is NaN then. */
export const RECORD = {
  index: 0,
  /** In the list of speakers. */
  speaker: 1,
  direction: 2,
  /** 1 for a frame that was found by picking the stream up again. */
  resync: 3,
  /** Octets of the parcel. */
  start: 4,
  end: 5,
  packet: 6,
  unixSeconds: 7,
  ticks: 8,
  ticksPerSecond: 9,
  digits: 10,
  streamOffset: 11,
  claimed: 12,
  replyTo: 13,
  rttMillis: 14,
  replyIn: 15,
  /** What is wrong with it as a request: a sum of `FINDING`. */
  findings: 16,
} as const;
export const RECORD_FIELDS = 17;

export const FINDING = { repeated: 1, unanswered: 2 } as const;
