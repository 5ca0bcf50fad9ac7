/** A BNDREPLY always fits into one message, whatever the BNDUPD that it answers holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUpdate } from '../../src/failover/accept.ts';
import { bindingReply } from '../../src/failover/binding-update.ts';
import { encodeFailoverFrame } from '../../src/wire/failover.ts';
import type { Binding, IdentityAssociation, LeaseInfo } from '../../src/wire/messages.ts';
import { address, client } from './samples.ts';

const LEASE: LeaseInfo = { ...address('2001:db8::1'), preferredLifetime: 0, validLifetime: 0 };

function update(ias: number, leasesEach: number): Binding {
  const leases = Array.from({ length: leasesEach }, () => LEASE);
  const ia = (iaid: number): IdentityAssociation => ({ kind: 'IA_NA', iaid, t1: 0, t2: 0, leases });
  const clientData = { clientId: client(1).duid, ias: Array.from({ length: ias }, (_, iaid) => ia(iaid)) };
  return { type: 'BNDUPD', transactionId: 1, sentTime: 0, clientData };
}

/** The reply of a server that finds every lease wanting. */
function reply(message: Binding): Binding {
  const { overall, leases } = readUpdate(message);
  const status = { code: 18, message: 'x'.repeat(100) };
  return bindingReply(
    message,
    overall === undefined ? { leases: leases.map(() => status) } : { overall, leases: [] },
  );
}

describe('bindingReply', () => {
  it('has a status for each of as many leases as are taken up', () => {
    const answer = reply(update(256, 1));
    expect(answer.clientData?.ias).toHaveLength(256);
    expect(answer.clientData?.ias[255]?.leases[0]?.status?.code).toBe(18);
    expect(encodeFailoverFrame(answer).length).toBeLessThan(65_535);
  });

  it('rejects more as a whole, without repeating it', () => {
    for (const message of [update(1, 257), update(257, 0), update(1, 2000), update(4000, 0)]) {
      expect(reply(message).clientData).toMatchObject({ status: { code: 1 }, ias: [] });
    }
  });

  it('fits for any number of IAs and leases that a BNDUPD can hold', () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 2300 }));
    fc.assert(
      fc.property(sizes, ([ias, leases]) => {
        const message = update(
          ias,
          Math.min(leases, Math.floor((65_000 - 16 * ias) / 28 / Math.max(1, ias))),
        );
        expect(encodeFailoverFrame(reply(message)).length).toBeLessThanOrEqual(65_537);
      }),
      { numRuns: 40 },
    );
  });
});
