/** TLS that Node's own OpenSSL has sealed is opened again, whatever was agreed and however it is cut into pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex } from '../../src/base/bytes.ts';
import type { Direction } from '../../src/base/flow.ts';
import { KeyLog } from '../../src/tls/key-log.ts';
import { TlsSession } from '../../src/tls/session.ts';
import { type Said, type TlsChoice, type Wire, wireOf } from '../support/tls.ts';

const SUITES: readonly (readonly [TlsChoice['version'], string, string])[] = [
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
  ['TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
  ['TLSv1.3', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
  ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
];

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const SAID: readonly Said[] = [
  { direction: 0, octets: text('first to the server') },
  { direction: 1, octets: text('then to the client') },
  { direction: 0, octets: Uint8Array.from({ length: 40_000 }, (_, index) => index & 0xff) },
  { direction: 1, octets: text('and the last') },
];

interface Read {
  readonly clear: readonly [Uint8Array, Uint8Array];
  readonly told: readonly string[];
}

function read(pieces: readonly Said[], keyLog: string, swap = false): Read {
  const keys = new KeyLog();
  keys.add(keyLog);
  const parts: [Uint8Array[], Uint8Array[]] = [[], []];
  const told: string[] = [];
  const session = new TlsSession(keys, {
    clear: (direction, octets) => parts[direction].push(octets),
    opened: (version, suite) => told.push(`${version} ${suite}`),
    problem: (why) => told.push(why),
    alert: (direction, words) => told.push(`${direction} ${words}`),
  });
  for (const { direction, octets } of pieces) {
    session.push(swap ? ((1 - direction) as Direction) : direction, octets, 0, octets.length);
  }
  return { clear: [concatBytes(parts[0]), concatBytes(parts[1])], told };
}

const saidBy = (direction: Direction): Uint8Array =>
  concatBytes(SAID.filter((one) => one.direction === direction).map(({ octets }) => octets));

describe.each(SUITES)('%s with %s', (version, ciphers, name) => {
  it('is opened with its key log', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, SAID);
    const { clear, told } = read(pieces, keyLog);
    expect(told).toEqual([`${version} ${name}`]);
    expect(toHex(clear[0])).toBe(toHex(saidBy(0)));
    expect(toHex(clear[1])).toBe(toHex(saidBy(1)));
  });

  it('is opened octet by octet, in small records, and whoever has connected', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers, maxSendFragment: 512 }, SAID);
    const octets = pieces.flatMap(({ direction, octets }) =>
      Array.from(octets, (octet) => ({ direction, octets: Uint8Array.of(octet) })),
    );
    const { clear, told } = read(octets, keyLog, true);
    expect(told).toEqual([`${version} ${name}`]);
    expect(toHex(clear[1])).toBe(toHex(saidBy(0)));
    expect(toHex(clear[0])).toBe(toHex(saidBy(1)));
  });

  it('says which key is missing, once', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, SAID);
    const random = keyLog.split(' ')[1];
    const { clear, told } = read(pieces, '');
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`^no key for client random ${random} \\(\\w+\\)$`));
    expect(clear.map(({ length }) => length)).toEqual([0, 0]);
  });

  it('says once that a record was damaged, and still reads the other direction', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, SAID);
    const last = pieces.findLastIndex(({ direction, octets }) => direction === 0 && octets.length > 16_000);
    const damaged = pieces.map((piece, index) =>
      index === last
        ? { ...piece, octets: piece.octets.map((octet, at) => (at === 99 ? octet ^ 1 : octet)) }
        : piece,
    );
    const { clear, told } = read(damaged, keyLog);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^a record does not fit its key/);
    expect(toHex(clear[1])).toBe(toHex(saidBy(1)));
  });
});

describe('what else may happen', () => {
  it('is a server that wants another ClientHello', async () => {
    const choice = { version: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', serverGroups: 'P-384' } as const;
    const { pieces, keyLog } = await wireOf(choice, SAID);
    // The first octets of the random by which a HelloRetryRequest is known (RFC 8446 §4.1.3).
    expect(pieces.some(({ octets }) => toHex(octets).includes('cf21ad74e59a6111be1d8c02'))).toBe(true);
    expect(toHex(read(pieces, keyLog).clear[0])).toBe(toHex(saidBy(0)));
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is a session of %s that is resumed', async (version) => {
    const ciphers = version === 'TLSv1.2' ? 'ECDHE-ECDSA-AES128-GCM-SHA256' : 'TLS_AES_256_GCM_SHA384';
    const ticketKeys = Buffer.alloc(48, 7);
    let session: Buffer | undefined;
    const keep = (ticket: Buffer): void => {
      session = ticket;
    };
    const first = await wireOf({ version, ciphers, ticketKeys, onSession: keep }, SAID);
    if (session === undefined) throw new Error('the server gave no ticket');
    const again = await wireOf({ version, ciphers, ticketKeys, session }, SAID);
    const octets = (wire: Wire): number => wire.pieces.reduce((sum, piece) => sum + piece.octets.length, 0);
    // Without certificates: it was resumed indeed.
    expect(octets(again)).toBeLessThan(octets(first) - 500);
    expect(toHex(read(again.pieces, again.keyLog).clear[0])).toBe(toHex(saidBy(0)));
  });

  it('is octets that are no TLS, cut, or changed anywhere: nothing throws, and nothing wrong comes out', async () => {
    const wires = await Promise.all(SUITES.map(([version, ciphers]) => wireOf({ version, ciphers }, SAID)));
    fc.assert(
      fc.property(
        fc.constantFrom(...wires),
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        ({ pieces, keyLog }, changes, cut) => {
          const changed = pieces.map(({ direction, octets }) => ({ direction, octets: octets.slice() }));
          for (const [which, where, octet] of changes) {
            const { octets } = changed[which % changed.length] as Said;
            octets[where % octets.length] = octet;
          }
          changed.splice(cut % (4 * changed.length), 1);
          const { clear, told } = read(changed, keyLog);
          expect(told.length).toBeLessThan(10);
          for (const direction of [0, 1] as const) {
            const right = toHex(saidBy(direction));
            expect(right.startsWith(toHex(clear[direction]))).toBe(true);
          }
        },
      ),
    );
  });
});
