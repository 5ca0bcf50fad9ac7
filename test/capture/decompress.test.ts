/**
 * Goal: what gzip and zstd have written is read, in pieces of any size; damaged data yields all that precedes the
 * damage; nobody's header makes us allocate what it claims. The files were made by gzip and zstd themselves.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressed } from '../../src/capture/decompress.ts';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { SourceDamage } from '../../src/capture/source.ts';
import { Collector, inChunks } from './collect.ts';

const captures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const plain = readFileSync(`${captures}dhcpv6/scn-b-mclt-example.pcap`);
const stored = (name: string): Buffer => readFileSync(`${captures}compressed/${name}`);

/** Everything that comes out, and the damage, if any. */
async function unpack(bytes: Uint8Array, octets = bytes.length) {
  const parts: Uint8Array[] = [];
  let found: string | null | undefined;
  let damage: unknown = null;
  try {
    const chunks = decompressed(inChunks(bytes, octets), (compression) => {
      found = compression;
    });
    for await (const part of chunks) parts.push(part);
  } catch (error) {
    damage = error;
  }
  return { octets: Buffer.concat(parts), found, damage };
}

describe.each([
  ['level3.pcap.zst', 'zstd'],
  ['level19-no-check.pcap.zst', 'zstd'],
  ['streamed.pcap.zst', 'zstd'],
  ['frames.pcap.zst', 'zstd'],
  ['members.pcap.gz', 'gzip'],
])('%s', (name, compression) => {
  it.each([1_000_000, 1000, 7])('in pieces of %i octets', async (size) => {
    const { octets, found, damage } = await unpack(stored(name), size);
    expect(damage).toBeNull();
    expect(found).toBe(compression);
    expect(octets.equals(plain)).toBe(true);
  });

  it('cut short: what precedes, then damage', async () => {
    const file = stored(name);
    for (const length of [file.length - 1, file.length - 10, Math.floor(file.length / 2)]) {
      const { octets, damage } = await unpack(file.subarray(0, length));
      expect(damage).toBeInstanceOf(SourceDamage);
      expect(plain.subarray(0, octets.length).equals(octets)).toBe(true);
    }
  });
});

describe('zstd', () => {
  it('several blocks', async () => {
    const { octets, damage } = await unpack(stored('blocks.pcap.zst'), 5000);
    expect(damage).toBeNull();
    expect(createHash('sha256').update(octets).digest('hex')).toBe(
      'c8d0224bc1e6a17356d79924790535d4350a5418b28c87b87a13d88d2432b3cd',
    );
  });

  it('blocks of one octet repeated', async () => {
    // head -c 300000 /dev/zero | zstd
    const { octets, damage } = await unpack(
      Buffer.from('28b52ffd04585400001000000100fbff39c00202001000039f04002d28de26', 'hex'),
      3,
    );
    expect(damage).toBeNull();
    expect(octets.equals(Buffer.alloc(300_000))).toBe(true);
  });

  it('a window beyond the limit is refused, not allocated', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const { octets, damage } = await unpack(stored('window-128m.pcap.zst'));
    expect(octets.length).toBe(0);
    expect(String(damage)).toMatch(/needs a window of 134217728 octets, at most 67108864 are given/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('a dictionary is asked for by its number', async () => {
    // RFC 8878 §3.1.1.1: a window of 1 KiB and four octets of dictionary id, then a single segment and one octet of it.
    for (const frame of ['28b52ffd0300efbeadde010000', '28b52ffd21070001000061']) {
      const { octets, damage } = await unpack(Buffer.from(frame, 'hex'), 3);
      expect(octets.length).toBe(0);
      expect(String(damage)).toMatch(/needs the dictionary (3735928559|7); decompress the file first/);
    }
  });

  it('any flipped octet is found, if not before then by the check sum', async () => {
    const file = stored('level3.pcap.zst');
    const seen = new Set<string>();
    // Before them stand what makes it zstd, and how large it will be.
    for (let at = 9; at < file.length; at += 97) {
      const bad = Buffer.from(file);
      bad[at] = (bad[at] as number) ^ 0x10;
      const { damage } = await unpack(bad);
      expect(damage, `octet ${at}`).toBeInstanceOf(SourceDamage);
      seen.add(/check sum/.exec(`${damage}`)?.[0] ?? 'other');
    }
    expect([...seen].sort()).toEqual(['check sum', 'other']);
  });

  it('a wrong check sum is told with what it is of, after all that came out', async () => {
    const file = stored('level3.pcap.zst');
    file[file.length - 1] = (file.at(-1) as number) ^ 1;
    for (const size of [file.length, 7]) {
      const { octets, damage } = await unpack(file, size);
      expect(octets.equals(plain)).toBe(true);
      expect(`${damage}`).toBe(
        `SourceDamage: the zstd data is damaged: the check sum of ${plain.length} octets, decompressed, from octet 0 on is wrong`,
      );
    }
    // `printf a | zstd` and the same again, with the letter of the second frame changed; the first has a right sum.
    const frames = '28b52ffd0458090000615b6e8ca9';
    const { octets, damage } = await unpack(Buffer.from(frames + frames.replace('0061', '0062'), 'hex'));
    expect(octets.toString()).toBe('ab');
    expect(`${damage}`).toMatch(/the check sum of 1 octets, decompressed, from octet 1 on is wrong$/);
  });
});

describe('gzip', () => {
  const pieces = [1_000_000, 4096, 61];
  const packed = gzipSync(plain);
  const flipped = (at: number): Buffer => {
    const file = Buffer.from(packed);
    file[at] = (file[at] as number) ^ 1;
    return file;
  };

  it.each([
    ['a wrong check sum', flipped(packed.length - 8), /gzip data is damaged: a check sum is wrong/],
    ['a wrong length', flipped(packed.length - 1), /gzip data is damaged: a length is wrong/],
    ['a check sum that is cut off', packed.subarray(0, -8), /unexpected end of file/],
    ['half a check sum', packed.subarray(0, -5), /unexpected end of file/],
    ['text behind it', Buffer.concat([packed, Buffer.from('and so on')]), /what follows is no gzip/],
    ['half a header behind it', Buffer.concat([packed, packed.subarray(0, 7)]), /unexpected end of file/],
    [
      'another method behind it',
      Buffer.concat([packed, Buffer.from('1f8b07000000000000ff', 'hex')]),
      /no gzip/,
    ],
  ])('%s: all contents come out first', async (_, file, message) => {
    for (const size of pieces) {
      const { octets, damage } = await unpack(file, size);
      expect(octets.equals(plain)).toBe(true);
      expect(damage).toBeInstanceOf(SourceDamage);
      expect(String(damage)).toMatch(message);
    }
  });

  it('zeros behind it, and another member behind them', async () => {
    for (const size of pieces) {
      const { octets, damage } = await unpack(Buffer.concat([packed, Buffer.alloc(700), packed]), size);
      expect(damage).toBeNull();
      expect(octets.equals(Buffer.concat([plain, plain]))).toBe(true);
    }
  });

  it('headers with all that RFC 1952 allows', async () => {
    const fixed = Buffer.from('1f8b081f0000000000ff', 'hex');
    const header = Buffer.concat([fixed, Buffer.from('0300616263' + '6e616d6500' + '00' + 'abcd', 'hex')]);
    for (const size of pieces) {
      const { octets, damage } = await unpack(Buffer.concat([header, packed.subarray(10)]), size);
      expect(damage).toBeNull();
      expect(octets.equals(plain)).toBe(true);
    }
  });

  it('a header without an end is not kept for ever', async () => {
    const endless = Buffer.concat([Buffer.from('1f8b08080000000000ff', 'hex'), Buffer.alloc(1_000_000, 'n')]);
    const { damage } = await unpack(endless, 4096);
    expect(String(damage)).toMatch(/a header of more than 262144 octets/);
  });

  it('any flipped octet ends quietly', async () => {
    for (let at = 2; at < packed.length; at += 97) {
      const { octets, damage } = await unpack(flipped(at), 4096);
      if (damage === null) expect(octets.equals(plain)).toBe(true);
      else expect(String(damage)).toMatch(/gzip data is damaged/);
    }
  });

  it('a bomb comes out in pieces', async () => {
    const member = gzipSync(Buffer.alloc(20_000_000), { level: 9 });
    const bomb = Buffer.concat(new Array(4).fill(member));
    let octets = 0;
    let largest = 0;
    for await (const part of decompressed(inChunks(bomb), () => undefined)) {
      octets += part.length;
      largest = Math.max(largest, part.length);
    }
    expect(octets).toBe(80_000_000);
    expect(largest).toBeLessThanOrEqual(256 * 1024);
  });
});

describe('reading', () => {
  it('a compressed file reads as the plain one, and says what it was', async () => {
    const [zstd, gzip, none] = await Promise.all(
      ['compressed/level3.pcap.zst', 'compressed/members.pcap.gz', 'dhcpv6/scn-b-mclt-example.pcap'].map(
        async (name) => {
          const sink = new Collector();
          const summary = await readCapture([fileSource(`${captures}${name}`)], sink);
          return { lines: sink.lines(), summary };
        },
      ),
    );
    expect(zstd?.lines).toEqual(none?.lines);
    expect(gzip?.lines).toEqual(none?.lines);
    expect(zstd?.summary.sources[0]).toMatchObject({
      compression: 'zstd',
      octets: plain.length,
      packets: 914,
    });
    expect(gzip?.summary.sources[0]).toMatchObject({ compression: 'gzip' });
    expect(none?.summary.sources[0]).toMatchObject({ compression: null });
  });

  it('a compressed file that is cut: damage at the end of what was decompressed', async () => {
    const file = gzipSync(plain, { level: 0 }).subarray(0, 50_000);
    const sink = new Collector();
    const chunks = decompressed(inChunks(file), () => undefined);
    const summary = await readCapture([{ name: 'x.gz', chunks }], sink);
    expect(summary.sources[0]?.damage).toMatchObject({
      code: 'compressed-data',
      path: 'x.gz',
      message: 'the gzip data is damaged: unexpected end of file',
    });
    expect(summary.packets).toBeGreaterThan(400);
  });
});
