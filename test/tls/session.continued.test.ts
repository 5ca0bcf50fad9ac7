/** A connection that began in a recording before: what the recorder counted is enough to read on, wherever it is cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../../src/base/flow.ts';
import { continuedOf } from '../../src/tls/continued.ts';
import { type Said, wireOf } from '../support/tls.ts';
import { unit } from '../support/unit.ts';
import { CLIENT, continued, SERVER } from './continued.ts';
import { opened } from './opened.ts';

const SAID: readonly Said[] = Array.from({ length: 40 }, (_, at) => ({
  direction: (at % 3 === 0 ? 1 : 0) as Direction,
  octets: unit(35, at, 'ab'.repeat(at)),
}));
const VERSIONS = [
  { version: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' },
  { version: 'TLSv1.3', ciphers: 'TLS_CHACHA20_POLY1305_SHA256' },
  { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  { version: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
] as const;

describe.each(VERSIONS)('$version with $ciphers', (choice) => {
  it('is read on behind any octet of the data', async () => {
    const wire = await wireOf(choice, SAID);
    const whole = opened(wire.pieces, wire.keyLog).clear.map((octets) => Buffer.from(octets));
    const shakingHands = wire.pieces.findIndex((_, at) => {
      const [one, other] = opened(wire.pieces.slice(0, at + 1), wire.keyLog).clear;
      return one.length > 0 && other.length > 0;
    });
    const sizes = wire.pieces.map(({ octets }) => octets.length);
    const from = sizes.slice(0, shakingHands + 1).reduce((sum, size) => sum + size, 0);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    fc.assert(
      fc.property(fc.integer({ min: from, max: total }), fc.boolean(), (count, swap) => {
        const read = continued(wire, count, swap);
        expect(read?.problems).toEqual([]);
        let left = count;
        const before = wire.pieces.map(({ direction, octets }) => {
          const part = octets.subarray(0, left);
          left -= part.length;
          return { direction, octets: part };
        });
        const known = opened(before, wire.keyLog).clear;
        for (const direction of [0, 1] as const) {
          const rest = whole[direction]?.subarray(known[direction].length) as Buffer;
          const got = read?.clear[direction] as Buffer;
          // All of it, but for the record through which the cut went.
          expect(rest.subarray(rest.length - got.length).equals(got)).toBe(true);
          expect(rest.length - got.length).toBeLessThanOrEqual(60);
        }
      }),
    );
    // Between two records nothing is lost.
    const atBoundary = continued(wire, from);
    for (const direction of [0, 1] as const) {
      const known = opened(wire.pieces.slice(0, shakingHands + 1), wire.keyLog).clear[direction].length;
      expect(atBoundary?.clear[direction].equals(whole[direction]?.subarray(known) as Buffer)).toBe(true);
    }
  });

  it('says so, or reads on, when it was shaking hands', async () => {
    const wire = await wireOf(choice, SAID);
    const total = wire.pieces.slice(0, 6).reduce((sum, { octets }) => sum + octets.length, 0);
    for (let count = 1; count < total; count += 97) {
      const read = continued(wire, count);
      if (read === undefined) continue;
      expect(read.problems.length).toBeLessThanOrEqual(1);
    }
  });
});

describe('the line about it', () => {
  it('is a comment of a key log', () => {
    const line = '# leasetap continues [2001:db8::10]:40000 192.0.2.1:1647 1603 12 17 5 - - 0 - 40 3+17,40';
    expect(continuedOf(line)).toEqual({
      client: CLIENT,
      server: SERVER,
      sides: [
        {
          clear: Uint8Array.of(0x16, 3),
          left: 12,
          header: Uint8Array.of(0x17),
          sealed: 5,
          updates: [],
          updatesBefore: 0,
        },
        {
          clear: new Uint8Array(0),
          left: 0,
          header: new Uint8Array(0),
          sealed: 40,
          updates: [17, 40],
          updatesBefore: 3,
        },
      ],
    });
  });

  it.each([
    '# leasetap continues',
    '# leasetap continues [::1]:1 [::1]:2 - 0 - 0 - - 0 - 0',
    '# leasetap continues [::1]:1 [::1]:2 xy 0 - 0 - - 0 - 0 -',
    '# leasetap continues [::1]:1 [::1]:2 - -1 - 0 - - 0 - 0 -',
    '# leasetap continues [::1]:1 [::1]:2 - 70000 - 0 - - 0 - 0 -',
    '# leasetap continues nowhere [::1]:2 - 0 - 0 - - 0 - 0 -',
    '# leasetap continues [::1]:1 [::1]:2 - 0 - 0 17 - 0 - 0 -',
    '# leasetap continues [::1]:1 [::1]:2 - 0 - 0 1+ - 0 - 0 -',
    '# leasetap continues [::1]:1 [::1]:2 - 0 - 0 1+2,x - 0 - 0 -',
    '# something else',
  ])('is not "%s"', (line) => {
    expect(continuedOf(line)).toBeUndefined();
  });
});
