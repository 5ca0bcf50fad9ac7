/** Which message answers which, over a whole file: found in a first pass, asked in the second. Four octets a message. */
import type { Message } from '../dissect/message.ts';
import { Exchanges } from './exchanges.ts';

const FIRST_CAPACITY = 1 << 12;

export class ReplyIndex {
  readonly #exchanges = new Exchanges();
  /** By protocol, because messages are numbered by it: at a request's index, its reply's index plus one. */
  readonly #replies = new Map<string, Uint32Array>();

  /** First pass. */
  push(message: Message): void {
    if (!this.#exchanges.completes(message)) return;
    const index = this.#exchanges.requestIndex;
    let replies = this.#replies.get(message.protocol) ?? new Uint32Array(FIRST_CAPACITY);
    if (index >= replies.length) {
      const larger = new Uint32Array(Math.max(replies.length * 2, index + 1));
      larger.set(replies);
      replies = larger;
    }
    replies[index] = message.index + 1;
    this.#replies.set(message.protocol, replies);
  }

  /** Index of the message that answers this one. */
  replyIn(message: Message): number | undefined {
    const stored = this.#replies.get(message.protocol)?.[message.index] ?? 0;
    return stored === 0 ? undefined : stored - 1;
  }
}
