/**
 * Octets that were sent on before they were read. While no fault is armed and nobody listens nothing depends on what
 * they say, so that no message has to wait for the one before it to be read, and many are read at a time for a fraction
 * of the work. Whoever does anything else catches up first. Sans-IO.
 */
import type { Direction } from '../base/flow.ts';
import type { Conversation } from './conversation.ts';

/** Octets that may wait to be read. */
const UNREAD_OCTETS_MAX = 512 * 1024;

interface Entry {
  readonly conversation: Conversation;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  /** See LegPort.write. */
  readonly haveLeft: boolean;
  readonly now: number;
}

export class Unread {
  private entries: Entry[] = [];
  private octets = 0;

  /** Sends octets on; `false`, and nothing is done, if that is not all that is to be done with them. */
  forward(conversation: Conversation, direction: Direction, bytes: Uint8Array, now: number): boolean {
    const haveLeft = conversation.forward(direction, bytes);
    if (haveLeft === undefined) return false;
    this.entries.push({ conversation, direction, bytes, haveLeft, now });
    this.octets += bytes.length;
    if (this.octets > UNREAD_OCTETS_MAX) this.catchUp();
    return true;
  }

  /** Reads everything that was sent on, in order. */
  catchUp(): void {
    if (this.entries.length === 0) return;
    const { entries } = this;
    this.entries = [];
    this.octets = 0;
    for (const { conversation, direction, bytes, haveLeft, now } of entries)
      conversation.read(direction, bytes, haveLeft, now);
  }

  /** When the oldest octets that are not read were sent on, Unix milliseconds. */
  oldestMillis(): number | undefined {
    return this.entries[0]?.now;
  }
}
