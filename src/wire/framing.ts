/**
 * Cuts one direction of a TCP connection into messages: 2 octets of length, then so many octets (RFC 5460 §5.1, RFC
 * 8156 §5.1). A message inside one chunk is handed on where it stands; only what straddles chunks is copied.
 */
import { readU16 } from '../base/bytes.ts';
import { LENGTH_MAX } from './writer.ts';

const PREFIX = 2;

/** Receives the message at `bytes[start, end)`, without prefix. The octets are valid during the call only. */
export type MessageSink = (bytes: Uint8Array, start: number, end: number) => void;

export class FrameSplitter {
  private readonly messageBytesMax: number;
  /** The beginning of an unfinished message, prefix included. */
  private pending = new Uint8Array(PREFIX);
  private filled = 0;
  /** Set when a length above the limit came: the stream can't be followed any longer. */
  private tooLong: number | undefined;

  /** `messageBytesMax`: longest message that is accepted; the format itself ends at 65535. */
  constructor(messageBytesMax = LENGTH_MAX) {
    this.messageBytesMax = messageBytesMax;
  }

  /** Octets of an unfinished message that are being kept. */
  get pendingBytes(): number {
    return this.filled;
  }

  /**
   * Feeds a chunk and hands every message that it completes to `sink`, in order. Returns `undefined`, or the length
   * that a message above the limit claimed; from then on nothing is read.
   */
  push(chunk: Uint8Array, sink: MessageSink): number | undefined {
    let at = 0;
    while (this.tooLong === undefined && at < chunk.length) {
      if (this.filled > 0) at = this.complete(chunk, at, sink);
      else {
        const left = chunk.length - at;
        const length = left < PREFIX ? 0 : readU16(chunk, at);
        if (length > this.messageBytesMax) this.tooLong = length;
        else if (left < PREFIX || left - PREFIX < length) at = this.keep(chunk, at, left, PREFIX + length);
        else {
          sink(chunk, at + PREFIX, at + PREFIX + length);
          at += PREFIX + length;
        }
      }
    }
    return this.tooLong;
  }

  /** Adds to the unfinished message; returns the offset behind what was used of `chunk`. */
  private complete(chunk: Uint8Array, from: number, sink: MessageSink): number {
    let at = from;
    if (this.filled < PREFIX) at = this.keep(chunk, at, PREFIX - this.filled, PREFIX);
    const length = readU16(this.pending, 0);
    if (length > this.messageBytesMax) {
      this.tooLong = length;
      return at;
    }
    const whole = PREFIX + length;
    at = this.keep(chunk, at, Math.min(whole - this.filled, chunk.length - at), whole);
    if (this.filled === whole) {
      // Emptied first: the sink may throw or feed more.
      const message = this.pending;
      this.pending = new Uint8Array(PREFIX);
      this.filled = 0;
      sink(message, PREFIX, whole);
    }
    return at;
  }

  private keep(chunk: Uint8Array, at: number, count: number, capacity: number): number {
    if (this.pending.length < capacity) {
      const larger = new Uint8Array(capacity);
      larger.set(this.pending.subarray(0, this.filled));
      this.pending = larger;
    }
    this.pending.set(chunk.subarray(at, at + count), this.filled);
    this.filled += count;
    return at + count;
  }
}
