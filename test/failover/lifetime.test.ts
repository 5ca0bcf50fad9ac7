/** Goal: the fundamental relationship of RFC 8156 §4.4 and the example of §4.4.1, for any times and modulo 2^32. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actualLifetime, partnerLifetime } from '../../src/failover/lifetime.ts';
import { gap, present, wired } from './times.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Ten years: nothing is given for longer, so that times modulo 2^32 stay comparable. */
const LONGEST = 10 * 365 * DAY;

const lifetime = fc.oneof(fc.integer({ min: 0, max: 3 * DAY }), fc.constant(0xffffffff));
const mclt = fc.integer({ min: 0, max: DAY });

describe('the valid lifetime that a client gets', () => {
  it('is the desired one, but at most the MCLT beyond what was acknowledged or the present', () => {
    fc.assert(
      fc.property(present, lifetime, fc.option(gap), mclt, (now, desired, ahead, lead) => {
        const acked = ahead === null ? undefined : now + ahead;
        const actual = actualLifetime(
          desired,
          acked === undefined ? undefined : wired(acked),
          lead,
          wired(now),
          false,
        );
        const bound = Math.max(acked ?? now, now) + lead;
        expect(now + actual).toBe(Math.min(now + Math.min(desired, LONGEST), bound));
      }),
    );
  });

  it('is the desired one in PARTNER-DOWN (§8.4.1)', () => {
    fc.assert(
      fc.property(present, lifetime, mclt, (now, desired, lead) => {
        expect(actualLifetime(desired, undefined, lead, wired(now), true)).toBe(Math.min(desired, LONGEST));
      }),
    );
  });
});

describe('what the partner is told', () => {
  it('is half of the lifetime, or T1, and the desired lifetime from then', () => {
    fc.assert(
      fc.property(present, lifetime, fc.nat(3 * DAY), fc.nat(3 * DAY), (now, desired, actual, t1) => {
        const renewal = t1 >= 1 && t1 <= actual ? t1 : (actual - (actual % 2)) / 2;
        expect(partnerLifetime(wired(now), t1, actual, desired)).toBe(
          wired(now + renewal + Math.min(desired, LONGEST)),
        );
      }),
    );
  });

  it('gives the client the whole of the desired lifetime when it renews in time, once acknowledged', () => {
    fc.assert(
      fc.property(
        present,
        fc.integer({ min: 2, max: 30 * DAY }),
        fc.integer({ min: 2, max: DAY }),
        (now, desired, lead) => {
          const first = actualLifetime(desired, undefined, lead, wired(now), false);
          const t1 = Math.floor(first / 2);
          const acked = partnerLifetime(wired(now), t1, first, desired);
          expect(actualLifetime(desired, acked, lead, wired(now + t1), false)).toBe(desired);
        },
      ),
    );
  });

  it('is as in §4.4.1: MCLT an hour, three days wanted', () => {
    const now = 820_540_800;
    const desired = 3 * DAY;
    const first = actualLifetime(desired, undefined, HOUR, now, false);
    expect(first).toBe(HOUR);
    const told = partnerLifetime(now, HOUR / 2, first, desired);
    expect(told).toBe(now + HOUR / 2 + desired);
    const renewal = now + HOUR / 2;
    expect(actualLifetime(desired, told, HOUR, renewal, false)).toBe(desired);
    expect(partnerLifetime(renewal, desired / 2, desired, desired)).toBe(renewal + 1.5 * desired);
  });
});
