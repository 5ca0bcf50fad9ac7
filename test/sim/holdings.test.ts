/** Goal: what clients hold is watched over all servers: no two hold the same, nothing of it is free, all of it is known. */
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/failover/lease.ts';
import { NO_TWO_CLIENTS } from '../../src/sim/excused.ts';
import { type Held, Holdings } from '../../src/sim/holdings.ts';
import { address, client } from '../failover/samples.ts';

const NOW = 1_767_225_600_000;
/** The same moment in seconds since 2000. */
const TIME = 820_540_800;
const HOUR = 3600;
const LEASE = address('2001:db8::1');

function held(number: number, seconds = HOUR): Held {
  const { duid } = client(number);
  return { client: number, duid, resource: LEASE, relationship: 0, until: NOW + 1000 * seconds, by: 'A' };
}

function lease(status: Lease['status'], number: number, seconds = HOUR): Lease {
  return {
    ...LEASE,
    status,
    holder: { ...client(number), t1: 0, t2: 0, preferredLifetime: 0, validLifetime: 0 },
    startTimeOfState: TIME,
    ...(status === 'ACTIVE' && { stateExpirationTime: TIME + seconds }),
    updateNeeded: false,
    updateSent: false,
  };
}

const stored = (one: Lease) => [{ kind: 'lease', lease: one }] as const;

describe('holdings', () => {
  it('are broken by a second client, but not after the first has let go or its time is over', () => {
    const holdings = new Holdings([]);
    holdings.takes(held(1), NOW);
    expect(() => holdings.takes(held(2), NOW)).toThrow(
      '2001:db8::1 is given to client 2 while client 1 holds it',
    );
    holdings.takes(held(2, 3 * HOUR), NOW + 1000 * HOUR);
    holdings.drops(2, LEASE);
    holdings.takes(held(3), NOW + 1000 * HOUR);
    const doubtful = new Holdings([]);
    doubtful.takes({ ...held(1), doubtful: true }, NOW);
    doubtful.takes(held(2), NOW);
    expect(() => doubtful.takes({ ...held(3), doubtful: true }, NOW)).toThrow('client 2 holds it');
    const excused = new Holdings([NO_TWO_CLIENTS]);
    excused.takes(held(1), NOW);
    excused.takes(held(2), NOW);
  });

  it('are broken by a server that frees what the client of its record holds', () => {
    const holdings = new Holdings([]);
    holdings.takes(held(1), NOW);
    holdings.stored('A', stored(lease('ACTIVE', 1)), NOW);
    holdings.stored('A', stored(lease('FREE', 2)), NOW);
    holdings.stored('A', stored({ ...lease('FREE', 1), updateNeeded: true }), NOW);
    holdings.stored('B', stored(lease('FREE', 1)), NOW);
    expect(() => holdings.stored('A', stored(lease('FREE', 1)), NOW)).toThrow(
      '2001:db8::1 is FREE, client 1 holds it',
    );
  });

  it('have to be known to a server, for as long as they last', () => {
    const holdings = new Holdings([]);
    holdings.takes(held(1), NOW);
    const unknown = (one: Lease | undefined) => holdings.unknownTo(0, NOW, () => one);
    expect(unknown(lease('ACTIVE', 1))).toBeUndefined();
    expect(unknown(undefined)).toContain('for the server it is unknown');
    expect(unknown(lease('ACTIVE', 2))).toContain('client 1 holds 2001:db8::1');
    expect(unknown(lease('ACTIVE', 1, HOUR / 2))).toContain('longer than the server knows');
    expect(holdings.unknownTo(1, NOW, () => undefined)).toBeUndefined();
    holdings.diskLost('A');
    expect(unknown(undefined)).toBeUndefined();
  });
});
