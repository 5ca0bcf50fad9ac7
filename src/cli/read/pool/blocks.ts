/** Where blocks of messages begin and end: the same places in every thread, because they follow from the messages alone. */
import type { FormatName } from '../format.ts';

/** A block is full when it has this many octets of messages; the last one may go beyond. */
const BLOCK_OCTETS = 32 * 1024;
/** Or this many messages: so many that their lines are worth a write, and so few that nobody waits long for a turn. */
const MESSAGES = { short: 512, long: 64 } as const;

export class Blocks {
  readonly #messagesMax: number;
  #current = 0;
  #messages = 0;
  #octets = 0;

  constructor(messagesMax: number) {
    this.#messagesMax = messagesMax;
  }

  /** Number of the block that the last message belongs to, from 0. */
  get current(): number {
    return this.#current;
  }

  /** Counts the next message; returns the number of its block. */
  next(octets: number): number {
    if (this.#messages >= this.#messagesMax || this.#octets >= BLOCK_OCTETS) {
      this.#current++;
      this.#messages = 0;
      this.#octets = 0;
    }
    this.#messages++;
    this.#octets += octets;
    return this.#current;
  }
}

/** Messages of a block in a format. */
export function blockMessages(type: FormatName): number {
  return type === 'text' || type === 'fields' ? MESSAGES.short : MESSAGES.long;
}
