/**
 * Messages and client replies that wait for stable storage. Messages leave in the order in which they were put in, each
 * not before what it depends on is stored (RFC 8156 §6.3, §7.5.2); octets are made when they leave, so that sent-time
 * is as close to the transmission as it can be (§7.1).
 */
import { writeFailoverFrame } from '../wire/failover.ts';
import type { FailoverMessage } from '../wire/messages.ts';
import { Writer } from '../wire/writer.ts';
import { Held } from './held.ts';
import type { Output, StoreRecord } from './io.ts';

/** Octets that go into one `send` before the next begins. */
const SEND_BYTES = 16 * 1024;

/** Where things leave. */
export interface Exit<Reply> {
  emit(output: Output<Reply>): void;
  /** Hears of each message whose octets leave. */
  sent(message: FailoverMessage): void;
}

export class Outbox<Reply> {
  private readonly messages = new Held<FailoverMessage>();
  private readonly replies = new Held<Reply>();
  private records: StoreRecord[] | undefined;
  private issued = 0;
  private stored = 0;
  private readonly writer = new Writer();

  /** Messages that wait. */
  get waiting(): number {
    return this.messages.size;
  }

  /** Whether anything waits for stable storage. */
  get storing(): boolean {
    return this.records !== undefined || this.stored < this.issued;
  }

  /** To be stored before anything that is put in from now on leaves. */
  persist(record: StoreRecord): void {
    if (this.records === undefined) this.records = [record];
    else this.records.push(record);
  }

  put(message: FailoverMessage): void {
    this.messages.put(message, this.token());
  }

  reply(reply: Reply): void {
    this.replies.put(reply, this.token());
  }

  /** Everything up to this token is stored. */
  storedUpTo(token: number): void {
    if (token > this.stored) this.stored = Math.min(token, this.issued);
  }

  /** The connection is gone: messages for it are void, replies to clients are not. */
  dropMessages(): void {
    this.messages.clear();
  }

  /** Lets out what may leave at `time`, which is absolute. */
  flush(time: number, exit: Exit<Reply>): void {
    if (this.records !== undefined) {
      this.issued++;
      exit.emit({ kind: 'persist', token: this.issued, records: this.records });
      this.records = undefined;
    }
    const { messages, replies, stored, writer } = this;
    while (replies.mayLeave(stored)) exit.emit({ kind: 'reply', reply: replies.take() });
    while (messages.mayLeave(stored)) {
      const message = messages.take();
      // Made by us and not yet seen by anybody.
      if ('sentTime' in message) (message as { sentTime: number }).sentTime = time;
      writeFailoverFrame(writer, message);
      exit.sent(message);
      if (writer.length >= SEND_BYTES) exit.emit({ kind: 'send', bytes: writer.take() });
    }
    if (writer.length > 0) exit.emit({ kind: 'send', bytes: writer.take() });
  }

  private token(): number {
    return this.records === undefined ? this.issued : this.issued + 1;
  }
}
