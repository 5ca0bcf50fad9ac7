import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenRequests } from '../../src/analyze/open-requests.ts';

describe('open requests', () => {
  it('give each answer its own request, never another one', () => {
    const request = fc.record({
      flow: fc.nat(1000),
      direction: fc.constantFrom(0, 1),
      xid: fc.oneof(fc.nat(20), fc.nat(0xffffffff)),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        const open = new OpenRequests();
        const asked = new Map<string, number>();
        for (const [at, { flow, direction, xid }] of requests.entries()) {
          open.ask(flow, direction, xid, at);
          asked.set(`${flow} ${direction} ${xid}`, at);
        }
        for (const { flow, direction, xid } of requests) {
          const found = open.answer(flow, direction, xid);
          // Displaced by another request in its place, already answered, or exactly its own.
          if (found >= 0) expect(found).toBe(asked.get(`${flow} ${direction} ${xid}`));
          expect(open.answer(flow, direction, xid)).toBe(-1);
        }
      }),
    );
  });

  it('hold a whole window of transaction-ids that count up', () => {
    const open = new OpenRequests();
    for (let xid = 0; xid < 60_000; xid++) open.ask(3, 0, xid, xid);
    for (let xid = 0; xid < 60_000; xid++) expect(open.answer(3, 0, xid)).toBe(xid);
  });
});
