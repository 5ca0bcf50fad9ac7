/**
 * Goal: the times of figure 5 (RFC 8156 §7.8) and §7.5.5, through octets from one server to the other and back, for any
 * times. The oracle compares plain numbers.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accept, isStatus, readUpdate } from '../../src/failover/accept.ts';
import { bindingReply, bindingUpdate } from '../../src/failover/binding-update.ts';
import type { Lease } from '../../src/failover/lease.ts';
import { readReply } from '../../src/failover/reply.ts';
import { decodeFailoverMessage, encodeFailoverMessage } from '../../src/wire/failover.ts';
import type { Binding } from '../../src/wire/messages.ts';
import { address, client, holder } from './samples.ts';
import { gap, present, wired } from './times.ts';

const RESOURCE = address('2001:db8::1');

function overTheWire(message: Binding): Binding {
  const { message: read, problems } = decodeFailoverMessage(encodeFailoverMessage(message));
  expect(problems).toEqual([]);
  return read as Binding;
}

const maybe = fc.option(gap, { nil: undefined });
const times = fc.record({
  /** Both servers deal with their client in the past; absent: never. */
  contact: fc.option(fc.integer({ min: -50_000_000, max: 0 }), { nil: undefined }),
  partnerContact: maybe,
  start: fc.integer({ min: -50_000_000, max: 0 }),
  end: gap,
  partnerLifetime: maybe,
  expiration: maybe,
});
type Times = typeof times extends fc.Arbitrary<infer T> ? T : never;

/** An ACTIVE lease of client 1 whose times are so far from `now`; all that is to be told is told. */
function lease(now: number, one: Times, updateNeeded: boolean): Lease {
  const at = (seconds: number | undefined) => (seconds === undefined ? undefined : wired(now + seconds));
  return {
    ...RESOURCE,
    status: 'ACTIVE',
    holder: holder(client(1), 3600),
    startTimeOfState: wired(now + one.start),
    stateExpirationTime: wired(now + one.end),
    clientLastTransactionTime: at(one.contact),
    partnerRawCltTime: at(one.partnerContact),
    partnerLifetime: at(one.partnerLifetime),
    expirationTime: at(one.expiration),
    updateNeeded,
    updateSent: false,
  };
}

const latest = (...moments: (number | undefined)[]): number | undefined => {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

describe('figure 5', () => {
  it('holds for what one server tells the other of an ACTIVE lease of the same client', () => {
    fc.assert(
      fc.property(present, times, times, (now, sender, receiver) => {
        // An EXPIRATION_TIME of 0 says that there is none, so the one second whose number is 0 cannot be said.
        fc.pre(sender.expiration === undefined || wired(now + sender.expiration) !== 0);
        const update = overTheWire(bindingUpdate([lease(now, sender, true)], 7, wired(now)));
        const [read] = readUpdate(update).leases;
        if (read === undefined || isStatus(read)) throw new Error(read?.message);
        const kept = accept(lease(now, receiver, false), read, wired(now));
        const as = (seconds: number | undefined) =>
          seconds === undefined ? undefined : wired(now + seconds);
        // §7.4: with nothing to tell, or with less than the client has, it is what the client has.
        const told = latest(sender.partnerLifetime, sender.end);
        expect(kept).toMatchObject({
          startTimeOfState: as(sender.start),
          stateExpirationTime: as(sender.end),
          updateNeeded: false,
        });
        expect(kept.expirationTime).toBe(as(latest(told, receiver.expiration)));
        expect(kept.partnerRawCltTime).toBe(as(sender.contact ?? receiver.partnerContact));
        expect(kept.clientLastTransactionTime).toBe(as(latest(receiver.contact, sender.partnerContact)));
        expect(kept.partnerLifetime).toBe(as(latest(receiver.partnerLifetime, sender.expiration)));
        const answer = readReply(overTheWire(bindingReply(update, { leases: [undefined] }))).of(RESOURCE);
        expect(answer).toEqual({ partnerLifetimeSent: as(told) });
      }),
      { numRuns: 2000 },
    );
  });

  it('promises nothing any longer for a lease that has ended', () => {
    const ended = fc.constantFrom('EXPIRED', 'RELEASED', 'RESET', 'FREE', 'FREE-BACKUP');
    fc.assert(
      fc.property(present, times, times, ended, (now, sender, receiver, status) => {
        const gone: Lease = { ...lease(now, sender, true), status, stateExpirationTime: undefined };
        const update = overTheWire(bindingUpdate([gone], 7, wired(now)));
        const [read] = readUpdate(update).leases;
        if (read === undefined || isStatus(read)) throw new Error(read?.message);
        const kept = accept(lease(now, receiver, false), read, wired(now));
        // §7.2: whose it was is told along.
        expect(read.client?.duid).toEqual(client(1).duid);
        expect(kept.status).toBe(status === 'FREE-BACKUP' ? status : 'FREE');
        expect([kept.stateExpirationTime, kept.expirationTime, kept.ackedPartnerLifetime]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      }),
    );
  });
});
