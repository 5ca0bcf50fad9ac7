/** What the parts of one endpoint share: configuration, the present moment, timers, and where outputs go. */
import { added } from '../base/short-list.ts';
import { toEpoch2000 } from '../base/time.ts';
import { writeFailoverFrame } from '../wire/failover.ts';
import type { FailoverMessage } from '../wire/messages.ts';
import { Writer } from '../wire/writer.ts';
import type { EndpointConfig } from './config.ts';
import type { Note, Output } from './io.ts';
import { Outbox } from './outbox.ts';
import { Tally } from './tally.ts';
import { type Timer, Timers } from './timers.ts';

export class Context<Reply> {
  readonly config: EndpointConfig;
  readonly timers = new Timers();
  readonly outbox = new Outbox<Reply>();
  readonly tally = new Tally();
  /** The present moment, Unix milliseconds. */
  now: number;
  /** The same in absolute seconds since 2000. */
  time: number;
  private readonly writer = new Writer();
  private outputs: Output<Reply>[] = [];

  constructor(config: EndpointConfig, now: number) {
    this.config = config;
    this.now = now;
    this.time = toEpoch2000(now);
  }

  /** An input has come at `now`, Unix milliseconds. */
  moveTo(now: number): void {
    if (now !== this.now) this.time = toEpoch2000(now);
    this.now = now;
    this.timers.observe(now);
  }

  /** Sets a timer to `seconds` from now. */
  start(timer: Timer, seconds: number): void {
    this.timers.set(timer, this.now + seconds * 1000);
  }

  note(event: Note['event'], text: string, section: string): void {
    this.emit({ kind: 'note', event, text, section });
  }

  alarm(text: string, section: string): void {
    this.emit({ kind: 'alarm', text, section });
  }

  /** Sends past everything that waits: for the message that ends a connection. */
  sendNow(message: FailoverMessage): void {
    this.tally.countSent(message.type);
    writeFailoverFrame(this.writer, 'sentTime' in message ? { ...message, sentTime: this.time } : message);
    this.emit({ kind: 'send', bytes: this.writer.take() });
  }

  /** Something comes of the input that is being handled. */
  emit(output: Output<Reply>): void {
    this.outputs = added(this.outputs, output);
  }

  /** All that came of the input. */
  takeOutputs(): Output<Reply>[] {
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }
}
