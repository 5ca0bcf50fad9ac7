/**
 * Everything that messages mean together, fed one by one, the same for files and live traffic. Views ask it for
 * relationships, leases and annotations; they compute nothing themselves.
 */
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { type Exchange, Exchanges } from './exchanges.ts';
import { Leases } from './lease-table.ts';
import type { LeaseView } from './leases.ts';
import { type Relationship, Relationships, type StateChange } from './relationships.ts';

export type AnalysisEvent =
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  | { readonly kind: 'state'; readonly change: StateChange; readonly message: Message }
  | { readonly kind: 'leases'; readonly leases: readonly LeaseView[]; readonly message: Message };

export class Analysis {
  readonly exchanges = new Exchanges();
  readonly leases: Leases;
  /** Time of the last message, Unix milliseconds; 0 before the first. */
  lastMillis = 0;
  private readonly related = new Relationships();

  /** `leasesMax`: how many leases to follow; 0 for none. `statementsMax`: of how long a history each, at least 2. */
  constructor(leasesMax?: number, statementsMax?: number) {
    this.leases = new Leases(leasesMax, statementsMax);
  }

  /**
   * Takes the next message and tells what it means. `delivered` is `false` for a message that a fault kept from its
   * receiver.
   */
  push(message: Message, delivered = true): AnalysisEvent[] {
    const events: AnalysisEvent[] = [];
    this.lastMillis = timestampMillis(message.frame.seen.time);
    const exchange = this.exchanges.push(message);
    if (exchange !== undefined) events.push({ kind: 'exchange', exchange });
    const change = this.related.push(message);
    if (change !== undefined) events.push({ kind: 'state', change, message });
    if (exchange !== undefined && delivered) this.related.answered(message);
    const leases = this.leaseViews(message, exchange, delivered);
    if (leases.length > 0) events.push({ kind: 'leases', leases, message });
    return events;
  }

  /** A connection ended. */
  closed(flowId: number): void {
    this.related.down(flowId);
  }

  /** Takes over what somebody else has seen of a relationship so far. */
  adopt(relationship: Relationship): void {
    this.related.adopt(relationship);
  }

  /** All relationships, the longest silent one first. */
  relationships(): readonly Relationship[] {
    return this.related.all();
  }

  private leaseViews(
    message: Message,
    exchange: Exchange | undefined,
    delivered: boolean,
  ): readonly LeaseView[] {
    if (!message.protocol.endsWith('failover')) return [];
    if (exchange !== undefined) return this.leases.replied(message, exchange.request.index, delivered);
    return this.leases.updated(message, this.related.pairOf(message.frame.connection), delivered);
  }
}
