/** Goal: datagrams come out of their fragments whole, once, in the packet that completes them; bounded when they do not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B, ethernet, ipv4, ipv6, pcap, story, tcp, text, u8, u16, u32, udp } from './build.ts';
import { readBytes } from './collect.ts';

const UDP = 17;
const data = Array.from({ length: 100 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
const whole = udp([546, 547], text(data));

function six(start: number, end: number, id = 7, payload = whole, next = UDP): Buffer {
  const more = end < payload.length ? 1 : 0;
  const header = Buffer.concat([u8(next, 0), u16(start | more), u32(id)]);
  return ethernet(0x86dd, ipv6(A, B, 44, Buffer.concat([header, payload.subarray(start, end)])));
}

function four(start: number, end: number, id = 7): Buffer {
  const flagsAndOffset = (start >> 3) | (end < whole.length ? 0x2000 : 0);
  return ethernet(
    0x0800,
    ipv4('192.0.2.1', '192.0.2.2', UDP, whole.subarray(start, end), { id, flagsAndOffset }),
  );
}

describe.each([
  ['IPv6', six],
  ['IPv4', four],
])('%s', (_, part) => {
  const parts = [part(0, 40), part(40, 80), part(80, whole.length)];

  it.each([
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ])('in the order %i %i %i', async (...order) => {
    const { sink, summary } = await readBytes(pcap(order.map((index) => parts[index] as Buffer)));
    expect(sink.lines()).toEqual(['3 open flow 0', `3 data flow 0 0 ${data}`]);
    expect(summary.skipped).toEqual([]);
  });

  it('repeated and overlapping: the first octets win', async () => {
    const other = Buffer.from(part(40, 80));
    other.fill(0x5a, other.length - 8);
    const packets = [parts[0], parts[0], part(16, 80), other, parts[2]] as Buffer[];
    expect((await readBytes(pcap(packets))).sink.lines()).toEqual([
      '5 open flow 0',
      `5 data flow 0 0 ${data}`,
    ]);
  });

  it('two datagrams mixed', async () => {
    const packets = [part(0, 40, 1), part(0, 40, 2), part(40, whole.length, 2), part(40, whole.length, 1)];
    const { sink } = await readBytes(pcap(packets));
    expect(sink.told.filter((told) => told.what === 'data').map((told) => told.packet)).toEqual([3, 4]);
  });

  it('incomplete ones are counted', async () => {
    const { sink, summary } = await readBytes(pcap([parts[0] as Buffer, parts[2] as Buffer]));
    expect(sink.told).toEqual([]);
    expect(summary.skipped).toMatchObject([{ code: 'fragments', packets: 1 }]);
  });

  it('incomplete ones are dropped after fragmentSecondsMax', async () => {
    const late = [1000, 1061, 1061].map((seconds, index) => [seconds, 0, parts[index] as Buffer] as const);
    const { sink, summary } = await readBytes(pcap(late));
    expect(sink.told).toEqual([]);
    expect(summary.skipped).toMatchObject([{ code: 'fragments', packets: 2 }]);
  });
});

describe('bounds', () => {
  it('fragmentedDatagramsMax: the oldest gives way', async () => {
    const packets = [
      six(0, 40, 1),
      six(0, 40, 2),
      six(0, 40, 3),
      six(40, whole.length, 1),
      six(40, whole.length, 3),
    ];
    const { sink, summary } = await readBytes(pcap(packets), { limits: { fragmentedDatagramsMax: 2 } });
    expect(sink.told.filter((told) => told.what === 'data').map((told) => told.packet)).toEqual([5]);
    expect(summary.limits).toEqual([{ limit: 'fragmentedDatagramsMax', hits: 2 }]);
  });

  it('fragmentsMax', async () => {
    const packets = [six(0, 8), six(8, 16), six(16, 24), six(24, whole.length)];
    const { sink, summary } = await readBytes(pcap(packets), { limits: { fragmentsMax: 2 } });
    expect(sink.told).toEqual([]);
    expect(summary.limits).toEqual([{ limit: 'fragmentsMax', hits: 1 }]);
  });

  it('fragments that fit no datagram are counted: cut, misaligned, empty, past 65,535', async () => {
    const past = six(0xfff8, 0xfff8 + 16, 9, Buffer.alloc(0xfff8 + 16));
    const { summary } = await readBytes(pcap([six(0, 41), six(40, 40), past]));
    expect(summary.skipped).toMatchObject([{ code: 'fragment', packets: 3 }]);
    const cut = await readBytes(pcap([six(0, 80)], { snap: 100 }));
    expect(cut.summary.skipped).toMatchObject([{ code: 'fragment', packets: 1 }]);
  });
});

describe('what fragments carry', () => {
  it('TCP behind a destination options header', async () => {
    const payload = Buffer.concat([u8(6, 0), Buffer.alloc(6), tcp({ seq: 1, ack: 1, data })]);
    const packets = [six(0, 40, 1, payload, 60), six(40, payload.length, 1, payload, 60)];
    expect(story((await readBytes(pcap(packets))).sink.told, 0)).toBe(data);
  });

  it('any cutting and any order', async () => {
    const cutting = fc.tuple(
      fc.array(fc.integer({ min: 1, max: 13 }), { maxLength: 13 }),
      fc.array(fc.nat(), { minLength: 15, maxLength: 15 }),
    );
    await fc.assert(
      fc.asyncProperty(cutting, async ([cuts, order]) => {
        const at = [...new Set([0, ...cuts.map((cut) => cut * 8)])].sort((a, b) => a - b);
        const packets = at
          .map((start, index) => ({
            place: order[index] as number,
            part: six(start, at[index + 1] ?? whole.length),
          }))
          .sort((a, b) => a.place - b.place)
          .map(({ part }) => part);
        const { sink } = await readBytes(pcap(packets));
        expect(story(sink.told, 0)).toBe(data);
      }),
      { numRuns: 100 },
    );
  });
});
