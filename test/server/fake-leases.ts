/** A ClientLeases of a few lines for tests of the service: fixed answers, leases in a list, addresses counted upwards. */
import { addSeconds } from '../../src/base/time.ts';
import type { ClientLeases } from '../../src/failover/client-leases.ts';
import type { LeaseChange, Responsiveness } from '../../src/failover/io.ts';
import {
  type ClientIa,
  type Lease,
  type Resource,
  resourceKey,
  sameClientIa,
} from '../../src/failover/lease.ts';

export class FakeLeases implements ClientLeases {
  readonly leases = new Map<string, Lease>();
  responsive: Responsiveness = 'responsive';
  allocates = true;
  /** Most that a client gets, seconds. */
  lifetimeMax = Number.POSITIVE_INFINITY;
  /** Free resources by pool. */
  readonly pools: Resource[][];

  constructor(pools: Resource[][]) {
    this.pools = pools;
  }

  responsiveness(): Responsiveness {
    return this.responsive;
  }

  mayAllocate(): boolean {
    return this.allocates;
  }

  find(resource: Resource): Lease | undefined {
    return this.leases.get(resourceKey(resource));
  }

  activeLeases(client: ClientIa): readonly Lease[] {
    return [...this.leases.values()].filter(
      ({ status, holder }) => status === 'ACTIVE' && holder !== undefined && sameClientIa(holder, client),
    );
  }

  poolOf(resource: Resource): number | undefined {
    const index = this.pools.findIndex((pool) =>
      pool.some((own) => resourceKey(own) === resourceKey(resource)),
    );
    return index < 0 ? undefined : index;
  }

  pick(
    pool: number,
    client: ClientIa,
    _now: number,
    hint?: Resource,
    taken: readonly Resource[] = [],
  ): Resource | undefined {
    const free = (this.pools[pool] ?? []).filter(
      (resource) =>
        this.mayBind(resource, client) &&
        !taken.some((other) => resourceKey(other) === resourceKey(resource)),
    );
    return (
      free.find((resource) => hint !== undefined && resourceKey(hint) === resourceKey(resource)) ?? free[0]
    );
  }

  mayBind(resource: Resource, client: ClientIa): boolean {
    const lease = this.find(resource);
    if (this.poolOf(resource) === undefined) return false;
    if (lease === undefined || lease.status === 'FREE') return true;
    return lease.status === 'ACTIVE' && lease.holder !== undefined && sameClientIa(lease.holder, client);
  }

  grantableLifetime(_resource: Resource, _client: ClientIa, desired: number): number {
    return Math.min(desired, this.lifetimeMax);
  }

  /** Does what an endpoint would do with the changes, without any of failover. */
  apply(changes: readonly LeaseChange[], now: number): void {
    for (const change of changes) {
      const known = this.find(change.resource);
      const common = { ...change.resource, startTimeOfState: now, updateNeeded: false, updateSent: false };
      const lease: Lease =
        change.kind === 'bind'
          ? {
              ...common,
              status: 'ACTIVE',
              holder: change.holder,
              stateExpirationTime: addSeconds(now, change.holder.validLifetime),
            }
          : {
              ...common,
              status: change.kind === 'release' ? 'FREE' : 'ABANDONED',
              ...(known?.holder === undefined ? {} : { holder: known.holder }),
            };
      this.leases.set(resourceKey(lease), lease);
    }
  }
}
