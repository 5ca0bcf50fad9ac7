/**
 * Goal: sections, interfaces, clocks and kinds of block as draft-ietf-opsawg-pcapng has them, in both byte orders; what
 * is not read is passed over; what is broken is told at its octet. Blocks are put together here by hand.
 */
import { describe, expect, it } from 'vitest';
import {
  interfaceBlock,
  packetBlock,
  secretsBlock,
  sectionHeaderBlock,
} from '../../src/capture/pcapng-writer.ts';
import { packet, story, text, u8, u16, u32 } from './build.ts';
import { readBytes } from './collect.ts';

type Order = 'little' | 'big';

/** Blocks in one byte order. */
function blocks(order: Order) {
  const turn = (bytes: Buffer): Buffer => (order === 'big' ? bytes : Buffer.from(bytes).reverse());
  const half = (value: number): Buffer => turn(u16(value));
  const word = (value: number): Buffer => turn(u32(value >>> 0));
  const padded = (bytes: Buffer): Buffer =>
    Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const option = (code: number, value: Buffer): Buffer =>
    Buffer.concat([half(code), half(value.length), padded(value)]);
  const block = (type: number, ...body: Buffer[]): Buffer => {
    const whole = Buffer.concat(body);
    return Buffer.concat([word(type), word(whole.length + 12), whole, word(whole.length + 12)]);
  };
  const ticks = (count: bigint): Buffer =>
    Buffer.concat([word(Number(count >> 32n)), word(Number(count & 0xffff_ffffn))]);
  return {
    half,
    word,
    option,
    block,
    section: (...options: Buffer[]): Buffer =>
      block(0x0a0d_0d0a, word(0x1a2b_3c4d), half(1), half(0), word(-1), word(-1), ...options),
    face: (linkType = 1, snap = 0, ...options: Buffer[]): Buffer =>
      block(1, half(linkType), half(0), word(snap), ...options),
    enhanced: (face: number, count: bigint, bytes: Buffer, ...options: Buffer[]): Buffer =>
      block(6, word(face), ticks(count), word(bytes.length), word(bytes.length), padded(bytes), ...options),
    obsolete: (face: number, count: bigint, bytes: Buffer): Buffer =>
      block(2, half(face), half(9), ticks(count), word(bytes.length), word(bytes.length), padded(bytes)),
    simple: (bytes: Buffer, wire = bytes.length): Buffer => block(3, word(wire), padded(bytes)),
  };
}

const data = (octets: string, seq: number): Buffer => packet({ seq, ack: 1, data: octets });
const SECOND = 1_000_000n;

async function timesOf(file: Buffer): Promise<string[]> {
  const { sink } = await readBytes(file);
  return sink.told.flatMap((told) => (told.what === 'data' ? [told.time] : []));
}

describe.each<Order>(['little', 'big'])('%s-endian', (order) => {
  const { section, face, enhanced, obsolete, simple, block, option, word } = blocks(order);

  it('enhanced, obsolete and simple packet blocks', async () => {
    const file = Buffer.concat([
      section(),
      face(),
      enhanced(0, 5n * SECOND, data('ab', 1)),
      obsolete(0, 6n * SECOND + 1n, data('cd', 3)),
      simple(data('ef', 5)),
      enhanced(0, 8n * SECOND, data('gh', 7)),
    ]);
    expect(story((await readBytes(file)).sink.told, 0)).toBe('abcdefgh');
    expect(await timesOf(file)).toEqual(['5.000000', '6.000001', '6.000001', '8.000000']);
  });

  it('blocks of no interest and of no known type are passed over, and do not count as packets', async () => {
    const file = Buffer.concat([
      section(option(1, text('a comment'))),
      face(),
      block(4, Buffer.alloc(8)),
      block(5, word(0), word(0), word(0)),
      block(0xbad, word(42), text('custom..')),
      block(0x4000_0bad, word(42)),
      block(0x1234_5678),
      enhanced(0, SECOND, data('ab', 1)),
    ]);
    const { sink, summary } = await readBytes(file);
    expect(sink.lines()).toEqual(['1 open flow 0 mid-stream', '1 data flow 0 0 ab']);
    expect(summary).toMatchObject({ packets: 1, sources: [{ format: 'pcapng', damage: null }] });
  });

  it('if_tsresol in powers of ten and two, and if_tsoffset', async () => {
    const hour = Buffer.alloc(8);
    if (order === 'big') hour.writeBigInt64BE(-3600n);
    else hour.writeBigInt64LE(-3600n);
    const file = Buffer.concat([
      section(),
      face(1, 0, option(9, u8(0))),
      face(1, 0, option(9, u8(9))),
      face(1, 0, option(9, u8(12))),
      face(1, 0, option(9, u8(0x80 | 10))),
      face(1, 0, option(9, u8(0x80 | 40))),
      face(1, 0, option(9, u8(9)), option(14, hour)),
      face(1, 0, option(9, u8(18))),
      enhanced(0, 1_709_629_200n, data('a', 1)),
      enhanced(1, 1_709_629_200_000_000_001n, data('b', 2)),
      enhanced(2, 5_000_000_000_007n, data('c', 3)),
      enhanced(3, 1_709_629_200n * 1024n + 1n, data('d', 4)),
      enhanced(4, 3n * 2n ** 40n + 2n ** 39n, data('e', 5)),
      enhanced(5, 1_709_629_200_500_000_000n, data('f', 6)),
      enhanced(6, 7_123_456_789_012_345_678n, data('g', 7)),
    ]);
    expect(await timesOf(file)).toEqual([
      '1709629200',
      '1709629200.000000001',
      '5.000000000007',
      '1709629200.0009765625',
      `3.5${'0'.repeat(39)}`,
      '1709625600.500000000',
      '7.123456789012345',
    ]);
  });

  it('times that no calendar has are cut to those that it has', async () => {
    const past = Buffer.alloc(8, 0xff);
    if (order === 'big') past.writeBigInt64BE(-(2n ** 62n));
    else past.writeBigInt64LE(-(2n ** 62n));
    const file = Buffer.concat([
      section(),
      face(1, 0, option(9, u8(0))),
      face(1, 0, option(14, past)),
      enhanced(0, 2n ** 64n - 1n, data('a', 1)),
      enhanced(1, 5n * SECOND, data('b', 2)),
    ]);
    expect(await timesOf(file)).toEqual(['8639999999999', '-8639999999999.000000']);
  });

  it('simple packets end at the snapshot length of the first interface', async () => {
    const whole = data('abcdef', 1);
    const cut = whole.subarray(0, whole.length - 2);
    const file = Buffer.concat([section(), face(1, cut.length), simple(cut, whole.length)]);
    expect(story((await readBytes(file)).sink.told, 0)).toBe('abcd[2]');
  });

  it('comments and secrets are handed out', async () => {
    const heard: string[] = [];
    const file = Buffer.concat([
      section(),
      face(),
      block(10, word(0x544c_534b), word(3), text('key\0')),
      enhanced(
        0,
        1n,
        data('ab', 1),
        option(1, text('dropped by F1')),
        option(2, word(1)),
        option(1, text('twice')),
      ),
      enhanced(0, 2n, data('cd', 3)),
    ]);
    await readBytes(file, {
      onComment: (number, comment) => heard.push(`${number} ${comment}`),
      onSecrets: ({ kind, bytes }) => heard.push(`${kind.toString(16)} ${Buffer.from(bytes).toString()}`),
    });
    expect(heard).toEqual(['544c534b key', '1 dropped by F1', '1 twice']);
  });

  it('packets of unknown interfaces and packets that claim too much count, and are passed over', async () => {
    const lying = enhanced(0, 1n, data('xx', 1));
    if (order === 'big') lying.writeUInt32BE(0xffff_ffff, 20);
    else lying.writeUInt32LE(0xffff_ffff, 20);
    const file = Buffer.concat([
      section(),
      face(),
      enhanced(7, 1n, data('yy', 1)),
      lying,
      enhanced(0, 1n, data('ab', 1)),
    ]);
    const { sink, summary } = await readBytes(file);
    expect(sink.lines()).toEqual(['3 open flow 0 mid-stream', '3 data flow 0 0 ab']);
    expect(summary.skipped).toEqual([
      { code: 'packet-block', reason: 'packet block of an interface that was not described', packets: 1 },
      { code: 'packet-block', reason: 'packet block that claims more octets than it holds', packets: 1 },
    ]);
  });

  it('a cut at any octet yields the packets before it and the offset of the end', async () => {
    const parts = [
      section(),
      face(),
      enhanced(0, 1n, data('ab', 1)),
      block(77, word(1)),
      simple(data('cd', 3)),
    ];
    const file = Buffer.concat(parts);
    const ends = parts.map((_, index) => Buffer.concat(parts.slice(0, index + 1)).length);
    for (let length = 12; length < file.length; length++) {
      const { summary } = await readBytes(file.subarray(0, length));
      const damage = summary.sources[0]?.damage ?? null;
      if (ends.includes(length)) expect(damage).toBeNull();
      else expect(damage).toMatchObject({ code: 'file-truncated', offset: length });
      expect(summary.packets).toBe(length < (ends[2] as number) ? 0 : 1);
    }
  });
});

describe('several sections', () => {
  it('each have their byte order and their interfaces', async () => {
    const [little, big] = [blocks('little'), blocks('big')];
    const file = Buffer.concat([
      little.section(),
      little.face(1, 0, little.option(9, u8(9))),
      little.enhanced(0, 5n, data('ab', 1)),
      big.section(),
      big.enhanced(0, 5n, data('xx', 3)),
      big.face(),
      big.enhanced(0, 6n, data('cd', 3)),
    ]);
    const { sink, summary } = await readBytes(file);
    expect(story(sink.told, 0)).toBe('abcd');
    expect(await timesOf(file)).toEqual(['0.000000005', '0.000006']);
    expect(summary.packets).toBe(3);
  });
});

describe('damage', () => {
  const { section, face, enhanced, block } = blocks('little');
  const head = Buffer.concat([section(), face(), enhanced(0, 1n, data('ab', 1))]);

  async function damageOf(file: Buffer) {
    const { sink, summary } = await readBytes(file);
    expect(story(sink.told, 0)).toBe('ab');
    return summary.sources[0]?.damage;
  }

  it('block lengths that cannot be', async () => {
    for (const length of [0, 8, 13, 0xffff_fff0]) {
      const bad = enhanced(0, 1n, data('cd', 3));
      bad.writeUInt32LE(length, 4);
      expect(await damageOf(Buffer.concat([head, bad]))).toMatchObject({
        code: 'block-length',
        offset: head.length + 4,
      });
    }
  });

  it('a block that does not end with its length', async () => {
    for (const bad of [enhanced(0, 1n, data('cd', 3)), block(99, Buffer.alloc(8))]) {
      bad.writeUInt32LE(1, bad.length - 4);
      const offset = head.length + bad.length - 4;
      expect(await damageOf(Buffer.concat([head, bad]))).toMatchObject({ code: 'block-end', offset });
    }
  });

  it('a section without byte order', async () => {
    const bad = section();
    bad.writeUInt32LE(0, 8);
    expect(await damageOf(Buffer.concat([head, bad]))).toMatchObject({
      code: 'byte-order',
      offset: head.length + 8,
    });
    await expect(readBytes(bad)).rejects.toThrow(
      'begins like pcapng, but has no byte-order magic at offset 8',
    );
  });

  it('a huge block of no interest is passed over without being held', async () => {
    const huge = block(99, Buffer.alloc(20_000_000));
    const { sink, summary } = await readBytes(
      Buffer.concat([head, huge, enhanced(0, 2n, data('cd', 3))]),
      {},
      65_536,
    );
    expect(story(sink.told, 0)).toBe('abcd');
    expect(summary.sources[0]?.damage).toBeNull();
  });

  it('interfacesMax', async () => {
    const file = Buffer.concat([
      section(),
      face(),
      face(),
      face(),
      enhanced(1, 1n, data('ab', 1)),
      enhanced(2, 1n, data('cd', 3)),
    ]);
    const { sink, summary } = await readBytes(file, { limits: { interfacesMax: 2 } });
    expect(story(sink.told, 0)).toBe('ab');
    expect(summary.limits).toEqual([{ limit: 'interfacesMax', hits: 1 }]);
  });
});

describe('our own writer', () => {
  it('writes what the reader reads', async () => {
    const comments = ['forwarded', 'edited by F2: é'];
    const time = { unixSeconds: 1_709_629_200, ticks: 2388, resolution: { ticksPerSecond: 1e6, digits: 6 } };
    const file = Buffer.concat([
      sectionHeaderBlock({ application: 'leasetap', comments: ['c'] }),
      interfaceBlock({ linkType: 1, name: 'primary' }),
      interfaceBlock({ linkType: 1, name: 'secondary', comments: ['leg'] }),
      secretsBlock(text('CLIENT_RANDOM')),
      packetBlock({ interfaceId: 1, time, bytes: data('abc', 1), direction: 'inbound', comments }),
    ]);
    const heard: string[] = [];
    const { sink, summary } = await readBytes(file, {
      onComment: (_, comment) => heard.push(comment),
      onSecrets: ({ bytes }) => heard.push(Buffer.from(bytes).toString()),
    });
    expect(story(sink.told, 0)).toBe('abc');
    expect(await timesOf(file)).toEqual(['1709629200.002388']);
    expect(heard).toEqual(['CLIENT_RANDOM', ...comments]);
    expect(summary.sources[0]?.damage).toBeNull();
  });
});
