/** TLS that Node's own OpenSSL has sealed is opened again, whatever was agreed and however it is cut into pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toHex } from '../../src/base/bytes.ts';
import type { Direction } from '../../src/base/flow.ts';
import { type Said, type TlsChoice, type Wire, wireOf } from '../support/tls.ts';
import { opened, type Piece } from './opened.ts';

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

const saidBy = (direction: Direction): Uint8Array =>
  concatBytes(SAID.filter((one) => one.direction === direction).map(({ octets }) => octets));

describe.each(SUITES)('%s with %s', (version, ciphers, name) => {
  it('is opened with its key log', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, SAID);
    const { clear, told } = opened(pieces, keyLog);
    expect(told).toEqual([`${version} ${name}`]);
    expect(toHex(clear[0])).toBe(toHex(saidBy(0)));
    expect(toHex(clear[1])).toBe(toHex(saidBy(1)));
  });

  it('is opened octet by octet, in small records, and whoever has connected', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers, maxSendFragment: 512 }, SAID);
    const octets = pieces.flatMap(({ direction, octets }) =>
      Array.from(octets, (octet) => ({ direction, octets: Uint8Array.of(octet) })),
    );
    const { clear, told } = opened(octets, keyLog, true);
    expect(told).toEqual([`${version} ${name}`]);
    expect(toHex(clear[1])).toBe(toHex(saidBy(0)));
    expect(toHex(clear[0])).toBe(toHex(saidBy(1)));
  });

  it('says which key is missing, once', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, SAID);
    const random = keyLog.split(' ')[1];
    const { clear, told } = opened(pieces, '');
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
    const { clear, told } = opened(damaged, keyLog);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^a record does not fit its key/);
    expect(toHex(clear[1])).toBe(toHex(saidBy(1)));
  });
});

describe.each(SUITES)('%s with %s, when octets never came', (version, ciphers, name) => {
  const told = [`${version} ${name}`, '0 gap'];
  const lines: readonly Said[] = Array.from({ length: 12 }, (_, index) => ({
    direction: 0,
    octets: text(`line ${index} `.repeat(30)),
  }));

  it.each([
    ['in the middle of a record', 100, 50, [5]],
    ['of several records', 30, 820, [5, 6, 7, 8]],
    ['of exactly a record', 0, 0, [5]],
  ])('goes on with the next record behind a hole %s', async (_, from, length, lost) => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, lines);
    const data = pieces.findLastIndex(({ octets }) => octets[0] === 23 && octets.length > 250) - 6;
    const before = pieces.slice(0, data);
    const stream = Buffer.concat(
      pieces
        .slice(data)
        .filter(({ direction }) => direction === 0)
        .map(({ octets }) => octets),
    );
    const missing = length === 0 ? (pieces[data]?.octets.length ?? 0) : length;
    const { clear, told: found } = opened(
      [
        ...before,
        { direction: 0, octets: stream.subarray(0, from) },
        { direction: 0, octets: new Uint8Array(0), missing },
        // In small pieces: where they end means nothing.
        ...Array.from({ length: Math.ceil((stream.length - from - missing) / 90) }, (__, at) => ({
          direction: 0 as const,
          octets: stream.subarray(
            from + missing + 90 * at,
            Math.min(from + missing + 90 * (at + 1), stream.length),
          ),
        })),
      ],
      keyLog,
    );
    expect(found).toEqual(told);
    const left = lines.filter((__, index) => !lost.includes(index)).map(({ octets }) => octets);
    expect(Buffer.from(clear[0]).toString()).toBe(Buffer.concat(left).toString());
  });

  it('gives up where nothing opens any more', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, lines);
    const noise = Uint8Array.from({ length: 90_000 }, (_, index) => (index % 5 === 0 ? 23 : 3));
    const after: Piece[] = [
      { direction: 0, octets: noise, missing: 10 },
      { direction: 0, octets: noise },
    ];
    const { told: found } = opened([...pieces, ...after], keyLog);
    expect(found).toEqual([...told, 'octets are missing, and behind them no record was found']);
  });

  it('is not read any more if they are of the handshake', async () => {
    const { pieces, keyLog } = await wireOf({ version, ciphers }, lines);
    const cut = pieces.map((piece, index) =>
      index === 2 ? { ...piece, missing: piece.octets.length } : piece,
    );
    const { clear, told: found } = opened(cut, keyLog);
    expect(found.join()).toContain('octets of the handshake are missing');
    expect(clear[pieces[2]?.direction ?? 0].length).toBe(0);
  });
});

describe('what else may happen', () => {
  it('is a server that wants another ClientHello', async () => {
    const choice = { version: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', serverGroups: 'P-384' } as const;
    const { pieces, keyLog } = await wireOf(choice, SAID);
    // The first octets of the random by which a HelloRetryRequest is known (RFC 8446 §4.1.3).
    expect(pieces.some(({ octets }) => toHex(octets).includes('cf21ad74e59a6111be1d8c02'))).toBe(true);
    expect(toHex(opened(pieces, keyLog).clear[0])).toBe(toHex(saidBy(0)));
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
    expect(toHex(opened(again.pieces, again.keyLog).clear[0])).toBe(toHex(saidBy(0)));
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
          const { clear, told } = opened(changed, keyLog);
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
