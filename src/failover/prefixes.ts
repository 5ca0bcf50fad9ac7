/**
 * Delegable prefixes between the two servers (RFC 8156 §4.2.2, §5.3.3, §5.3.4): the secondary asks, the primary moves.
 * How many and which is rebalance.ts.
 */
import type { Plain } from '../wire/messages.ts';
import type { PoolUse } from './bindings.ts';
import type { Context } from './context.ts';
import type { Leases } from './leases.ts';
import { isOutOfBalance, moves } from './rebalance.ts';
import { TIMER } from './timers.ts';

/** A secondary asks for prefixes at most so often, and a primary waits so long to be asked. */
const POOL_REQUEST_SECONDS = 30;
/** A pool in which nothing could be moved is looked through again after so long, not at every message. */
const FRUITLESS_MILLIS = 1000;

export class Prefixes<Reply> {
  /** A secondary in NORMAL has yet to ask (§8.8). */
  private requestDue = false;
  /** When a pool that was out of balance had nothing to move, Unix milliseconds. */
  private fruitlessAt = Number.NEGATIVE_INFINITY;
  private readonly context: Context<Reply>;
  private readonly leases: Leases<Reply>;
  private readonly pools: readonly PoolUse[];

  constructor(context: Context<Reply>, leases: Leases<Reply>) {
    this.context = context;
    this.leases = leases;
    this.pools = leases.bindings.pools.filter(({ map }) => map.pool.kind === 'prefix');
  }

  enteredNormal(): void {
    const { context } = this;
    this.requestDue = context.config.role === 'secondary';
    // The secondary asks first; a partner that never does gets its share all the same.
    if (context.config.role === 'primary') context.start(TIMER.poolRequest, POOL_REQUEST_SECONDS);
  }

  /** POOLREQ: the answer says only that the balance is being seen to (§5.3.4). */
  requested({ transactionId }: Plain, normal: boolean): void {
    const { context } = this;
    if (context.config.role !== 'primary') return;
    context.outbox.put({ type: 'POOLRESP', transactionId, sentTime: 0 });
    if (!normal) return;
    context.timers.clear(TIMER.poolRequest);
    this.rebalance(true);
  }

  /** A primary in NORMAL keeps the balance as it changes. */
  watch(): void {
    const { context } = this;
    if (context.config.role !== 'primary' || context.timers.running(TIMER.poolRequest)) return;
    if (Math.abs(context.now - this.fruitlessAt) >= FRUITLESS_MILLIS) this.rebalance(false);
  }

  /** A secondary in NORMAL asks when its updates are out, and again when it has nothing left (§8.8, §4.2.2). */
  request(): void {
    const { context, leases } = this;
    const { config } = context;
    if (config.role !== 'secondary' || leases.queue.waitingCount > 0 || leases.queue.unackedCount > 0) return;
    if (!this.requestDue) {
      if (context.timers.running(TIMER.poolRequest)) return;
      if (!this.pools.some((use) => use.backup.size === 0 && isOutOfBalance(use, config))) return;
    }
    this.requestDue = false;
    context.start(TIMER.poolRequest, POOL_REQUEST_SECONDS);
    context.outbox.put({ type: 'POOLREQ', transactionId: leases.queue.newTransactionId(), sentTime: 0 });
  }

  private rebalance(asked: boolean): void {
    const { context, leases } = this;
    for (const use of this.pools) {
      if (!(asked || isOutOfBalance(use, context.config))) continue;
      const moved = moves(leases.bindings, use, context.config, context.time);
      for (const { slot, lease } of moved) leases.tell(slot, lease);
      const [first] = moved;
      if (first === undefined) {
        this.fruitlessAt = context.now;
        continue;
      }
      const whose = first.lease.status === 'FREE' ? 'taken back from' : 'given to';
      context.note('pool', `${moved.length} delegable prefixes ${whose} the secondary`, '§4.2.2');
    }
  }
}
