/** What was said and agreed about each lease of a pair, as far as the rules need it. Bounded: the oldest go first. */
import { laterOf } from '../../base/time.ts';
import { otherRole, type Role } from '../relationships.ts';
import type { Binding } from './bindings.ts';
import type { Said } from './finding.ts';

/** Leases of one pair that are remembered for certain; up to twice as many are. */
const LEASES_MAX = 16_384;

/** What one server said of a lease. */
export interface Statement {
  /** Counts the connections of the pair. */
  readonly connection: number;
  /** Of the message. */
  readonly index: number;
  readonly status: number;
  readonly client: string | undefined;
  readonly startTime: number | undefined;
  readonly clientTime: number | undefined;
  readonly stateExpirationTime: number | undefined;
}

const NOTHING = { primary: [], secondary: [] };

export interface LeaseHistory {
  /** What both know: said by one, accepted by the other. */
  agreed: Statement | undefined;
  /** The last one of each server that is not answered. */
  readonly pending: { primary: Statement | undefined; secondary: Statement | undefined };
  /** The latest partner lifetime that was acknowledged in either direction; absolute seconds since 2000. */
  acknowledged: number | undefined;
  /** When each has last heard the client, as it told its partner, who accepted it: the newest and the one before. */
  heard: { primary: readonly number[]; secondary: readonly number[] };
  /** The partner lifetime that each has acknowledged last, and the one before. */
  given: { primary: readonly number[]; secondary: readonly number[] };
  /** Whether the lease was there before the capture, so that not all of its past is known. */
  readonly older: boolean;
}

function newest(times: readonly number[], time: number): readonly number[] {
  return times[0] === time ? times : [time, ...times.slice(0, 1)];
}

function accept(history: LeaseHistory, role: Role, statement: Statement): void {
  history.agreed = statement;
  const { clientTime } = statement;
  if (clientTime === undefined) return;
  history.heard = { ...history.heard, [role]: newest(history.heard[role], clientTime) };
}

export class LeaseHistories {
  /** Those that were told of lately, and those before them: the oldest go without a search for them. */
  private recent = new Map<string, LeaseHistory>();
  private earlier = new Map<string, LeaseHistory>();
  private connection = 0;
  private incomplete = false;

  /** Whether there may have been leases of which nothing is known any more. */
  get isIncomplete(): boolean {
    return this.incomplete;
  }

  /** What is known of a lease. What was not answered on an earlier connection may have been accepted, or not. */
  of(lease: string): LeaseHistory | undefined {
    const history = this.recent.get(lease) ?? this.earlier.get(lease);
    if (history === undefined) return undefined;
    for (const role of ['primary', 'secondary'] as const) {
      const pending = history.pending[role];
      if (pending === undefined || pending.connection === this.connection) continue;
      history.pending[role] = undefined;
      history.agreed = undefined;
    }
    return history;
  }

  /** A BNDUPD says this. `fresh`: it tells of the beginning of a lease. */
  stated(role: Role, binding: Binding, said: Said, fresh: boolean): void {
    const known = this.of(binding.lease);
    const history = known ?? {
      agreed: undefined,
      pending: { primary: undefined, secondary: undefined },
      acknowledged: undefined,
      heard: NOTHING,
      given: NOTHING,
      // A prefix that no client has begins anew.
      older: this.incomplete || (!fresh && binding.client !== undefined),
    };
    this.remember(binding.lease, history);
    // With a new life of a lease what was acknowledged begins anew.
    if (fresh) history.given = NOTHING;
    history.pending[role] = {
      connection: this.connection,
      index: said.index,
      status: binding.bindingStatus ?? 0,
      client: binding.client,
      startTime: binding.startTimeOfState,
      clientTime: binding.clientTime,
      stateExpirationTime: binding.stateExpirationTime,
    };
  }

  /** The BNDREPLY to what `role` said in message `index`. */
  replied(role: Role, reply: Binding, index: number): void {
    const history = this.of(reply.lease);
    if (history === undefined) return;
    const pending = history.pending[role];
    if (pending?.index === index) {
      history.pending[role] = undefined;
      if (reply.refusedBy === 0) accept(history, role, pending);
    }
    const { partnerLifetimeSent: sent } = reply;
    if (reply.refusedBy === 0 && sent === undefined) history.given = NOTHING;
    if (reply.refusedBy !== 0 || sent === undefined) return;
    const giver = otherRole(role);
    history.given = { ...history.given, [giver]: newest(history.given[giver], sent) };
    history.acknowledged = history.acknowledged === undefined ? sent : laterOf(history.acknowledged, sent);
  }

  private remember(lease: string, history: LeaseHistory): void {
    if (this.recent.size >= LEASES_MAX) {
      // What is forgotten here and told of again is no new lease.
      if (this.earlier.size > 0) this.incomplete = true;
      this.earlier = this.recent;
      this.recent = new Map();
    }
    this.recent.set(lease, history);
  }

  /** Messages were lost: nothing that was known need be true any more. */
  lost(): void {
    this.recent.clear();
    this.earlier.clear();
    this.incomplete = true;
  }

  /** The pair has a new connection: what waits will not be answered. */
  reconnected(): void {
    this.connection++;
  }
}
