/** Goal: a primary that has nothing to move does not look through a whole pool at every message. */
import { describe, expect, it, vi } from 'vitest';
import { Context } from '../../src/failover/context.ts';
import { Leases } from '../../src/failover/leases.ts';
import { Prefixes } from '../../src/failover/prefixes.ts';
import { configOf, START } from './pair.ts';
import { prefix } from './samples.ts';

/** Sixteen prefixes that all came back a moment ago, and the partner has yet to learn of it. */
function unsettled() {
  const context = new Context<string>(configOf('primary'), START);
  const stored = Array.from({ length: 16 }, (_, n) => ({
    ...prefix(`2001:db8:100:${n.toString(16)}00::/56`),
    status: 'FREE' as const,
    startTimeOfState: context.time,
    updateNeeded: true,
    updateSent: false,
  }));
  const leases = new Leases(context, stored, () => {
    throw new Error('nobody allocates here');
  });
  return { context, leases, prefixes: new Prefixes(context, leases) };
}

describe('a primary in NORMAL', () => {
  it('looks for prefixes to move once a second while there are none', () => {
    const { context, leases, prefixes } = unsettled();
    const looks = vi.spyOn(leases.bindings, 'at');
    const looksAfter = (millis: number): number => {
      looks.mockClear();
      context.moveTo(START + millis);
      prefixes.watch();
      return looks.mock.calls.length;
    };
    expect([0, 1, 999, 1000, 1001].map(looksAfter)).toEqual([16, 0, 0, 16, 0]);
  });
});
