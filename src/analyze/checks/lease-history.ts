/** What was said and agreed about each lease of a pair, as far as the rules need it. Bounded: the oldest go first. */
import { laterOf } from '../../base/time.ts';
import type { Role } from '../relationships.ts';
import type { Binding } from './bindings.ts';
import type { Said } from './finding.ts';

const LEASES_MAX = 100_000;

/** What one server said of a lease. */
export interface Statement {
  readonly said: Said;
  readonly status: number;
  readonly client: string | undefined;
  readonly startTime: number | undefined;
  readonly clientTime: number | undefined;
  readonly stateExpirationTime: number | undefined;
}

export interface LeaseHistory {
  /** What both know: said by one, accepted by the other. */
  agreed: Statement | undefined;
  /** The last one of each server that is not answered. */
  readonly pending: { primary: Statement | undefined; secondary: Statement | undefined };
  /** The latest partner lifetime that was acknowledged in either direction; absolute seconds since 2000. */
  acknowledged: number | undefined;
  /** Whether the lease was there before the capture, so that not all of its past is known. */
  readonly older: boolean;
}

export class LeaseHistories {
  readonly #byLease = new Map<string, LeaseHistory>();

  of(lease: string): LeaseHistory | undefined {
    return this.#byLease.get(lease);
  }

  /** A BNDUPD says this. `fresh`: it tells of the beginning of a lease. */
  stated(role: Role, binding: Binding, said: Said, fresh: boolean): void {
    const known = this.#byLease.get(binding.lease);
    const history = known ?? {
      agreed: undefined,
      pending: { primary: undefined, secondary: undefined },
      acknowledged: undefined,
      // A prefix that no client has begins anew.
      older: !fresh && binding.client !== undefined,
    };
    if (known === undefined) {
      const [oldest] = this.#byLease.size >= LEASES_MAX ? this.#byLease.keys() : [];
      if (oldest !== undefined) this.#byLease.delete(oldest);
      this.#byLease.set(binding.lease, history);
    }
    history.pending[role] = {
      said,
      status: binding.bindingStatus ?? 0,
      client: binding.client,
      startTime: binding.startTimeOfState,
      clientTime: binding.clientTime,
      stateExpirationTime: binding.stateExpirationTime,
    };
  }

  /** The BNDREPLY to what `role` said in message `index`. */
  replied(role: Role, reply: Binding, index: number): void {
    const history = this.#byLease.get(reply.lease);
    if (history === undefined) return;
    const pending = history.pending[role];
    if (pending?.said.index === index) {
      history.pending[role] = undefined;
      if (reply.refusedBy === 0) history.agreed = pending;
    }
    const { partnerLifetimeSent: sent } = reply;
    if (reply.refusedBy === 0 && sent !== undefined)
      history.acknowledged = history.acknowledged === undefined ? sent : laterOf(history.acknowledged, sent);
  }

  /** Nothing that waits will be answered on this connection any more; what became of it is not known. */
  disconnected(): void {
    for (const history of this.#byLease.values()) {
      history.pending.primary = undefined;
      history.pending.secondary = undefined;
    }
  }
}
