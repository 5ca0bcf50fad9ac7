/**
 * The connection to the partner (RFC 8156 §6): opening it, CONNECT and CONNECTREPLY, cutting it into messages, CONTACT
 * and keepalive, clock skew, and ending it. What STATE and binding messages mean is for others.
 */

import { StatusCode } from '../wire/codes.ts';
import { decodeFailoverMessage } from '../wire/failover.ts';
import { FrameSplitter, type MessageSink } from '../wire/framing.ts';
import type {
  Binding,
  Connect,
  ConnectReply,
  FailoverMessage,
  Plain,
  State,
  TlsNegotiation,
} from '../wire/messages.ts';
import { KEEPALIVE_SECONDS_MIN } from './config.ts';
import type { Context } from './context.ts';
import {
  type Agreement,
  acceptingReply,
  checkConnect,
  checkConnectReply,
  connectMessage,
  rejectingReply,
} from './handshake.ts';
import type { Output } from './io.ts';
import type { Exit } from './outbox.ts';
import { SkewMeter } from './skew.ts';
import { TIMER } from './timers.ts';

/** What the link tells the rest of the endpoint. */
export interface LinkListener {
  /** CONNECT and CONNECTREPLY went well; now STATE is due (§6.1). */
  established(agreement: Agreement): void;
  received(message: State | Plain | Binding): void;
  /** The connection is gone, by whoever's doing. */
  lost(why: string): void;
  newTransactionId(): number;
}

type Phase = 'down' | 'opening' | 'awaiting-connect' | 'awaiting-connectreply' | 'open';

export class Link<Reply> implements Exit<Reply> {
  /** The partner's clock against ours on this connection. */
  readonly skew: SkewMeter;
  private phase: Phase = 'down';
  private splitter = new FrameSplitter();
  private readonly sink: MessageSink = (bytes, start, end) => this.frame(bytes, start, end);
  /** Seconds of silence after which a CONTACT is due: the partner's keepalive time, divided (§6.6). */
  private contactSeconds: number;
  private readonly context: Context<Reply>;
  private readonly listener: LinkListener;

  constructor(context: Context<Reply>, listener: LinkListener) {
    this.context = context;
    this.listener = listener;
    this.skew = new SkewMeter(context.config.skewMessages);
    this.contactSeconds = context.config.keepaliveSeconds / context.config.contactsPerKeepalive;
  }

  get isOpen(): boolean {
    return this.phase === 'open';
  }

  get isDown(): boolean {
    return this.phase === 'down';
  }

  /** A primary asks for a connection; a secondary waits for one (§6.1). */
  open(): void {
    const { context } = this;
    if (context.config.role !== 'primary' || this.phase !== 'down') return;
    context.timers.clear(TIMER.reconnect);
    this.phase = 'opening';
    context.emit({ kind: 'connect' });
  }

  connected(): void {
    const { context } = this;
    if (this.phase !== 'down' && this.phase !== 'opening') this.ended('replaced by a new connection');
    context.timers.clear(TIMER.reconnect);
    this.splitter = new FrameSplitter();
    this.skew.reset();
    this.contactSeconds = context.config.keepaliveSeconds / context.config.contactsPerKeepalive;
    context.start(TIMER.connectReply, context.config.connectReplySeconds);
    if (context.config.role === 'secondary') {
      this.phase = 'awaiting-connect';
      return;
    }
    this.phase = 'awaiting-connectreply';
    context.outbox.put(connectMessage(context.config, this.listener.newTransactionId()));
  }

  bytes(bytes: Uint8Array): void {
    this.splitter.push(bytes, this.sink);
  }

  /** Says why and closes (§5.3.10). The primary tries again, later if `rejected`. */
  disconnect(code: number, why: string, rejected = false): void {
    const { context, listener } = this;
    if (this.phase === 'down') return;
    if (this.phase !== 'opening') {
      const transactionId = listener.newTransactionId();
      context.sendNow({ type: 'DISCONNECT', transactionId, sentTime: 0, status: { code, message: why } });
    }
    this.close(why, rejected);
  }

  /** The driver says that the connection is gone, or could not be made. */
  closed(why: string): void {
    if (this.phase !== 'down') this.ended(why);
  }

  contact(): void {
    this.context.outbox.put({
      type: 'CONTACT',
      transactionId: this.listener.newTransactionId(),
      sentTime: 0,
    });
  }

  emit(output: Output<Reply>): void {
    this.context.emit(output);
  }

  /** A message left: the next CONTACT can wait (§6.6). */
  sent({ type }: FailoverMessage): void {
    this.context.tally.countSent(type);
    if (this.phase === 'open') this.context.start(TIMER.contact, this.contactSeconds);
  }

  private frame(bytes: Uint8Array, start: number, end: number): void {
    if (this.phase === 'down' || this.phase === 'opening') return;
    const { context } = this;
    const { message, problems } = decodeFailoverMessage(bytes, start, end);
    const [problem] = problems;
    context.tally.countReceived(message.type);
    if (problem !== undefined) context.note('protocol', problem.message, problem.section ?? '§5.2');
    if (this.phase === 'open') context.start(TIMER.keepalive, context.config.keepaliveSeconds);
    if (message.type === 'unknown') return;
    if (isTls(message)) this.tls(message);
    else if (this.phase === 'open') this.whileOpen(message);
    else if (message.type === 'CONNECT' && this.phase === 'awaiting-connect') this.onConnect(message);
    else if (message.type === 'CONNECTREPLY' && this.phase === 'awaiting-connectreply')
      this.onConnectReply(message);
    else this.outOfPlace(message);
  }

  private whileOpen(message: Exclude<FailoverMessage, TlsNegotiation>): void {
    const { context, skew } = this;
    if (message.type === 'CONNECT' || message.type === 'CONNECTREPLY') {
      context.note('protocol', `${message.type} on a connection that is established`, '§6.1');
      return;
    }
    skew.add(message.sentTime, context.time);
    if (message.type === 'DISCONNECT') {
      this.onDisconnect(message);
      return;
    }
    this.listener.received(message);
    if (skew.excessive && this.phase === 'open') {
      const seconds = Math.round(skew.average as number);
      this.disconnect(StatusCode.ExcessiveTimeSkew, `your clock is ${seconds} s off ours`, true);
    }
  }

  /** §6.1.2 */
  private onConnect(connect: Connect): void {
    const { context } = this;
    const outcome = checkConnect(connect, context.config, context.time);
    if ('code' in outcome) {
      context.note('rejected', `CONNECT rejected: ${outcome.message}`, '§6.1.2');
      context.sendNow(rejectingReply(connect.transactionId, outcome));
      this.close(outcome.message, true);
      return;
    }
    context.outbox.put(acceptingReply(context.config, connect.transactionId, outcome.mclt));
    this.establish(outcome);
  }

  /** §6.1.3 */
  private onConnectReply(reply: ConnectReply): void {
    const { context } = this;
    if (reply.status !== undefined && reply.status.code !== StatusCode.Success) {
      const why = `the partner rejected CONNECT: ${reply.status.message} (status ${reply.status.code})`;
      context.note('rejected', why, '§6.1.2');
      this.close(why, true);
      return;
    }
    const outcome = checkConnectReply(reply, context.config);
    if ('code' in outcome) {
      context.note('rejected', `CONNECTREPLY not accepted: ${outcome.message}`, '§6.1.3');
      this.disconnect(outcome.code, outcome.message, true);
    } else this.establish(outcome);
  }

  private establish(agreement: Agreement): void {
    const { context } = this;
    this.phase = 'open';
    context.timers.clear(TIMER.connectReply);
    const keepalive = Math.max(KEEPALIVE_SECONDS_MIN, agreement.keepaliveSeconds);
    this.contactSeconds = keepalive / context.config.contactsPerKeepalive;
    context.start(TIMER.keepalive, context.config.keepaliveSeconds);
    context.start(TIMER.contact, this.contactSeconds);
    context.note('connection', 'connection established', '§6.1');
    this.listener.established(agreement);
  }

  private onDisconnect(message: Plain): void {
    const { status } = message;
    const why = status === undefined ? 'no reason given' : `${status.message} (status ${status.code})`;
    this.close(`the partner disconnected: ${why}`, true);
  }

  private outOfPlace(message: FailoverMessage): void {
    if (message.type === 'DISCONNECT') this.onDisconnect(message);
    else this.disconnect(StatusCode.UnspecFail, `${message.type} before the connection is established`);
  }

  /** TLS is negotiated before an endpoint sees the connection, or not at all (RFC 7653 §9.1). */
  private tls({ type, transactionId }: TlsNegotiation): void {
    if (type === 'REPLY') return;
    const status = { code: StatusCode.TLSConnectionRefused, message: 'TLS is not configured here' };
    this.context.sendNow({ type: 'REPLY', transactionId, status });
  }

  private close(why: string, rejected: boolean): void {
    this.context.emit({ kind: 'close', why });
    this.ended(why, rejected);
  }

  private ended(why: string, rejected = false): void {
    const { context } = this;
    const { config, timers } = context;
    const wasUp = this.phase !== 'opening';
    this.phase = 'down';
    for (const timer of [TIMER.connectReply, TIMER.keepalive, TIMER.contact]) timers.clear(timer);
    context.outbox.dropMessages();
    if (config.role === 'primary') {
      context.start(TIMER.reconnect, rejected ? config.rejectedReconnectSeconds : config.reconnectSeconds);
    }
    if (wasUp) context.note('connection', `connection ended: ${why}`, '§6.6');
    this.listener.lost(why);
  }
}

function isTls(message: FailoverMessage): message is TlsNegotiation {
  return message.type === 'STARTTLS' || message.type === 'REPLY';
}
