/**
 * Goal: who may give what (RFC 8156 §4.2.1.1, §4.2.2, §4.2.2.1, §8.4.1), for any lease in any state of the server. The
 * oracle says it in the RFC's words, with plain numbers for times.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimable, pick, type Situation } from '../../src/failover/allocation.ts';
import { Bindings } from '../../src/failover/bindings.ts';
import type { Lease } from '../../src/failover/lease.ts';
import { BINDING_STATUSES, ENDPOINT_STATES } from '../../src/failover/state.ts';
import { address, addressOf, client, holder, prefix } from './samples.ts';
import { wired } from './times.ts';

const NOW = 820_540_800;
const NOW_MILLIS = 1_767_225_600_000;
const MCLT = 3600;

/** Seconds from the present: long ago, or where the MCLT after it ends, or ahead. */
const past = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -20_000, max: -MCLT - 1 }) },
  { weight: 1, arbitrary: fc.integer({ min: -MCLT - 3, max: -MCLT + 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: -MCLT, max: 0 }) },
);
const maybe = fc.option(fc.oneof({ weight: 4, arbitrary: past }, { weight: 1, arbitrary: fc.nat(90_000) }), {
  nil: undefined,
});
const role = fc.constantFrom('primary' as const, 'secondary' as const);
const question = fc.record({
  kind: fc.constantFrom('address' as const, 'prefix' as const),
  lastOctet: fc.nat(255),
  role,
  state: fc.oneof(fc.constantFrom(...ENDPOINT_STATES), fc.constant('PARTNER-DOWN' as const)),
  alone: fc.boolean(),
  partnerDown: past,
  status: fc.constantFrom(...BINDING_STATUSES),
  onRecord: fc.boolean(),
  sameClient: fc.boolean(),
  updateNeeded: fc.boolean(),
  updateSent: fc.boolean(),
  start: past,
  end: maybe,
  partnerLifetime: maybe,
  acked: maybe,
  expiration: maybe,
  contact: maybe,
  failure: fc.option(past, { nil: undefined }),
});
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never;

function oracle(one: Question): boolean {
  const partnerDown = one.state === 'PARTNER-DOWN';
  const times = [one.partnerDown, one.start, one.end, one.partnerLifetime, one.acked, one.expiration];
  // §8.4.1, §4.2.2.1: the MCLT after whatever may have been promised, by either server.
  const over = partnerDown && times.every((time) => time === undefined || 0 > time + MCLT);
  const partnersPool = partnerDown && one.alone && 0 > one.partnerDown + MCLT;
  const odd = one.lastOctet % 2 === 1;
  const ownAddress = odd === (one.role === 'primary');
  const ofPool = (backup: boolean): boolean =>
    one.kind === 'address' ? ownAddress : backup === (one.role === 'secondary') || partnersPool;
  if (!one.onRecord) return ofPool(false);
  switch (one.status) {
    case 'ACTIVE': {
      // What is over, and was given before this server failed, the partner may have given to another client (§8.4.1).
      const ended = one.end !== undefined && 0 > Math.max(one.end, one.expiration ?? one.end);
      const sinceThen = one.contact !== undefined && one.failure !== undefined && one.contact > one.failure;
      return one.sameClient && !(one.failure !== undefined && ended && !sinceThen);
    }
    case 'ABANDONED':
      return false;
    case 'FREE':
    case 'FREE-BACKUP':
      // A change that the partner has not acknowledged: it may still think that the lease is its own to give.
      return (!one.updateNeeded || over) && ofPool(one.status === 'FREE-BACKUP');
    case 'EXPIRED':
    case 'RELEASED':
      return (one.sameClient && !one.updateSent) || (over && ofPool(false));
    case 'PENDING-FREE':
    case 'RESET':
      return over && ofPool(false);
  }
}

describe('claimable', () => {
  it('is who may have which lease, for any lease, server, state and time', () => {
    const answers = new Set<string>();
    fc.assert(
      fc.property(question, (one) => {
        const resource =
          one.kind === 'address'
            ? address(`2001:db8::${one.lastOctet.toString(16)}`)
            : prefix(`2001:db8:100:${one.lastOctet.toString(16)}00::/56`);
        const at = (seconds: number | undefined) =>
          seconds === undefined ? undefined : wired(NOW + seconds);
        const lease: Lease = {
          ...resource,
          status: one.status,
          holder: holder(client(one.sameClient ? 1 : 2), 3600),
          startTimeOfState: wired(NOW + one.start),
          stateExpirationTime: at(one.end),
          partnerLifetime: at(one.partnerLifetime),
          ackedPartnerLifetime: at(one.acked),
          expirationTime: at(one.expiration),
          clientLastTransactionTime: at(one.contact),
          updateNeeded: one.updateNeeded,
          updateSent: one.updateSent,
        };
        const situation: Situation = {
          role: one.role,
          state: one.state,
          mclt: MCLT,
          partnerDownTime: one.state === 'PARTNER-DOWN' ? wired(NOW + one.partnerDown) : undefined,
          alone: one.state === 'PARTNER-DOWN' && one.alone,
          timeOfFailure: at(one.failure),
        };
        const known = one.onRecord ? lease : undefined;
        const may = claimable(situation, known, resource, client(1), NOW_MILLIS) !== undefined;
        expect(may).toBe(oracle(one));
        if (one.onRecord) answers.add(`${one.kind} ${one.role} ${one.status} ${may}`);
      }),
      // The rarest answer is one in some thousands.
      { numRuns: 24_000 },
    );
    // Every status was seen with both answers, except that ABANDONED is never given.
    expect(answers.size).toBe(2 * 2 * (2 * BINDING_STATUSES.length - 1));
  });
});

describe('independent allocation (§4.2.1.1)', () => {
  it('finds an address of the pool with the server’s own low-order bit that nobody has, while there is one', () => {
    const taking = fc.record({
      role,
      first: fc.nat(40),
      size: fc.integer({ min: 1, max: 24 }),
      held: fc.uniqueArray(fc.nat(23)),
      who: fc.nat(1000),
      hint: fc.option(fc.nat(70)),
    });
    fc.assert(
      fc.property(taking, (one) => {
        const numbered = (n: number) => address(`2001:db8::${n.toString(16)}`);
        const last = one.first + one.size - 1;
        const bindings = new Bindings([
          {
            kind: 'address',
            first: numbered(one.first).address,
            last: addressOf(`2001:db8::${last.toString(16)}`),
          },
        ]);
        const held = new Set(one.held.filter((n) => n < one.size).map((n) => one.first + n));
        for (const n of held) {
          bindings.put(
            {
              ...numbered(n),
              status: 'ACTIVE',
              holder: holder(client(5000 + n), 3600),
              startTimeOfState: NOW,
              updateNeeded: false,
              updateSent: false,
            },
            NOW_MILLIS,
          );
        }
        const free: number[] = [];
        for (let n = one.first; n <= last; n++) {
          if ((n % 2 === 1) === (one.role === 'primary') && !held.has(n)) free.push(n);
        }
        const [use] = bindings.pools;
        if (use === undefined) throw new Error('a pool');
        const situation: Situation = {
          role: one.role,
          state: 'NORMAL',
          mclt: MCLT,
          partnerDownTime: undefined,
          alone: false,
        };
        const hint = one.hint === null ? undefined : numbered(one.hint);
        const found = pick(situation, bindings, use, client(one.who), NOW_MILLIS, hint, []);
        const n = found === undefined ? undefined : found.address[15];
        if (free.length === 0) expect(n).toBeUndefined();
        else if (one.hint !== null && free.includes(one.hint)) expect(n).toBe(one.hint);
        else expect(free).toContain(n);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('delegable prefixes (§4.2.2, §8.4.1)', () => {
  it('come from the own pool until it is used up, and then, the MCLT after PARTNER-DOWN began, from the partner’s', () => {
    const asking = fc.record({
      role,
      alone: fc.boolean(),
      down: past,
      statuses: fc.array(fc.constantFrom('unknown', 'FREE', 'FREE-BACKUP', 'ACTIVE', 'ACTIVE'), {
        minLength: 8,
        maxLength: 8,
      }),
      who: fc.nat(1000),
    });
    const answers = new Set<string>();
    fc.assert(
      fc.property(asking, (one) => {
        const bindings = new Bindings([
          {
            kind: 'prefix',
            prefix: { address: addressOf('2001:db8:100::'), length: 53 },
            delegatedLength: 56,
          },
        ]);
        const own = new Set<number>();
        const partners = new Set<number>();
        one.statuses.forEach((status, n) => {
          if (status !== 'ACTIVE')
            ((status === 'FREE-BACKUP') === (one.role === 'secondary') ? own : partners).add(n);
          if (status === 'unknown') return;
          bindings.put(
            {
              ...prefix(`2001:db8:100:${n}00::/56`),
              status: status as Lease['status'],
              holder: holder(client(5000 + n, 'IA_PD'), 3600),
              startTimeOfState: NOW - 100_000,
              updateNeeded: false,
              updateSent: false,
            },
            NOW_MILLIS,
          );
        });
        const situation: Situation = {
          role: one.role,
          state: one.alone ? 'PARTNER-DOWN' : 'COMMUNICATIONS-INTERRUPTED',
          mclt: MCLT,
          partnerDownTime: one.alone ? NOW + one.down : undefined,
          alone: one.alone,
        };
        const [use] = bindings.pools;
        if (use === undefined) throw new Error('a pool');
        const found = pick(situation, bindings, use, client(one.who, 'IA_PD'), NOW_MILLIS, undefined, []);
        const mayTakePartners = one.alone && 0 > one.down + MCLT;
        const expected = own.size > 0 ? own : mayTakePartners ? partners : new Set<number>();
        if (expected.size === 0) expect(found).toBeUndefined();
        else expect(expected).toContain(found?.address[6]);
        answers.add(`${one.role} ${expected === own ? 'own' : found === undefined ? 'none' : 'partners'}`);
      }),
      // The rarest answer comes once in five hundred runs.
      { numRuns: 8000 },
    );
    expect(answers.size).toBe(6);
  });
});
