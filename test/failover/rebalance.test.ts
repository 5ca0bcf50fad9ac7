/**
 * Goal: proportional allocation of delegable prefixes (RFC 8156 §4.2.2): the secondary gets its share of what is
 * available, nothing moves within the threshold, and what moves may move. The oracle counts a pool of up to 64 by hand.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bindings } from '../../src/failover/bindings.ts';
import type { EndpointConfig } from '../../src/failover/config.ts';
import type { Lease } from '../../src/failover/lease.ts';
import { isOutOfBalance, moves } from '../../src/failover/rebalance.ts';
import { BINDING_STATUSES, type BindingStatus } from '../../src/failover/state.ts';
import { configOf } from './pair.ts';
import { addressOf, client, holder, prefix } from './samples.ts';

const NOW = 820_540_800;
const NOW_MILLIS = 1_767_225_600_000;

interface Known {
  readonly status: BindingStatus | 'unknown';
  readonly updateNeeded: boolean;
  /** Seconds ago that its status began. */
  readonly age: number;
}

const available = fc.constantFrom<Known['status'][]>('unknown', 'FREE', 'FREE-BACKUP');
const known: fc.Arbitrary<Known> = fc.record({
  status: fc.oneof(
    { weight: 4, arbitrary: available },
    { weight: 1, arbitrary: fc.constantFrom<Known['status'][]>(...BINDING_STATUSES) },
  ),
  updateNeeded: fc.boolean(),
  age: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(5000)),
});
const pools = fc.integer({ min: 0, max: 6 }).chain((bits) =>
  fc.record({
    bits: fc.constant(bits),
    leases: fc.array(known, { minLength: 2 ** bits, maxLength: 2 ** bits }),
    share: fc.constantFrom(0, 0.2, 0.5, 0.8, 1),
    threshold: fc.constantFrom(0, 0.1, 0.5),
    most: fc.constantFrom(1024, 3),
  }),
);
type PoolCase = typeof pools extends fc.Arbitrary<infer T> ? T : never;

function build({ bits, leases, share, threshold, most }: PoolCase) {
  const config: EndpointConfig = configOf('primary', {
    secondaryShare: share,
    rebalanceThreshold: threshold,
    backupPrefixesMax: most,
  });
  const bindings = new Bindings([
    {
      kind: 'prefix',
      prefix: { address: addressOf('2001:db8:100::'), length: 56 - bits },
      delegatedLength: 56,
    },
  ]);
  leases.forEach(({ status, updateNeeded, age }, n) => {
    if (status === 'unknown') return;
    const lease: Lease = {
      ...prefix(`2001:db8:100:${n.toString(16)}00::/56`),
      status,
      holder: holder(client(n, 'IA_PD'), 3600),
      startTimeOfState: NOW - age,
      updateNeeded,
      updateSent: false,
    };
    bindings.put(lease, NOW_MILLIS);
  });
  const [use] = bindings.pools;
  if (use === undefined) throw new Error('a pool');
  return { bindings, use, config };
}

/** The number of a prefix in its pool: the 7th octet of its address. */
const numberOf = ({ address }: Lease): number => address[6] as number;

describe('rebalancing', () => {
  it('moves as many as are missing or too many, as far as they may move', () => {
    fc.assert(
      fc.property(pools, (one) => {
        const { bindings, use, config } = build(one);
        const is = (status: Known['status']) => (lease: Known) => lease.status === status;
        const has = one.leases.filter(is('FREE-BACKUP')).length;
        const free = has + one.leases.filter(is('FREE')).length + one.leases.filter(is('unknown')).length;
        const target = Math.min(one.most, Math.floor(free * one.share));
        const difference = Math.abs(target - has);
        expect(isOutOfBalance(use, config)).toBe(difference > 1 && difference > target * one.threshold);

        const from = has < target ? 'FREE' : 'FREE-BACKUP';
        const to = has < target ? 'FREE-BACKUP' : 'FREE';
        const movable = new Set<number>();
        one.leases.forEach((lease, n) => {
          // Twice 5 seconds after it last changed hands, and once the partner knows that it did.
          const settled = lease.status === from && !lease.updateNeeded && lease.age > 11;
          if (settled || (lease.status === 'unknown' && from === 'FREE')) movable.add(n);
        });
        const moved = moves(bindings, use, config, NOW);
        expect(moved).toHaveLength(Math.min(difference, movable.size));
        for (const { lease, slot } of moved) {
          expect(movable.delete(numberOf(lease))).toBe(true);
          expect(lease).toMatchObject({
            status: to,
            startTimeOfState: NOW,
            updateNeeded: true,
            updateSent: false,
          });
          expect(slot?.lease.status ?? 'FREE').toBe(from);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
