/**
 * What a parcel of messages is: their octets as they lie in the capture, a record of numbers for each, and once what is
 * said of the connections that they belong to. It can be read by itself, in any order. Packing is in packer.ts, reading
 * in unpacker.ts.
 */
import type { Connection } from '../../../base/frame.ts';
import type { Resolution } from '../../../base/timestamp.ts';

/** Messages in a parcel at most. */
export const PARCEL_MESSAGES_MAX = 512;
/** A parcel with this many octets takes no further message. */
export const PARCEL_OCTETS = 64 * 1024;
/** Octets in a parcel at most: a last message, whose length has 16 bits, and all about its connection. */
export const PARCEL_OCTETS_MAX = PARCEL_OCTETS + 96 * 1024;

/** Room for any parcel; its octets begin at a multiple of eight. */
export interface ParcelMemory {
  readonly records: Float64Array;
  readonly octets: Uint8Array;
}

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
  readonly resolution: Resolution;
}

/** Places in the record of a message. What may be absent is NaN then. */
export const RECORD = {
  index: 0,
  /** In the list of speakers. */
  speaker: 1,
  /** A sum of `MARK`. */
  marks: 2,
  /** Octets of the parcel. */
  start: 3,
  end: 4,
  packet: 5,
  unixSeconds: 6,
  ticks: 7,
  streamOffset: 8,
  claimed: 9,
  replyTo: 10,
  rttMillis: 11,
  replyIn: 12,
} as const;
export const RECORD_FIELDS = 13;

/** Of direction 1; found by picking the stream up again; what is wrong with it as a request. */
export const MARK = { direction: 1, resync: 2, repeated: 4, unanswered: 8 } as const;
