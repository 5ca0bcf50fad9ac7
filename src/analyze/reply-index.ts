/**
 * Which message answers which, over a whole file, and which nobody answers: found in a first pass, asked in the second.
 * Four octets a message.
 */
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { Exchanges } from './exchanges.ts';
import { isUnanswered } from './request-findings.ts';

const FIRST_CAPACITY = 1 << 12;

export class ReplyIndex {
  private readonly exchanges = new Exchanges();
  /** By protocol, because messages are numbered by it: at a request's index, its reply's index plus one. */
  private readonly replies = new Map<string, Uint32Array>();

  private lastMillis = Number.NEGATIVE_INFINITY;

  /** First pass. */
  push(message: Message): void {
    this.lastMillis = Math.max(this.lastMillis, timestampMillis(message.frame.seen.time));
    if (!this.exchanges.completes(message)) return;
    const index = this.exchanges.requestIndex;
    let replies = this.replies.get(message.protocol) ?? new Uint32Array(FIRST_CAPACITY);
    if (index >= replies.length) {
      const larger = new Uint32Array(Math.max(replies.length * 2, index + 1));
      larger.set(replies);
      replies = larger;
    }
    replies[index] = message.index + 1;
    this.replies.set(message.protocol, replies);
  }

  /** Index of the message that answers this one. */
  replyIn(message: Message): number | undefined {
    const stored = this.replies.get(message.protocol)?.[message.index] ?? 0;
    return stored === 0 ? undefined : stored - 1;
  }

  /** Whether nobody answers this one although the capture goes on long enough after it. */
  isUnanswered(message: Message): boolean {
    return isUnanswered(message, this.replyIn(message), this.lastMillis);
  }
}
