/**
 * Numbers of connections, by family of protocols: in the order of their first packets, though what they carry is known
 * only later. Connections on a failover port that may yet speak get their number kept free.
 */
import type { Seen } from '../base/flow.ts';
import type { ProtocolName } from '../base/frame.ts';
import type { FlowState } from './flow-state.ts';
import { FAMILY } from './message-maker.ts';

/** How long after its opening a failover connection is expected to carry its first message. */
const SILENT_SECONDS = 5;

export class ConnectionNumbers {
  private readonly counts = new Map<string, number>();
  /** Flows on a failover port on which nothing was recognized yet, in the order of their opening. */
  private readonly awaited = new Set<FlowState>();
  /** Numbers of flows that were opened before a connection which was recognized earlier. */
  private readonly reserved = new Map<FlowState, number>();
  /** Counts from 0, each family apart. */
  readonly next = (protocol: ProtocolName): number => {
    const family = FAMILY[protocol];
    const count = this.counts.get(family) ?? 0;
    this.counts.set(family, count + 1);
    return count;
  };

  /** It was opened on a failover port. */
  await(state: FlowState): void {
    this.awaited.add(state);
  }

  forget(state: FlowState): void {
    this.awaited.delete(state);
    this.reserved.delete(state);
  }

  /** Of what is recognized now. */
  of(state: FlowState, protocol: ProtocolName, seen: Seen): number {
    if (protocol !== 'dhcpv6-leasequery') this.reserveEarlier(state, protocol, seen);
    return this.reserved.get(state) ?? this.next(protocol);
  }

  /** Those opened just before come first. One that has been silent for longer will hardly speak; it gets no number before it does. */
  private reserveEarlier(state: FlowState, protocol: ProtocolName, seen: Seen): void {
    for (const earlier of this.awaited) {
      if (earlier === state) break;
      const silent = seen.time.unixSeconds - earlier.opened.time.unixSeconds;
      if (!earlier.undecided || silent > SILENT_SECONDS) this.awaited.delete(earlier);
      else if (!this.reserved.has(earlier)) this.reserved.set(earlier, this.next(protocol));
    }
    this.awaited.delete(state);
  }
}
