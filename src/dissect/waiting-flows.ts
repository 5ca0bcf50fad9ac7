/** Bounds what is kept of all flows together while no message is found in it, or none that is whole. */
import type { Flow, Seen } from '../base/flow.ts';
import { WAITING_OCTETS_MAX } from './limits.ts';

export interface WaitingFlow {
  readonly flow: Flow;
  /** Nothing further is kept of it. */
  giveUp(seen: Seen): void;
}

export class WaitingFlows {
  private readonly octets = new Map<WaitingFlow, number>();
  private total = 0;
  private crowded: ((oldest: Flow, seen: Seen) => void) | undefined;

  /** `crowded` is told the first time. */
  constructor(crowded: (oldest: Flow, seen: Seen) => void) {
    this.crowded = crowded;
  }

  /** `flow` keeps so many octets now. Where that is too much, those that have kept any for longest are given up. */
  keep(flow: WaitingFlow, octets: number, seen: Seen): void {
    this.total += octets - (this.octets.get(flow) ?? 0);
    if (octets === 0) this.octets.delete(flow);
    else this.octets.set(flow, octets);
    while (this.total > WAITING_OCTETS_MAX) {
      const [oldest] = this.octets.keys();
      if (oldest === undefined) return;
      this.crowded?.(oldest.flow, seen);
      this.crowded = undefined;
      this.forget(oldest);
      oldest.giveUp(seen);
    }
  }

  /** Nothing is kept of `flow` any more. */
  forget(flow: WaitingFlow): void {
    this.total -= this.octets.get(flow) ?? 0;
    this.octets.delete(flow);
  }
}
