import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOT_FOUND, PENDING_REQUESTS_MAX, PendingRequests } from '../../src/analyze/pending-requests.ts';

const TYPE = 24;

describe('pending requests', () => {
  // A plain map is right by its nature; so few requests must never displace each other.
  it('are found as in a map from flow, direction and transaction-id', () => {
    const step = fc.record({
      what: fc.constantFrom('remember', 'find', 'forget'),
      flow: fc.constantFrom(0, 1, 7, 2 ** 31, 2 ** 40),
      direction: fc.constantFrom(0, 1),
      xid: fc.constantFrom(0, 1, 8192, 0x800000, 0xffffffff),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pending = new PendingRequests();
        const known = new Map<string, number>();
        for (const [at, { what, flow, direction, xid }] of steps.entries()) {
          const name = `${flow} ${direction} ${xid}`;
          if (what === 'remember') {
            pending.remember(flow, direction, xid, TYPE, at, 1000 + at);
            known.set(name, at);
            continue;
          }
          const place = pending.find(flow, direction, xid);
          const index = known.get(name);
          expect(place === NOT_FOUND).toBe(index === undefined);
          if (index === undefined) continue;
          expect([pending.typeAt(place), pending.indexAt(place), pending.millisAt(place)]).toEqual([
            TYPE,
            index,
            1000 + index,
          ]);
          if (what === 'forget') {
            pending.forget(place);
            known.delete(name);
          }
        }
      }),
    );
  });

  // As many as share one set of places in a table of 1,024.
  it('that stand side by side do not depend on which is answered first', () => {
    const xids = Array.from({ length: 8 }, (_, at) => at * 128);
    fc.assert(
      fc.property(fc.shuffledSubarray(xids, { minLength: 1 }), (answered) => {
        const pending = new PendingRequests();
        for (const xid of xids) pending.remember(3, 0, xid, TYPE, xid + 5, xid);
        for (const [count, xid] of answered.entries()) {
          pending.forget(pending.find(3, 0, xid));
          const gone = answered.slice(0, count + 1);
          for (const other of xids) {
            const place = pending.find(3, 0, other);
            if (gone.includes(other)) expect(place).toBe(NOT_FOUND);
            else expect(pending.indexAt(place)).toBe(other + 5);
          }
        }
      }),
    );
  });

  it('hold a large window of transaction-ids that count up', () => {
    const pending = new PendingRequests();
    const window = PENDING_REQUESTS_MAX / 2;
    for (let xid = 0; xid < window; xid++) pending.remember(3, 0, xid, TYPE, xid, xid);
    for (let xid = 0; xid < window; xid++) expect(pending.indexAt(pending.find(3, 0, xid))).toBe(xid);
  });

  it('give up the oldest when there are too many', () => {
    const pending = new PendingRequests();
    const many = 4 * PENDING_REQUESTS_MAX;
    for (let xid = 0; xid < many; xid++) pending.remember(0, 0, xid, TYPE, xid, xid);
    expect(pending.find(0, 0, 0)).toBe(NOT_FOUND);
    for (let xid = many - 1000; xid < many; xid++) expect(pending.find(0, 0, xid)).not.toBe(NOT_FOUND);
  });
});
