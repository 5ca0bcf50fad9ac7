/**
 * Goal: RFC 8156 §5.4 and §8.8 whatever happens in whichever order: a transaction-id belongs to one outstanding message,
 * a lease is told again until what it is now has been acknowledged, and the partner's window is used up and never exceeded.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNACKED_BNDUPD_MAX } from '../../src/failover/config.ts';
import { Slot } from '../../src/failover/slot.ts';
import { UpdateQueue } from '../../src/failover/update-queue.ts';
import { Pair } from './pair.ts';
import { address, bind, client } from './samples.ts';

const IDS = 2 ** 24;
const LEASES = 6;

function slots(): Slot[] {
  return Array.from(
    { length: LEASES },
    (_, n) =>
      new Slot({
        ...address(`2001:db8::${n}`),
        status: 'FREE',
        startTimeOfState: 0,
        updateNeeded: true,
        updateSent: false,
      }),
  );
}

const act = fc.oneof(
  fc.record({ do: fc.constant('need' as const), lease: fc.nat(LEASES - 1) }),
  fc.record({ do: fc.constant('send' as const) }),
  fc.record({ do: fc.constant('reply' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('ask' as const) }),
  fc.record({ do: fc.constant('other' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant('lose' as const) }),
  fc.record({ do: fc.constant('offer' as const) }),
);

describe('UpdateQueue, by any road', () => {
  it('gives no transaction-id twice at a time, and tells what was not acknowledged as it is now', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, IDS - 3, IDS - 30),
        fc.array(act, { maxLength: 80 }),
        (firstId, acts) => {
          const queue = new UpdateQueue(firstId);
          const all = slots();
          /** The oracle: what is on its way under which number, how often each lease changed, and what the partner has. */
          const onTheWay = new Map<number, { lease: number; version: number }>();
          const version = new Array<number>(LEASES).fill(0);
          const acked = new Array<number>(LEASES).fill(0);
          let asked: number | undefined;
          const takeId = (): number => {
            const id = queue.newTransactionId();
            expect(Number.isInteger(id) && id >= 0 && id < IDS).toBe(true);
            expect(onTheWay.has(id) || id === asked).toBe(false);
            return id;
          };
          const send = (): boolean => {
            const slot = queue.next(true);
            if (slot === undefined) return false;
            const id = takeId();
            const lease = all.indexOf(slot);
            queue.sent(id, [slot], 0);
            onTheWay.set(id, { lease, version: version[lease] as number });
            return true;
          };
          const reply = (id: number): void => {
            const { lease, version: told } = onTheWay.get(id) as { lease: number; version: number };
            const [one] = queue.answered(id) ?? [];
            const slot = all[lease] as Slot;
            expect(one?.slot).toBe(slot);
            expect(one?.change === slot.change).toBe(
              told === version[lease] && acked[lease] !== version[lease],
            );
            if (one?.change === slot.change) queue.forget(slot);
            acked[lease] = Math.max(acked[lease] as number, told);
            onTheWay.delete(id);
          };
          for (const each of acts) {
            if (each.do === 'need') {
              version[each.lease] = (version[each.lease] as number) + 1;
              queue.need(all[each.lease] as Slot, 'now');
            } else if (each.do === 'send') send();
            else if (each.do === 'ask') {
              asked = takeId();
              queue.asked = asked;
            } else if (each.do === 'other') for (let n = 0; n < each.count; n++) takeId();
            else if (each.do === 'offer') queue.offerAll();
            else if (each.do === 'lose') {
              queue.disconnected();
              onTheWay.clear();
              asked = undefined;
            } else {
              const ids = [...onTheWay.keys()];
              if (ids.length > 0) reply(ids[each.which % ids.length] as number);
            }
            expect(queue.unackedCount).toBe(onTheWay.size);
            expect(queue.neededCount).toBe(version.filter((now, lease) => now !== acked[lease]).length);
          }
          // In the end everything is told: what was lost is offered anew (§8.8).
          for (const id of [...onTheWay.keys()]) reply(id);
          queue.offerAll();
          while (send()) for (const id of [...onTheWay.keys()]) reply(id);
          expect(acked).toEqual(version);
          expect(queue.neededCount).toBe(0);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('transaction-ids (§5.4)', () => {
  it('go once round all 24 bits past the update and the UPDREQ that are outstanding', () => {
    const queue = new UpdateQueue(1000);
    const [slot] = slots() as [Slot];
    queue.need(slot, 'now');
    const update = queue.newTransactionId();
    queue.sent(update, [slot], 0);
    queue.newTransactionId();
    const asked = queue.newTransactionId();
    queue.asked = asked;
    const given = new Uint8Array(IDS);
    for (let n = 0; n < IDS; n++) given[queue.newTransactionId()] = 1;
    expect([update, asked].map((id) => given[id])).toEqual([0, 0]);
    // One in so many is at the place of the update.
    const count = given.reduce((sum, one) => sum + one, 0);
    expect(count).toBe(IDS - IDS / (2 * UNACKED_BNDUPD_MAX) - 1);
  });
});

describe('the partner’s MAX_UNACKED_BNDUPD (§6.1)', () => {
  it('is what is on the way, and not more, while no BNDREPLY comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 20 }), (window, binds) => {
        const pair = new Pair({}, { maxUnackedBndupd: window });
        pair.start();
        expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
        // Prefixes for the secondary went first, and are acknowledged.
        pair.advance(1);
        pair.messages.length = 0;
        pair.drop = (_, { type }) => type === 'BNDREPLY';
        for (let n = 0; n < binds; n++) {
          const resource = address(`2001:db8::${(2 * n + 1).toString(16)}`);
          pair.input('primary', {
            kind: 'client',
            reply: `${n}`,
            changes: [bind(resource, client(n), 3600, 86_400)],
          });
        }
        const updates = pair.messages.filter(({ message }) => message.type === 'BNDUPD');
        expect(updates).toHaveLength(Math.min(window, binds));
        expect(new Set(updates.map(({ message }) => message.transactionId)).size).toBe(updates.length);
      }),
      { numRuns: 60 },
    );
  });
});
