/** Goal: a slot is found by its address or prefix and by nothing else, however many there are; they are walked in the order in which they came. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../src/failover/lease.ts';
import { Slot } from '../../src/failover/slot.ts';
import { SlotTable } from '../../src/failover/slot-table.ts';
import { address } from './samples.ts';

function slotOf(resource: Resource): Slot {
  return new Slot({
    ...resource,
    status: 'FREE',
    startTimeOfState: 0,
    updateNeeded: false,
    updateSent: false,
  });
}

function textOf({ kind, address, prefixLength }: Resource): string {
  return `${kind} ${[...address].join('.')}/${prefixLength}`;
}

/** Few octets differ, and each in few ways, so that many are alike. */
const resource: fc.Arbitrary<Resource> = fc
  .tuple(
    fc.constantFrom('address' as const, 'prefix' as const),
    fc.constantFrom(0, 56, 64, 128),
    fc.array(fc.constantFrom(0, 1, 255), { minLength: 6, maxLength: 6 }),
  )
  .map(([kind, length, octets]) => {
    const address = new Uint8Array(16);
    for (const [index, octet] of octets.entries()) address[3 * index] = octet;
    return { kind, address, prefixLength: kind === 'address' ? 128 : length };
  });

describe('SlotTable', () => {
  it('finds what a Map of texts finds', () => {
    fc.assert(
      fc.property(
        fc.array(resource, { maxLength: 400 }),
        fc.array(resource, { maxLength: 50 }),
        (ours, others) => {
          const table = new SlotTable();
          const oracle = new Map<string, Slot>();
          for (const one of ours) {
            expect(table.at(one)).toBe(oracle.get(textOf(one)));
            if (oracle.has(textOf(one))) continue;
            const slot = slotOf(one);
            table.add(slot);
            oracle.set(textOf(one), slot);
          }
          for (const one of [...ours, ...others]) expect(table.at(one)).toBe(oracle.get(textOf(one)));
          expect([...table.all()]).toEqual([...oracle.values()]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('tells addresses apart whose 32 bits are the same', () => {
    // Worked out backwards from the hash: each of its four steps can be undone.
    const [one, other] = [address('2001:db8::1'), address('2001:db9::95f8:6b3a')];
    const table = new SlotTable();
    const [first, second] = [slotOf(one), slotOf(other)];
    table.add(first);
    expect(table.at(other)).toBeUndefined();
    table.add(second);
    expect([table.at(one), table.at(other)]).toEqual([first, second]);
    expect(table.at(other)).toBe(second);
  });

  it('comes, while it is walked, to what is added', () => {
    const table = new SlotTable();
    const resources = Array.from({ length: 300 }, (_, n) => ({
      kind: 'address' as const,
      address: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n >> 8, n & 255),
      prefixLength: 128,
    }));
    const [first, ...rest] = resources.map(slotOf) as [Slot, ...Slot[]];
    table.add(first);
    const seen: Slot[] = [];
    for (const slot of table.all()) {
      seen.push(slot);
      const next = rest[seen.length - 1];
      if (next !== undefined) table.add(next);
    }
    expect(seen).toEqual([first, ...rest]);
  });
});
