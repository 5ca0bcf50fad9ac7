/**
 * Messages and client replies that wait for stable storage. Messages leave in the order in which they were put in, each
 * not before what it depends on is stored (RFC 8156 §6.3, §7.5.2); octets are made when they leave, so that sent-time
 * is as close to the transmission as it can be (§7.1).
 */
import { toEpoch2000 } from '../base/time.ts';
import { writeFailoverFrame } from '../wire/failover.ts';
import type { FailoverMessage } from '../wire/messages.ts';
import { Writer } from '../wire/writer.ts';
import type { Output, StoreRecord } from './io.ts';

interface Held<T> {
  readonly value: T;
  readonly token: number;
}

/** Octets that go into one `send` before the next begins. */
const SEND_BYTES = 16 * 1024;

export class Outbox<Reply> {
  private readonly messages: Held<FailoverMessage>[] = [];
  private head = 0;
  private readonly replies: Held<Reply>[] = [];
  private repliesHead = 0;
  private records: StoreRecord[] = [];
  private issued = 0;
  private stored = 0;
  private readonly writer = new Writer();

  /** Messages that wait. */
  get waiting(): number {
    return this.messages.length - this.head;
  }

  /** Whether anything waits for stable storage. */
  get storing(): boolean {
    return this.records.length > 0 || this.stored < this.issued;
  }

  /** To be stored before anything that is put in from now on leaves. */
  persist(record: StoreRecord): void {
    this.records.push(record);
  }

  put(message: FailoverMessage): void {
    this.messages.push({ value: message, token: this.token() });
  }

  reply(reply: Reply): void {
    this.replies.push({ value: reply, token: this.token() });
  }

  /** Everything up to this token is stored. */
  storedUpTo(token: number): void {
    if (token > this.stored) this.stored = Math.min(token, this.issued);
  }

  /** The connection is gone: messages for it are void, replies to clients are not. */
  dropMessages(): void {
    this.messages.length = 0;
    this.head = 0;
  }

  /** Moves what may leave into `outputs`. `sent` hears of each message. */
  flush(now: number, outputs: Output<Reply>[], sent: (message: FailoverMessage) => void): void {
    if (this.records.length > 0) {
      this.issued++;
      outputs.push({ kind: 'persist', token: this.issued, records: this.records });
      this.records = [];
    }
    this.flushReplies(outputs);
    const { messages, writer } = this;
    const sentTime = toEpoch2000(now);
    for (; this.head < messages.length; this.head++) {
      const { value, token } = messages[this.head] as Held<FailoverMessage>;
      if (token > this.stored) break;
      // Made by us and not yet seen by anybody.
      if ('sentTime' in value) (value as { sentTime: number }).sentTime = sentTime;
      writeFailoverFrame(writer, value);
      sent(value);
      if (writer.length >= SEND_BYTES) outputs.push({ kind: 'send', bytes: writer.take() });
    }
    if (writer.length > 0) outputs.push({ kind: 'send', bytes: writer.take() });
    this.head = trim(messages, this.head);
  }

  private flushReplies(outputs: Output<Reply>[]): void {
    const { replies } = this;
    for (; this.repliesHead < replies.length; this.repliesHead++) {
      const { value, token } = replies[this.repliesHead] as Held<Reply>;
      if (token > this.stored) break;
      outputs.push({ kind: 'reply', reply: value });
    }
    this.repliesHead = trim(replies, this.repliesHead);
  }

  private token(): number {
    return this.records.length > 0 ? this.issued + 1 : this.issued;
  }
}

/** Forgets what is before `head`; returns where the head is then. */
function trim(queue: unknown[], head: number): number {
  if (head === queue.length) {
    queue.length = 0;
    return 0;
  }
  if (head < 1024) return head;
  queue.splice(0, head);
  return 0;
}
