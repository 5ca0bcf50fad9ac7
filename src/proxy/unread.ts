/**
 * Octets that were sent on before they were read. While no fault is armed and nobody listens nothing depends on what
 * they say, so that no message has to wait for the one before it to be read, and many are read at a time for a fraction
 * of the work. Whoever does anything else catches up first. Sans-IO.
 */
import type { Direction } from '../base/flow.ts';
import type { Conversation } from './conversation.ts';

/** Octets that may wait to be read. */
export const UNREAD_OCTETS_MAX = 256 * 1024;
/** From here on octets have many messages in them already, and are read at once instead of being copied. */
const WORTH_READING_OCTETS = 8 * 1024;

type Read = Pick<Conversation, 'forward' | 'read'>;

interface Entry {
  readonly conversation: Read;
  readonly direction: Direction;
  readonly start: number;
  readonly end: number;
  readonly now: number;
}

export class Unread {
  /** Used again and again: what was read from sockets is free at once, so that little memory is in use, and warm. */
  private readonly memory = new Uint8Array(UNREAD_OCTETS_MAX);
  private used = 0;
  private entries: Entry[] = [];

  /** Sends octets on; `false`, and nothing is done, if that is not all that is to be done with them. */
  forward(conversation: Read, direction: Direction, bytes: Uint8Array, now: number): boolean {
    const haveLeft = conversation.forward(direction, bytes);
    if (haveLeft === undefined) return false;
    const isLong = bytes.length >= WORTH_READING_OCTETS;
    if (isLong || this.used + bytes.length > UNREAD_OCTETS_MAX) this.catchUp();
    if (isLong) conversation.read(direction, bytes, haveLeft, now);
    else {
      const start = this.used;
      this.memory.set(bytes, start);
      this.used += bytes.length;
      this.entries.push({ conversation, direction, start, end: this.used, now });
    }
    return true;
  }

  /** Reads everything that was sent on, in order. */
  catchUp(): void {
    if (this.used === 0) return;
    const { entries, memory } = this;
    this.entries = [];
    this.used = 0;
    for (const { conversation, direction, start, end, now } of entries)
      conversation.read(direction, memory.subarray(start, end), false, now);
  }

  /** When the oldest octets that are not read were sent on, Unix milliseconds. */
  oldestMillis(): number | undefined {
    return this.entries[0]?.now;
  }
}
