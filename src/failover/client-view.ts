/** An endpoint as the DHCPv6 service sees it: what may be answered, given and for how long. Changes nothing. */

import { toEpoch2000 } from '../base/time.ts';
import { claimable, pick, type Situation } from './allocation.ts';
import type { ClientLeases } from './client-leases.ts';
import type { Context } from './context.ts';
import type { Responsiveness } from './io.ts';
import { type ClientIa, type Lease, type Resource, sameClientIa } from './lease.ts';
import { ackedFor, type Leases } from './leases.ts';
import { actualLifetime } from './lifetime.ts';
import type { States } from './states.ts';

export class ClientView<Reply> implements ClientLeases {
  /** The server is shutting down and answers nobody. */
  closing = false;
  private readonly context: Context<Reply>;
  private readonly states: States<Reply>;
  private readonly leases: Leases<Reply>;
  private readonly situation: () => Situation;

  constructor(
    context: Context<Reply>,
    states: States<Reply>,
    leases: Leases<Reply>,
    situation: () => Situation,
  ) {
    this.context = context;
    this.states = states;
    this.leases = leases;
    this.situation = situation;
  }

  responsiveness(): Responsiveness {
    if (this.closing) return 'unresponsive';
    switch (this.states.current) {
      case 'NORMAL':
        return this.context.config.role === 'primary' ? 'responsive' : 'renew-responsive';
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
    const { mclt, alone } = this.situation();
    return actualLifetime(desiredLifetime, ackedFor(lease, same), mclt, toEpoch2000(now), alone);
  }
}
