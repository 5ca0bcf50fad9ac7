/** Goal: every classic pcap variant reads alike, and a broken one yields all that precedes the break and says where. */
import type { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ByteCursor } from '../../src/capture/cursor.ts';
import { DEFAULT_CAPTURE_LIMITS } from '../../src/capture/limits.ts';
import { CaptureReader } from '../../src/capture/reader.ts';
import { packet, pcap, story } from './build.ts';
import { readBytes } from './collect.ts';

/** Brings no types of its own. */
const pcapParser: { parse(input: Readable): EventEmitter } = createRequire(import.meta.url)('pcap-parser');

const three = ['ab', 'cd', 'ef'].map((data, index) => packet({ seq: 1 + 2 * index, ack: 1, data }));
const RECORD = 16 + 14 + 40 + 20 + 2;

describe('variants', () => {
  it.each([
    ['microseconds, little-endian', {}, '1000.000003'],
    ['microseconds, big-endian', { big: true }, '1000.000003'],
    ['nanoseconds, little-endian', { magic: 0xa1b2_3c4d }, '1000.000000003'],
    ['nanoseconds, big-endian', { magic: 0xa1b2_3c4d, big: true }, '1000.000000003'],
    ['Kuznetzov, little-endian', { magic: 0xa1b2_cd34, recordExtra: 8 }, '1000.000003'],
    ['Kuznetzov, big-endian', { magic: 0xa1b2_cd34, recordExtra: 8, big: true }, '1000.000003'],
    ['SuSE 6.3', { magic: 0xa1b2_cd34, recordExtra: 12 }, '1000.000003'],
    ['Red Hat 6.1, big-endian', { recordExtra: 8, big: true }, '1000.000003'],
    ['Nokia', { recordExtra: 4 }, '1000.000003'],
  ])('%s', async (_, shape, lastTime) => {
    const { sink, summary } = await readBytes(pcap(three, shape));
    expect(story(sink.told, 0)).toBe('abcdef');
    expect(sink.told.at(-1)).toMatchObject({ packet: 3, time: lastTime });
    expect(summary.sources[0]).toMatchObject({ format: 'pcap', packets: 3, damage: null });
  });

  it.each([
    [{}, 'pcap, little-endian, microseconds'],
    [{ magic: 0xa1b2_3c4d, big: true }, 'pcap, big-endian, nanoseconds'],
    [
      { magic: 0xa1b2_cd34, recordExtra: 8, big: true },
      'pcap, big-endian, microseconds, modified (Kuznetzov) record headers',
    ],
    [
      { magic: 0xa1b2_cd34, recordExtra: 12 },
      'pcap, little-endian, microseconds, modified record headers of SuSE 6.3',
    ],
    [{ recordExtra: 8 }, 'pcap, little-endian, microseconds, record headers of Red Hat 6.1'],
    [{ recordExtra: 4, big: true }, 'pcap, big-endian, microseconds, record headers of Nokia'],
  ])('say what they are: %j', async (shape, text) => {
    const { summary } = await readBytes(pcap(three, shape));
    expect(summary.sources[0]?.variant).toBe(text);
  });

  it('damage in a record does not make a file one of a patched libpcap', async () => {
    for (let at = 24 + RECORD; at < 24 + RECORD + 16; at++) {
      const file = pcap(three);
      file.writeUInt8(0xff, at);
      const { summary } = await readBytes(file);
      expect(summary.sources[0]?.variant).toBe('pcap, little-endian, microseconds');
    }
  });

  it.each([
    [999_999, '1000.999999'],
    [1_000_000, '1001.000000'],
    [2_500_000, '1002.500000'],
  ])('%i microseconds behind second 1000 are %s', async (ticks, time) => {
    const { sink } = await readBytes(pcap([[1000, ticks, three[0] as Buffer]]));
    expect(sink.told.at(-1)).toMatchObject({ time });
  });

  it('the frame check sequence bits beside the link type are none of it', async () => {
    const file = pcap(three);
    file.writeUInt32LE(0x2400_0001, 20);
    expect(story((await readBytes(file)).sink.told, 0)).toBe('abcdef');
  });
});

describe('damage', () => {
  it('a cut at any octet yields the packets before it and the offset of the end', async () => {
    const file = pcap(three);
    for (let length = 24; length < file.length; length++) {
      const { summary } = await readBytes(file.subarray(0, length));
      const whole = Math.floor((length - 24) / RECORD);
      expect(summary.packets).toBe(whole);
      const damage = summary.sources[0]?.damage ?? null;
      if ((length - 24) % RECORD === 0) expect(damage).toBeNull();
      else expect(damage).toMatchObject({ code: 'file-truncated', path: 'test.pcap', offset: length });
    }
  });

  it('a length that cannot be is damage at that length', async () => {
    const file = pcap(three);
    file.writeUInt32LE(0xffff_fff0, 24 + RECORD + 8);
    const { sink, summary } = await readBytes(file);
    expect(story(sink.told, 0)).toBe('ab');
    expect(summary.sources[0]?.damage).toEqual({
      code: 'packet-length',
      path: 'test.pcap',
      message: 'a packet of 4294967280 octets; at most 262144 can be',
      offset: 24 + RECORD + 8,
    });
  });

  it('a claimed length costs no memory before its octets are there', () => {
    const cursor = new ByteCursor();
    const reader = new CaptureReader('x', { ...DEFAULT_CAPTURE_LIMITS, packetOctetsMax: 2 ** 31 }, {});
    const file = pcap(three);
    file.writeUInt32LE(2 ** 31, 24 + 8);
    reader.cursor.feed(file);
    expect(reader.next()).toBe(false);
    expect(reader.cursor.bytes.length).toBeLessThan(10_000);
    expect(cursor.need(1)).toBe(false);
  });
});

describe('what is no capture', () => {
  it.each([
    [
      'nothing',
      Buffer.alloc(0),
      'test.pcap: empty; expected pcap or pcapng, plain or compressed by gzip or zstd',
    ],
    ['three octets', Buffer.from('abc'), /^test.pcap: too short; expected pcap/],
    [
      'text',
      Buffer.from('hello, this is some text that goes on'),
      /^test.pcap: not a capture; expected pcap/,
    ],
    [
      'xz',
      Buffer.from('fd377a585a000004e6d6', 'hex'),
      'test.pcap: compressed by xz, which is not read; expected',
    ],
    ['bzip2', Buffer.from('425a683931415926', 'hex'), 'test.pcap: compressed by bzip2, which is not read'],
    ['a zip archive', Buffer.from('504b03041400', 'hex'), 'test.pcap: a zip archive; expected pcap'],
    ['snoop', Buffer.from('snoop\0\0\0\0\0\0\x02'), 'test.pcap: a capture of snoop, which is not read'],
    ['half a header', pcap([]).subarray(0, 20), /^test.pcap: ends at offset 20, within its header/],
    ['another version', Buffer.from(pcap([])).fill(9, 4, 5), 'test.pcap: pcap version 9.4; expected 2.4'],
  ])('%s', async (_, file, message) => {
    await expect(readBytes(file)).rejects.toThrow(message);
    await expect(readBytes(file)).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('second opinion: npm pcap-parser', () => {
  const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
  const plain = ['dhcpv6', 'dhcpv4-isc'].flatMap((name) =>
    readdirSync(`${folder}${name}`)
      .filter(
        (file) => file.endsWith('.pcap') && !file.startsWith('fmt-pcap-ns') && !file.startsWith('mal-file'),
      )
      .map((file) => `${name}/${file}`),
  );

  it.each(plain)('%s', async (name) => {
    const file = readFileSync(`${folder}${name}`);
    const reader = new CaptureReader(name, DEFAULT_CAPTURE_LIMITS, {});
    reader.cursor.feed(file);
    reader.cursor.finish();
    const ours: unknown[] = [];
    while (reader.next()) {
      const { bytes, start, end, unixSeconds, ticks, wireLength } = reader.packet;
      ours.push([unixSeconds, ticks, wireLength, Buffer.from(bytes.subarray(start, end)).toString('hex')]);
    }
    expect(ours).toEqual(await packetsOf(file));
  });
});

interface ParsedPacket {
  readonly header: { timestampSeconds: number; timestampMicroseconds: number; originalLength: number };
  readonly data: Buffer;
}

function packetsOf(file: Buffer): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const packets: unknown[] = [];
    const parser = pcapParser.parse(Readable.from([file]));
    parser.on('packet', ({ header, data }: ParsedPacket) => {
      const { timestampSeconds, timestampMicroseconds, originalLength } = header;
      packets.push([timestampSeconds, timestampMicroseconds, originalLength, data.toString('hex')]);
    });
    parser.on('end', () => resolve(packets));
    parser.on('error', reject);
  });
}
