/**
 * One end of a failover relationship (RFC 8156 §6.2), sans-IO: inputs with their time go in, outputs come out, nothing
 * else happens. It joins the link, the states and the leases; each of them knows its own part of the RFC.
 */
import { StatusCode } from '../wire/codes.ts';
import type { Binding, Plain, State } from '../wire/messages.ts';
import type { Situation } from './allocation.ts';
import type { ClientLeases } from './client-leases.ts';
import { ClientView } from './client-view.ts';
import type { EndpointConfig } from './config.ts';
import { Context } from './context.ts';
import { explain } from './explain.ts';
import type { Agreement } from './handshake.ts';
import type { Explanation, Input, OperatorCommand, Output, StoredState } from './io.ts';
import { type Lease, resourceText } from './lease.ts';
import { Leases } from './leases.ts';
import { Link, type LinkListener } from './link.ts';
import { Prefixes } from './prefixes.ts';
import type { EndpointState } from './state.ts';
import { States, type StatesListener } from './states.ts';
import type { Tally } from './tally.ts';
import { TIMER, type Timer } from './timers.ts';

/** A shutdown waits at most so long for acknowledgements. */
const SHUTDOWN_SECONDS = 5;

/** While not both are in NORMAL, STATE is said again so often: a duplicate does no harm (§6.3). */
const STATE_AGAIN_SECONDS = 60;
/** In NORMAL the partner first tells what has become of leases, before they end here. */
const SETTLE_SECONDS = 15;
/** Timers that end with the connection. */
const OF_A_CONNECTION = [
  TIMER.ack,
  TIMER.updateDone,
  TIMER.poolRequest,
  TIMER.rescan,
  TIMER.settle,
  TIMER.firstState,
  TIMER.stateAgain,
];

export class Endpoint<Reply = unknown> implements LinkListener, StatesListener {
  readonly config: EndpointConfig;
  /** What the DHCPv6 service may ask. */
  readonly clients: ClientLeases;
  private readonly context: Context<Reply>;
  private readonly link: Link<Reply>;
  private readonly states: States<Reply>;
  private readonly leases: Leases<Reply>;
  private readonly prefixes: Prefixes<Reply>;
  private readonly clientView: ClientView<Reply>;
  private started = false;
  private shuttingDown = false;
  private finished = false;

  /** Begins in STARTUP at `now`, Unix milliseconds; feed a `tick` to get the first outputs. */
  constructor(config: EndpointConfig, stored: StoredState, now: number) {
    this.config = config;
    this.context = new Context(config, now);
    this.leases = new Leases(this.context, stored.leases, () => this.situation());
    this.states = new States(this.context, this, stored.endpoint, this.leases.lastLeaseTime);
    this.link = new Link(this.context, this);
    this.prefixes = new Prefixes(this.context, this.leases);
    this.clientView = new ClientView(this.context, this.states, this.leases, () => this.situation());
    this.clients = this.clientView;
  }

  /** Takes one input that happened at `now`, Unix milliseconds; carry out the outputs in order. */
  handle(input: Input<Reply>, now: number): Output<Reply>[] {
    const { context } = this;
    context.moveTo(now);
    if (!this.started) {
      this.started = true;
      this.link.open();
    }
    this.take(input);
    this.work();
    return context.takeOutputs();
  }

  /** When to feed a `tick` if nothing comes before, Unix milliseconds; `undefined`: never. */
  deadline(): number | undefined {
    const timers = this.context.timers.next();
    const soonest = this.expiring ? Math.min(timers, this.leases.bindings.nextTimeout()) : timers;
    return soonest === Number.POSITIVE_INFINITY ? undefined : soonest;
  }

  /** What happens next, and when. */
  explain(): Explanation {
    const { context, states, leases, link } = this;
    return explain(
      context.timers,
      states,
      leases.queue,
      this.clients.responsiveness(context.now),
      link.skew.average,
    );
  }

  /** Messages sent and received, by type. */
  get messages(): Pick<Tally, 'sent' | 'received'> {
    return this.context.tally;
  }

  get state(): EndpointState {
    return this.states.current;
  }

  /** Every lease on record; may be walked while leases change. */
  allLeases(): Iterable<Lease> {
    return this.leases.bindings.leases();
  }

  // What the link tells.

  established(agreement: Agreement): void {
    this.leases.window = agreement.maxUnackedBndupd;
    if (this.config.role === 'secondary') this.states.useMclt(agreement.mclt);
    this.states.sendState();
    this.context.start(TIMER.firstState, this.config.connectReplySeconds);
    this.context.start(TIMER.stateAgain, STATE_AGAIN_SECONDS);
  }

  received(message: State | Plain | Binding): void {
    const { context, leases, states } = this;
    switch (message.type) {
      case 'STATE':
        context.timers.clear(TIMER.firstState);
        states.received(message);
        return;
      case 'BNDUPD':
        if (leases.queue.asked !== undefined) context.start(TIMER.updateDone, this.config.updateDoneSeconds);
        leases.receivedUpdate(message);
        return;
      case 'BNDREPLY':
        leases.receivedReply(message);
        return;
      case 'UPDREQ':
      case 'UPDREQALL':
        this.receivedUpdateRequest(message);
        return;
      case 'UPDDONE':
        this.receivedUpdateDone(message);
        return;
      case 'POOLREQ':
        this.prefixes.requested(message, states.current === 'NORMAL');
        return;
      case 'POOLRESP':
      case 'CONTACT':
        return;
      case 'DISCONNECT':
        return;
    }
  }

  lost(why: string): void {
    const { context, leases, states } = this;
    leases.queue.disconnected();
    for (const timer of OF_A_CONNECTION) context.timers.clear(timer);
    states.communicationsFailed(why);
  }

  newTransactionId(): number {
    return this.leases.queue.newTransactionId();
  }

  // What the states ask for.

  linkIsOpen(): boolean {
    return this.link.isOpen;
  }

  requestUpdates(all: boolean): void {
    const { context, leases } = this;
    if (leases.queue.asked !== undefined || !this.link.isOpen) return;
    const transactionId = this.newTransactionId();
    leases.queue.asked = transactionId;
    context.start(TIMER.updateDone, this.config.updateDoneSeconds);
    context.outbox.put({ type: all ? 'UPDREQALL' : 'UPDREQ', transactionId, sentTime: 0 });
  }

  entered(state: EndpointState): void {
    const { context, leases } = this;
    if (state !== 'RECOVER' && state !== 'POTENTIAL-CONFLICT') context.timers.clear(TIMER.updateDone);
    if (state !== 'NORMAL') return;
    leases.queue.offerAll();
    context.start(TIMER.rescan, this.config.rescanSeconds);
    context.start(TIMER.settle, SETTLE_SECONDS);
    this.prefixes.enteredNormal();
  }

  private take(input: Input<Reply>): void {
    const { context, link } = this;
    switch (input.kind) {
      case 'connected':
        if (!this.finished) link.connected();
        return;
      case 'bytes':
        link.bytes(input.bytes);
        return;
      case 'closed':
        link.closed(input.why);
        return;
      case 'stored':
        context.outbox.storedUpTo(input.token);
        return;
      case 'operator':
        this.operator(input.command);
        return;
      case 'client':
        this.leases.change(input.changes);
        context.outbox.reply(input.reply);
        return;
      case 'tick':
        return;
    }
  }

  /** All that follows from an input: what is due, what can be sent. */
  private work(): void {
    const { context, leases, states, link } = this;
    for (let due = context.timers.takeDue(context.now); due !== undefined; ) {
      this.due(due);
      due = context.timers.takeDue(context.now);
    }
    if (leases.bindings.nextTimeout() <= context.now && this.expiring) leases.timeOut(states.current);
    const normal = states.current === 'NORMAL' && states.communicationsOk;
    if (normal) this.prefixes.watch();
    if (link.isOpen) {
      leases.pump(normal, states.record.timeOfFailure);
      this.finishRequest();
      if (normal) this.prefixes.request();
    }
    if (this.shuttingDown) this.shutDown();
    context.outbox.flush(context.time, link);
    if (this.shuttingDown && !this.finished) this.shutDown();
  }

  private due(timer: Timer): void {
    const { context, link, states } = this;
    switch (timer) {
      case TIMER.startup:
        states.startupIsOver();
        return;
      case TIMER.reconnect:
        if (!this.shuttingDown) link.open();
        return;
      case TIMER.connectReply:
        link.disconnect(StatusCode.UnspecFail, 'no answer while connecting');
        return;
      case TIMER.keepalive:
        link.disconnect(StatusCode.UnspecFail, `nothing received for ${this.config.keepaliveSeconds} s`);
        return;
      case TIMER.contact:
        link.contact();
        return;
      case TIMER.firstState:
        link.disconnect(StatusCode.UnspecFail, 'no STATE after the connection was established');
        return;
      case TIMER.stateAgain:
        states.remind();
        context.start(TIMER.stateAgain, STATE_AGAIN_SECONDS);
        return;
      case TIMER.ack:
        link.disconnect(StatusCode.UnspecFail, `no BNDREPLY for ${this.config.ackSeconds} s`);
        return;
      case TIMER.updateDone:
        link.disconnect(
          StatusCode.UnspecFail,
          `no BNDUPD and no UPDDONE for ${this.config.updateDoneSeconds} s`,
        );
        return;
      case TIMER.recoverWait:
        states.event('recover-wait-over', 'the MCLT has passed since TIME-OF-FAILURE');
        return;
      case TIMER.autoPartnerDown:
        states.event('auto-partner-down', 'auto-partner-down');
        return;
      case TIMER.rescan:
        this.leases.queue.offerAll();
        context.start(TIMER.rescan, this.config.rescanSeconds);
        return;
      case TIMER.heartbeat:
        states.heartbeat();
        return;
      case TIMER.settle:
        states.settled();
        return;
      case TIMER.poolRequest:
        return;
      case TIMER.shutdown:
        this.finish();
        return;
    }
  }

  private operator(command: OperatorCommand): void {
    const { context, states, leases } = this;
    switch (command.kind) {
      case 'partner-down':
        if (states.event('operator-partner-down', 'the operator says that the partner is down')) {
          // Whatever is left of the connection is dead, or else the partner shall hear of it anew.
          this.link.disconnect(StatusCode.UnspecFail, 'the operator says that the partner is down');
        } else context.note('operator', `partner-down does nothing in ${states.current}`, '§8.4');
        return;
      case 'reset':
        if (!leases.reset(command.resource)) {
          context.note('operator', `${resourceText(command.resource)} is not ABANDONED`, '§7.2');
        }
        return;
      case 'shutdown':
        if (this.shuttingDown) return;
        states.heartbeat();
        this.shuttingDown = true;
        this.clientView.closing = true;
        context.start(TIMER.shutdown, SHUTDOWN_SECONDS);
        return;
    }
  }

  /** Ends once all updates are acknowledged and all is stored and sent (§5.3.10), or when the timer says so. */
  private shutDown(): void {
    const { context, leases } = this;
    const { queue } = leases;
    const waits =
      this.link.isOpen && (queue.unackedCount > 0 || (this.state === 'NORMAL' && queue.waitingCount > 0));
    if (waits || context.outbox.storing || context.outbox.waiting > 0) return;
    this.finish();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.link.disconnect(StatusCode.ServerShuttingDown, 'the server is shutting down');
    for (const timer of [TIMER.shutdown, TIMER.reconnect]) this.context.timers.clear(timer);
    this.context.emit({ kind: 'done' });
  }

  /** Its UPDDONE lets the partner serve clients, which is wrong for as long as we do not know in what state it is. */
  private receivedUpdateRequest({ type, transactionId }: Plain): void {
    const { context, leases, states } = this;
    if (!states.communicationsOk) context.note('protocol', `an ${type} before any STATE`, '§6.1');
    else leases.queue.startRequest(transactionId, type === 'UPDREQALL' ? leases.bindings.slots() : undefined);
  }

  private receivedUpdateDone({ transactionId }: Plain): void {
    const { context, leases, states } = this;
    if (leases.queue.asked !== transactionId) {
      context.note('protocol', 'an UPDDONE that answers nothing', '§5.4');
      return;
    }
    leases.queue.asked = undefined;
    context.timers.clear(TIMER.updateDone);
    states.updatesAreDone();
  }

  private finishRequest(): void {
    for (;;) {
      const transactionId = this.leases.queue.takeFinishedRequest();
      if (transactionId === undefined) return;
      this.context.outbox.put({ type: 'UPDDONE', transactionId, sentTime: 0 });
    }
  }

  /** Leases end by themselves only while this server's picture of them is whole. */
  private get expiring(): boolean {
    if (this.context.timers.running(TIMER.settle)) return false;
    switch (this.states.current) {
      case 'STARTUP':
      case 'RECOVER':
      case 'RECOVER-WAIT':
      case 'RECOVER-DONE':
      case 'POTENTIAL-CONFLICT':
        return false;
      default:
        return true;
    }
  }

  private situation(): Situation {
    const { record, current } = this.states;
    const { partnerDownTime, mclt, timeOfFailure } = record;
    const alone = current === 'PARTNER-DOWN' && record.partnerIsBack !== true;
    return { role: this.config.role, state: current, mclt, partnerDownTime, alone, timeOfFailure };
  }
}
