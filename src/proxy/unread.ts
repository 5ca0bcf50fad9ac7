/**
 * Octets that were sent on before they were read. While no fault is armed and nobody listens nothing depends on what
 * they say, so that no message has to wait for the one before it to be read, and many are read at a time for a fraction
 * of the work. Whoever does anything else catches up first. Sans-IO.
 */
import { plainBytes } from '../base/bytes.ts';
import type { Direction } from '../base/flow.ts';
import type { Conversation } from './conversation.ts';

/** Octets that may wait to be read, and in how many pieces. */
export const UNREAD_OCTETS_MAX = 1024 * 1024;
const UNREAD_PIECES_MAX = 8192;
/** From here on octets have many messages in them already, and are read at once instead of being copied. */
const WORTH_READING_OCTETS = 8 * 1024;

type Reader = Pick<Conversation, 'forward' | 'read'>;

export class Unread {
  /** Used again and again: what was read from sockets is free at once, so that little memory is in use, and warm. */
  private readonly memory = new Uint8Array(UNREAD_OCTETS_MAX);
  /** By piece: whose it is, its direction, where it ends, and when it was sent on. */
  private readonly readers: Reader[] = [];
  private readonly directions = new Uint8Array(UNREAD_PIECES_MAX);
  private readonly ends = new Uint32Array(UNREAD_PIECES_MAX);
  private readonly times = new Float64Array(UNREAD_PIECES_MAX);
  private pieces = 0;
  private used = 0;

  /** Sends octets on; `false`, and nothing is done, if that is not all that is to be done with them. */
  forward(conversation: Reader, direction: Direction, octets: Uint8Array, now: number): boolean {
    const haveLeft = conversation.forward(direction, octets);
    if (haveLeft === undefined) return false;
    const isLong = octets.length >= WORTH_READING_OCTETS;
    const isFull = this.used + octets.length > UNREAD_OCTETS_MAX || this.pieces === UNREAD_PIECES_MAX;
    if (isLong || isFull) this.catchUp();
    if (isLong) conversation.read(direction, plainBytes(octets), haveLeft, now);
    else this.keep(conversation, direction, octets, now);
    return true;
  }

  /** Reads everything that was sent on, in order. */
  catchUp(): void {
    const { pieces, readers, directions, ends, times, memory } = this;
    this.pieces = 0;
    this.used = 0;
    for (let piece = 0, start = 0; piece < pieces; piece++) {
      const end = ends[piece] as number;
      const octets = memory.subarray(start, end);
      readers[piece]?.read(directions[piece] as Direction, octets, false, times[piece] as number);
      start = end;
    }
    // Nothing is kept alive by having been read.
    readers.length = 0;
  }

  /** When the oldest octets that are not read were sent on, Unix milliseconds. */
  oldestMillis(): number | undefined {
    return this.pieces === 0 ? undefined : this.times[0];
  }

  private keep(conversation: Reader, direction: Direction, octets: Uint8Array, now: number): void {
    const { pieces } = this;
    this.memory.set(octets, this.used);
    this.used += octets.length;
    this.readers[pieces] = conversation;
    this.directions[pieces] = direction;
    this.ends[pieces] = this.used;
    this.times[pieces] = now;
    this.pieces++;
  }
}
