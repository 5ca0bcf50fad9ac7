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

/**
 * Both answered one message of the client (§7.5.1: within 5 seconds is the same time) and the receiver promised more: then
 * its promise stays and is told.
 */
function receiverPromisedMore(sender: Times, receiver: Times): boolean {
  if (sender.contact === undefined || receiver.contact === undefined) return false;
  return Math.abs(sender.contact - receiver.contact) <= 5 && receiver.end - sender.end > 5;
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
        const longer = receiverPromisedMore(sender, receiver);
        expect(kept).toMatchObject({
          startTimeOfState: as(sender.start),
          stateExpirationTime: as(longer ? receiver.end : sender.end),
          updateNeeded: longer,
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

  it.each([
    { apart: 0, kept: 3600 },
    { apart: 5, kept: 3600 },
    { apart: 6, kept: 1800 },
  ])('keeps the longer promise of two made within 5 s, and tells it: $apart s apart', ({ apart, kept }) => {
    const now = 800_000_000;
    const none = { partnerContact: undefined, partnerLifetime: undefined, expiration: undefined };
    const mine = lease(now, { ...none, contact: -100 - apart, start: -500, end: 3600 }, false);
    const theirs = lease(now, { ...none, contact: -100, start: -500, end: 1800 }, true);
    const [read] = readUpdate(overTheWire(bindingUpdate([theirs], 7, now))).leases;
    if (read === undefined || isStatus(read)) throw new Error(read?.message);
    const after = accept(mine, read, now);
    expect([after.stateExpirationTime, after.updateNeeded]).toEqual([now + kept, apart < 6]);
    // The other way round the longer one is taken, and there is nothing to add.
    const [back] = readUpdate(overTheWire(bindingUpdate([{ ...mine, updateNeeded: true }], 8, now))).leases;
    if (back === undefined || isStatus(back)) throw new Error(back?.message);
    const partner = accept({ ...theirs, updateNeeded: false }, back, now);
    expect([partner.stateExpirationTime, partner.updateNeeded]).toEqual([now + 3600, false]);
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
