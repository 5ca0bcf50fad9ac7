/**
 * One end of a failover relationship (RFC 8156 §6.2), sans-IO: inputs with their time go in, outputs come out, nothing
 * else happens. It joins the link, the states and the leases; each of them knows its own part of the RFC.
 */
import { StatusCode } from '../wire/codes.ts';
import type { Binding, Plain, State } from '../wire/messages.ts';
import { claimable, pick, type Situation } from './allocation.ts';
import type { ClientLeases } from './client-leases.ts';
import type { EndpointConfig } from './config.ts';
import { Context } from './context.ts';
import { explain } from './explain.ts';
import type { Agreement } from './handshake.ts';
import type { Explanation, Input, OperatorCommand, Output, Responsiveness, StoredState } from './io.ts';
import { type ClientIa, type Lease, type Resource, resourceText, sameClientIa } from './lease.ts';
import { ackedFor, Leases } from './leases.ts';
import { actualLifetime } from './lifetime.ts';
import { Link, type LinkListener } from './link.ts';
import { isOutOfBalance, moves } from './rebalance.ts';
import type { EndpointState } from './state.ts';
import { States, type StatesListener } from './states.ts';
import type { TimerName } from './timers.ts';

/** A shutdown waits at most so long for acknowledgements. */
const SHUTDOWN_SECONDS = 5;
/** A secondary asks for prefixes at most so often, and a primary waits so long to be asked (§4.2.2). */
const POOL_REQUEST_SECONDS = 30;

export class Endpoint<Reply = unknown> implements ClientLeases, LinkListener, StatesListener {
  readonly config: EndpointConfig;
  private readonly context: Context<Reply>;
  private readonly link: Link<Reply>;
  private readonly states: States<Reply>;
  private readonly leases: Leases<Reply>;
  private started = false;
  private shuttingDown = false;
  private finished = false;
  /** A secondary in NORMAL has yet to ask for prefixes (§8.8). */
  private poolRequestDue = false;

  /** Begins in STARTUP at `now`, Unix milliseconds; feed a `tick` to get the first outputs. */
  constructor(config: EndpointConfig, stored: StoredState, now: number) {
    this.config = config;
    this.context = new Context(config, now);
    this.leases = new Leases(this.context, stored.leases, () => this.situation());
    this.states = new States(this.context, this, stored.endpoint, this.leases.lastLeaseTime);
    this.link = new Link(this.context, this);
  }

  /** Takes one input that happened at `now`, Unix milliseconds; carry out the outputs in order. */
  handle(input: Input<Reply>, now: number): Output<Reply>[] {
    const { context } = this;
    context.now = now;
    context.timers.observe(now);
    if (!this.started) {
      this.started = true;
      this.link.open();
    }
    this.take(input);
    this.work();
    const { outputs } = context;
    context.outputs = [];
    return outputs;
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
    return explain(context.timers, states, leases.queue, this.responsiveness(), link.skew.average);
  }

  get state(): EndpointState {
    return this.states.current;
  }

  /** Every lease on record; may be walked while leases change. */
  allLeases(): Iterable<Lease> {
    return this.leases.bindings.values();
  }

  responsiveness(): Responsiveness {
    if (this.shuttingDown) return 'unresponsive';
    switch (this.states.current) {
      case 'NORMAL':
        return this.config.role === 'primary' ? 'responsive' : 'renew-responsive';
      case 'COMMUNICATIONS-INTERRUPTED':
      case 'PARTNER-DOWN':
      case 'RESOLUTION-INTERRUPTED':
      case 'CONFLICT-DONE':
        return 'responsive';
      case 'RECOVER-DONE':
        // Cut off here, a server would renew leases that its partner in PARTNER-DOWN gives to others.
        return this.states.communicationsOk ? 'renew-responsive' : 'unresponsive';
      case 'STARTUP':
      case 'RECOVER':
      case 'RECOVER-WAIT':
      case 'POTENTIAL-CONFLICT':
        return 'unresponsive';
    }
  }

  mayAllocate(): boolean {
    return this.responsiveness() !== 'unresponsive' && this.states.current !== 'RECOVER-DONE';
  }

  find(resource: Resource): Lease | undefined {
    return this.leases.bindings.find(resource);
  }

  activeLeases(client: ClientIa): readonly Lease[] {
    return this.leases.bindings.ofClient(client).filter(({ status }) => status === 'ACTIVE');
  }

  poolOf(resource: Resource): number | undefined {
    return this.leases.bindings.poolOf(resource);
  }

  pick(
    pool: number,
    client: ClientIa,
    now: number,
    hint?: Resource,
    taken: readonly Resource[] = [],
  ): Resource | undefined {
    const use = this.leases.bindings.pools[pool];
    if (use === undefined || !this.mayAllocate()) return undefined;
    return pick(this.situation(), this.leases.bindings, use, client, now, hint, taken);
  }

  mayBind(resource: Resource, client: ClientIa, now: number): boolean {
    if (this.responsiveness() === 'unresponsive' || this.poolOf(resource) === undefined) return false;
    const lease = this.find(resource);
    if (!this.mayAllocate() && lease?.status !== 'ACTIVE') return false;
    return claimable(this.situation(), lease, resource, client, now) !== undefined;
  }

  grantableLifetime(resource: Resource, client: ClientIa, desiredLifetime: number, now: number): number {
    const lease = this.find(resource);
    const same = lease?.holder !== undefined && sameClientIa(lease.holder, client) ? lease : undefined;
    const { mclt, state } = this.situation();
    const time = this.context.time + Math.floor(now / 1000) - Math.floor(this.context.now / 1000);
    return actualLifetime(desiredLifetime, ackedFor(lease, same), mclt, time, state === 'PARTNER-DOWN');
  }

  // What the link tells.

  established(agreement: Agreement): void {
    this.leases.window = agreement.maxUnackedBndupd;
    if (this.config.role === 'secondary') this.states.useMclt(agreement.mclt);
    this.states.sendState();
  }

  received(message: State | Plain | Binding): void {
    const { context, leases, states } = this;
    switch (message.type) {
      case 'STATE':
        states.received(message);
        return;
      case 'BNDUPD':
        if (leases.queue.asked !== undefined) context.start('update-done', this.config.updateDoneSeconds);
        leases.receivedUpdate(message);
        return;
      case 'BNDREPLY':
        leases.receivedReply(message);
        return;
      case 'UPDREQ':
        leases.queue.startRequest(message.transactionId);
        return;
      case 'UPDREQALL':
        leases.queue.startRequest(message.transactionId, leases.bindings.keys());
        return;
      case 'UPDDONE':
        this.receivedUpdateDone(message);
        return;
      case 'POOLREQ':
        this.receivedPoolRequest(message);
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
    for (const name of ['ack', 'update-done', 'pool-request', 'rescan'] as const) context.timers.clear(name);
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
    context.start('update-done', this.config.updateDoneSeconds);
    context.outbox.put({ type: all ? 'UPDREQALL' : 'UPDREQ', transactionId, sentTime: 0 });
  }

  entered(state: EndpointState): void {
    const { context, leases } = this;
    if (state !== 'RECOVER' && state !== 'POTENTIAL-CONFLICT') context.timers.clear('update-done');
    if (state !== 'NORMAL') return;
    leases.queue.offerAll();
    context.start('rescan', this.config.rescanSeconds);
    this.poolRequestDue = this.config.role === 'secondary';
    // The secondary asks first; a partner that never does gets its share all the same.
    if (this.config.role === 'primary') context.start('pool-request', POOL_REQUEST_SECONDS);
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
    if (this.expiring) leases.timeOut();
    const normal = states.current === 'NORMAL' && states.communicationsOk;
    if (normal && this.config.role === 'primary' && !context.timers.running('pool-request'))
      this.rebalance(false);
    if (link.isOpen) {
      leases.pump(normal);
      this.finishRequest();
      if (normal) this.requestPrefixes();
    }
    if (this.shuttingDown) this.shutDown();
    context.outbox.flush(context.now, context.outputs, () => link.sent());
    if (this.shuttingDown && !this.finished) this.shutDown();
  }

  private due(timer: TimerName): void {
    const { context, link, states } = this;
    switch (timer) {
      case 'startup':
        states.startupIsOver();
        return;
      case 'reconnect':
        if (!this.shuttingDown) link.open();
        return;
      case 'connect-reply':
        link.disconnect(StatusCode.UnspecFail, 'no answer while connecting');
        return;
      case 'keepalive':
        link.disconnect(StatusCode.UnspecFail, `nothing received for ${this.config.keepaliveSeconds} s`);
        return;
      case 'contact':
        link.contact();
        return;
      case 'ack':
        link.disconnect(StatusCode.UnspecFail, `no BNDREPLY for ${this.config.ackSeconds} s`);
        return;
      case 'update-done':
        link.disconnect(
          StatusCode.UnspecFail,
          `no BNDUPD and no UPDDONE for ${this.config.updateDoneSeconds} s`,
        );
        return;
      case 'recover-wait':
        states.event('recover-wait-over', 'the MCLT has passed since TIME-OF-FAILURE');
        return;
      case 'auto-partner-down':
        states.event('auto-partner-down', 'auto-partner-down');
        return;
      case 'rescan':
        this.leases.queue.offerAll();
        context.start('rescan', this.config.rescanSeconds);
        return;
      case 'heartbeat':
        states.heartbeat();
        return;
      case 'pool-request':
        return;
      case 'shutdown':
        this.finish();
        return;
    }
  }

  private operator(command: OperatorCommand): void {
    const { context, states, leases } = this;
    switch (command.kind) {
      case 'partner-down':
        if (!states.event('operator-partner-down', 'the operator says that the partner is down')) {
          context.note('operator', `partner-down does nothing in ${states.current}`, '§8.4');
        }
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
        context.start('shutdown', SHUTDOWN_SECONDS);
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
    for (const name of ['shutdown', 'reconnect'] as const) this.context.timers.clear(name);
    this.context.outputs.push({ kind: 'done' });
  }

  private receivedUpdateDone({ transactionId }: Plain): void {
    const { context, leases, states } = this;
    if (leases.queue.asked !== transactionId) {
      context.note('protocol', 'an UPDDONE that answers nothing', '§5.4');
      return;
    }
    leases.queue.asked = undefined;
    context.timers.clear('update-done');
    states.updatesAreDone();
  }

  /** §5.3.4: the answer says only that the balance is being seen to. */
  private receivedPoolRequest({ transactionId }: Plain): void {
    if (this.config.role !== 'primary') return;
    this.context.outbox.put({ type: 'POOLRESP', transactionId, sentTime: 0 });
    if (this.states.current !== 'NORMAL') return;
    this.context.timers.clear('pool-request');
    this.rebalance(true);
  }

  private rebalance(asked: boolean): void {
    const { context, leases, config } = this;
    for (const use of leases.bindings.pools) {
      if (use.map.pool.kind !== 'prefix' || !(asked || isOutOfBalance(use, config))) continue;
      const moved = moves(leases.bindings, use, config, context.time);
      for (const { key, lease } of moved) leases.tell(key, lease);
      const [first] = moved;
      if (first === undefined) continue;
      const whose = first.lease.status === 'FREE' ? 'taken back from' : 'given to';
      context.note('pool', `${moved.length} delegable prefixes ${whose} the secondary`, '§4.2.2');
    }
  }

  /** A secondary asks when its updates are out, and again when its share has become small (§8.8, §4.2.2). */
  private requestPrefixes(): void {
    const { context, leases, config } = this;
    if (config.role !== 'secondary' || leases.queue.waitingCount > 0 || leases.queue.unackedCount > 0) return;
    if (!this.poolRequestDue) {
      if (context.timers.running('pool-request')) return;
      if (!leases.bindings.pools.some((use) => isOutOfBalance(use, config) && use.backup.size === 0)) return;
    }
    this.poolRequestDue = false;
    context.start('pool-request', POOL_REQUEST_SECONDS);
    context.outbox.put({ type: 'POOLREQ', transactionId: this.newTransactionId(), sentTime: 0 });
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
    const { partnerDownTime, mclt } = record;
    return { role: this.config.role, state: current, mclt, partnerDownTime };
  }
}
