/**
 * Goal: one direction of TCP comes out in order, each octet once, whatever the network and the capture did to it; what
 * is missing is told, where and when it is certain. Written as packets in, lines out.
 */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read.ts';
import { packet, pcap, reply, type Segment, story } from './build.ts';
import { readBytes } from './collect.ts';

const syn = packet({ seq: 99, flags: 'S' });
const from = (seq: number, data: string | Buffer): Buffer => packet({ seq, ack: 1, data });
const acked = (ack: number): Buffer => reply({ seq: 1, ack });

async function told(...packets: Buffer[]) {
  return readBytes(pcap(packets));
}

describe('in order', () => {
  it('octets of a handshake, data and both ends', async () => {
    const { sink } = await told(
      syn,
      reply({ seq: 499, ack: 100, flags: 'S' }),
      packet({ seq: 100, ack: 500 }),
      packet({ seq: 100, ack: 500, data: 'abc' }),
      reply({ seq: 500, ack: 103, data: 'xy' }),
      packet({ seq: 103, ack: 502, flags: 'F' }),
      reply({ seq: 502, ack: 104, flags: 'F' }),
      packet({ seq: 104, ack: 503 }),
    );
    expect(sink.lines()).toEqual([
      '1 open flow 0',
      '4 data flow 0 0 abc',
      '5 data flow 0 1 xy',
      '6 close flow 0 0 fin',
      '7 close flow 0 1 fin',
    ]);
  });

  it('sequence numbers wrap', async () => {
    const { sink } = await told(
      packet({ seq: 0xffff_fffc, flags: 'S' }),
      from(0xffff_fffd, 'abc'),
      from(3, 'gh'),
      from(0, 'def'),
    );
    expect(story(sink.told, 0)).toBe('abcdefgh');
  });

  it('data in the SYN and with the FIN', async () => {
    const { sink } = await told(
      packet({ seq: 99, flags: 'S', data: 'ab' }),
      packet({ seq: 102, ack: 1, flags: 'F', data: 'c' }),
    );
    expect(story(sink.told, 0)).toBe('abc fin');
  });
});

describe('out of order', () => {
  it('held until the packet that fills the hole', async () => {
    const { sink, summary } = await told(syn, from(103, 'def'), from(106, 'g'), from(100, 'abc'));
    expect(sink.lines().slice(1)).toEqual([
      '4 data flow 0 0 abc',
      '4 data flow 0 0 def',
      '4 data flow 0 0 g',
    ]);
    expect(summary.tcp).toMatchObject({ outOfOrderSegments: 2, missingOctets: 0 });
  });

  it('a FIN that overtakes the data ends after it', async () => {
    const { sink } = await told(syn, packet({ seq: 103, ack: 1, flags: 'F' }), from(100, 'abc'));
    expect(sink.lines().slice(1)).toEqual(['3 data flow 0 0 abc', '3 close flow 0 0 fin']);
  });

  it('octets behind the FIN belong to nothing', async () => {
    const { sink } = await told(
      syn,
      from(105, 'zz'),
      packet({ seq: 103, ack: 1, flags: 'F' }),
      from(100, 'abc'),
      from(103, 'y'),
    );
    expect(story(sink.told, 0)).toBe('abc fin');
  });

  it('other flows are told in the order of packets meanwhile', async () => {
    const other = (seq: number, data: string): Buffer => packet({ seq, ack: 1, data, ports: [40_001, 647] });
    const { sink } = await told(syn, from(103, 'def'), other(7, 'x'), acked(106), other(8, 'y'));
    expect(sink.lines()).toEqual([
      '1 open flow 0',
      '2 gap flow 0 0 3',
      '2 data flow 0 0 def',
      '3 open flow 1 mid-stream',
      '3 data flow 1 0 x',
      '5 data flow 1 0 y',
    ]);
  });
});

describe('octets that come twice', () => {
  it('exact retransmissions are told once', async () => {
    const { sink, summary } = await told(
      syn,
      from(100, 'abc'),
      from(100, 'abc'),
      acked(103),
      from(100, 'ab'),
    );
    expect(story(sink.told, 0)).toBe('abc');
    expect(summary.tcp).toMatchObject({ retransmittedSegments: 2, conflictingOctets: 0 });
  });

  it('a retransmission that brings more is told from there on', async () => {
    const { sink } = await told(syn, from(100, 'abc'), from(101, 'bcdef'));
    expect(sink.lines().slice(1)).toEqual(['2 data flow 0 0 abc', '3 data flow 0 0 def']);
  });

  it('the first octets win, before and after they are told, and others are counted', async () => {
    const { sink, summary } = await told(
      syn,
      from(100, 'abc'),
      from(100, 'aXc'),
      from(105, 'fg'),
      from(104, 'eYghi'),
      from(103, 'd'),
      from(102, 'ZZZ'),
    );
    expect(story(sink.told, 0)).toBe('abcdefghi');
    // X against b, Y against f, and Z three times.
    expect(summary.tcp.conflictingOctets).toBe(5);
  });

  it('those of another stream with the same numbers are not compared', async () => {
    const other = (data: string): Buffer => packet({ seq: 100, ack: 1, data, ports: [40_001, 647] });
    const { summary } = await told(syn, from(100, 'abc'), other('xyz'), from(100, 'abc'), other('xyz'));
    expect(summary.tcp).toMatchObject({ retransmittedSegments: 2, conflictingOctets: 0 });
  });

  it('keep-alive probes are no data', async () => {
    const { sink, summary } = await told(
      syn,
      from(100, 'abc'),
      from(102, 'c'),
      from(102, '\0'),
      packet({ seq: 102, ack: 1 }),
      from(103, 'd'),
    );
    expect(story(sink.told, 0)).toBe('abcd');
    expect(summary.tcp).toMatchObject({ keepAliveProbes: 3, retransmittedSegments: 0 });
  });
});

describe('missing octets', () => {
  it('told at once when the other side acknowledges them, with the packets that hold what follows', async () => {
    const { sink } = await told(syn, from(105, 'f'), from(107, 'hi'), acked(109), from(109, 'j'));
    expect(sink.lines().slice(1)).toEqual([
      '2 gap flow 0 0 5',
      '2 data flow 0 0 f',
      '3 gap flow 0 0 1',
      '3 data flow 0 0 hi',
      '5 data flow 0 0 j',
    ]);
  });

  it('what was acknowledged only in part may still come', async () => {
    const { sink } = await told(syn, from(105, 'f'), acked(103), from(103, 'de'));
    expect(story(sink.told, 0)).toBe('[3]def');
  });

  it('told when they were acknowledged before', async () => {
    const { sink } = await told(syn, acked(104), from(104, 'e'));
    expect(story(sink.told, 0)).toBe('[4]e');
  });

  it('an acknowledgement that overtakes the data loses nothing', async () => {
    const { sink } = await told(syn, acked(106), from(100, 'abc'), from(103, 'def'));
    expect(story(sink.told, 0)).toBe('abcdef');
  });

  it('told at the end of the capture, with what was held', async () => {
    const { sink, summary } = await told(syn, from(102, 'c'));
    expect(story(sink.told, 0)).toBe('[2]c');
    expect(summary.tcp.missingOctets).toBe(2);
  });

  it('told no earlier than what precedes them, whenever what follows was captured', async () => {
    const { sink } = await told(syn, from(103, 'd'), from(100, 'a'), from(101, 'b'), acked(104));
    expect(sink.lines().slice(1)).toEqual([
      '3 data flow 0 0 a',
      '4 data flow 0 0 b',
      '4 gap flow 0 0 1',
      '4 data flow 0 0 d',
    ]);
  });

  it('told at the end if nothing but their acknowledgement was seen', async () => {
    expect(story((await told(syn, from(100, 'ab'), acked(110))).sink.told, 0)).toBe('ab[8]');
    // One more than the data: the FIN.
    expect(story((await told(syn, from(100, 'ab'), acked(103))).sink.told, 0)).toBe('ab');
  });

  it('told before the FIN', async () => {
    const { sink } = await told(syn, packet({ seq: 104, ack: 1, flags: 'F' }), acked(105));
    expect(story(sink.told, 0)).toBe('[4] fin');
  });

  it('what the snapshot length cut off, in order and out of order', async () => {
    // 14 + 40 + 20 octets of headers, then five of data.
    const packets = [syn, from(100, 'abcdefgh'), from(116, 'qrstuvwx'), from(108, 'ijklmnop')];
    const { sink, summary } = await readBytes(pcap(packets, { snap: 79 }));
    expect(story(sink.told, 0)).toBe('abcde[3]ijklm[3]qrstu[3]');
    expect(summary.tcp.missingOctets).toBe(9);
  });
});

describe('memory', () => {
  it('what is held is a copy: it does not keep its chunk alive', async () => {
    const sizes: number[] = [];
    const sink = {
      open: () => undefined,
      data: (_flow: unknown, _direction: unknown, bytes: Uint8Array) => sizes.push(bytes.buffer.byteLength),
      gap: () => undefined,
      close: () => undefined,
    };
    // A Buffer, as files give them: its slice() is a view.
    const file = pcap([syn, from(103, 'def'), from(100, 'abc')]);
    await readCapture([{ name: 'x', chunks: Readable.from([file]) }], sink);
    expect(sizes).toEqual([3, 3]);
  });
});

describe('limits', () => {
  const many = [syn, ...[1, 2, 3, 4, 5].map((index) => from(100 + 10 * index, 'x'.repeat(10)))];

  it.each([
    ['outOfOrderOctetsMax', 30],
    ['outOfOrderOctetsTotalMax', 30],
    ['outOfOrderSegmentsMax', 3],
  ] as const)('%s', async (limit, value) => {
    const { sink, summary } = await readBytes(pcap(many), { limits: { [limit]: value } });
    expect(story(sink.told, 0)).toBe(`[10]${'x'.repeat(50)}`);
    expect(summary.limits).toEqual([{ limit, hits: 1 }]);
  });

  it('holeSecondsMax', async () => {
    const late = [1000, 1020, 1070].map((seconds, index) => [seconds, 0, from(110 + index, 'x')] as const);
    const { sink, summary } = await readBytes(pcap([[1000, 0, syn], ...late]));
    expect(story(sink.told, 0)).toBe('[10]xxx');
    expect(summary.limits).toContainEqual({ limit: 'holeSecondsMax', hits: 1 });
  });

  it('a segment from far away is a stray; several mean that the capture missed much', async () => {
    const far = 100 + 2 ** 28;
    const { sink } = await told(syn, from(100, 'ab'), from(far, 'zz'), from(102, 'cd'));
    expect(story(sink.told, 0)).toBe('abcd');
    const lost = [0, 1, 2, 3, 4].map((index) => from(far + index, `${index}`));
    expect(story((await told(syn, from(100, 'ab'), ...lost)).sink.told, 0)).toBe(`ab[${2 ** 28 + 1}]34`);
  });
});

describe('any network', () => {
  /** Cuts, repeats and shuffles a stream, keeping each piece within some places of where it belongs. */
  const traffic = fc.record({
    data: fc.uint8Array({ minLength: 1, maxLength: 400 }),
    cuts: fc.array(fc.nat(399), { maxLength: 20 }),
    repeats: fc.array(fc.tuple(fc.nat(399), fc.nat(60)), { maxLength: 8 }),
    jitter: fc.array(fc.nat(6), { minLength: 40, maxLength: 40 }),
    initial: fc.constantFrom(0, 99, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff),
  });

  function segmentsOf(item: {
    data: Uint8Array;
    cuts: number[];
    repeats: [number, number][];
    jitter: number[];
    initial: number;
  }): Segment[] {
    const data = Buffer.from(item.data);
    const piece = (start: number, end: number): Segment => ({
      seq: (item.initial + 1 + start) >>> 0,
      ack: 1,
      data: data.subarray(start, end),
    });
    const at = [...new Set([0, ...item.cuts.filter((cut) => cut < data.length)])].sort((a, b) => a - b);
    const pieces = at.map((start, index) => piece(start, at[index + 1] ?? data.length));
    for (const [start, length] of item.repeats) {
      if (start < data.length)
        pieces.splice(start % pieces.length, 0, piece(start, Math.min(data.length, start + length + 1)));
    }
    return pieces
      .map((segment, index) => ({ segment, place: index + (item.jitter[index] ?? 0) }))
      .sort((a, b) => a.place - b.place)
      .map(({ segment }) => segment);
  }

  it('delivers the same octets for any cutting, repeating and shuffling', async () => {
    await fc.assert(
      fc.asyncProperty(traffic, async (item) => {
        const packets = [packet({ seq: item.initial, flags: 'S' }), ...segmentsOf(item).map(packet)];
        const { sink, summary } = await readBytes(pcap(packets));
        expect(sink.octets(0, 0).equals(item.data)).toBe(true);
        expect(summary.tcp).toMatchObject({ missingOctets: 0, conflictingOctets: 0 });
        const order = sink.told.map((each) => each.packet);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
      { numRuns: 150 },
    );
  });

  it('accounts for every octet when packets are lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        traffic,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        async (item, lost) => {
          const kept = segmentsOf(item).filter((_, index) => lost[index] !== true);
          const end = (item.initial + 1 + item.data.length) >>> 0;
          const packets = [packet({ seq: item.initial, flags: 'S' }), ...kept.map(packet)];
          packets.push(packet({ seq: end, ack: 1, flags: 'F' }));
          const { sink } = await readBytes(pcap(packets));
          let at = 0;
          for (const each of sink.told) {
            if (each.what === 'gap') at += each.missing;
            if (each.what !== 'data') continue;
            expect(Buffer.from(each.bytes).equals(item.data.subarray(at, at + each.bytes.length))).toBe(true);
            at += each.bytes.length;
          }
          expect(at).toBe(item.data.length);
          expect(sink.told.at(-1)).toMatchObject({ what: 'close', how: 'fin' });
        },
      ),
      { numRuns: 150 },
    );
  });
});
