/** Goal: sources of any chunking and number read alike; callers can wait, watch and stop; the summary is right. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileSource, streamSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { packet, pcap, story } from './build.ts';
import { Collector, inChunks, readBytes } from './collect.ts';

const captures = fileURLToPath(new URL('../../fixtures/captures/dhcpv6/', import.meta.url));
const at = (micros: number, data: string, seq: number): readonly [number, number, Buffer] => [
  1000,
  micros,
  packet({ seq, ack: 1, data }),
];

describe('chunks', () => {
  it.each([
    'ng-interfaces.pcapng',
    'tcp-out-of-order.pcap',
    'fmt-pcap-ns-be.pcap',
    'mal-file-truncated-packet.pcap',
  ])('%s reads alike whole, octet by octet and in odd pieces', async (name) => {
    const file = readFileSync(`${captures}${name}`);
    const whole = await readBytes(file);
    for (const size of [1, 13, 1000]) {
      const pieces = await readBytes(file, {}, size);
      expect(pieces.sink.told).toEqual(whole.sink.told);
      expect(pieces.summary).toEqual(whole.summary);
    }
  });
});

describe('interfaces', () => {
  // By tshark: packets 42 each of the connections on any, tun0 and eth1; on eth0 46, and one connection in 42 of them.
  it.each([
    ['by name', ['tun0'], 1],
    ['by number', ['2'], 1],
    ['several', ['any', '3'], 2],
    ['all if none is named', [], 4],
    ['none of that name', ['lo'], 0],
  ])('%s', async (_, interfaces, connections) => {
    const file = readFileSync(`${captures}ng-interfaces.pcapng`);
    const { sink, summary } = await readBytes(file, { interfaces });
    expect(sink.told.filter(({ what, flow }) => what === 'open' && flow.transport === 'tcp')).toHaveLength(
      connections,
    );
    expect(summary.sources[0]?.interfaces).toEqual(['eth0', 'any', 'tun0', 'eth1']);
    // Packets keep the numbers that they have in the file.
    expect(summary.packets).toBe(172);
  });
});

describe('several sources', () => {
  const source = (name: string, file: Buffer, size = 50) => ({ name, chunks: inChunks(file, size) });

  it('merge by time, and packets are counted over all of them', async () => {
    const one = pcap([at(10, 'ab', 1), at(30, 'ef', 5), at(31, 'gh', 7)]);
    const two = pcap([at(20, 'cd', 3), at(40, 'ij', 9)], { big: true });
    const sink = new Collector();
    const summary = await readCapture([source('one', one), source('two', two)], sink);
    expect(story(sink.told, 0)).toBe('abcdefghij');
    expect(sink.told.map((told) => told.packet)).toEqual([1, 1, 2, 3, 4, 5]);
    expect(summary).toMatchObject({
      packets: 5,
      sources: [
        { name: 'one', packets: 3 },
        { name: 'two', packets: 2 },
      ],
      firstTime: { unixSeconds: 1000, ticks: 10 },
      lastTime: { unixSeconds: 1000, ticks: 40 },
    });
  });

  it('compare times of different resolutions', async () => {
    const nanoseconds = pcap([[1000, 20_500, packet({ seq: 3, ack: 1, data: 'cd' })]], {
      magic: 0xa1b2_3c4d,
    });
    const micros = pcap([at(20, 'ab', 1), at(21, 'ef', 5)]);
    const sink = new Collector();
    await readCapture([source('one', micros), source('two', nanoseconds)], sink);
    expect(story(sink.told, 0)).toBe('abcdef');
  });

  it('one that breaks ends alone', async () => {
    const one = pcap([at(10, 'ab', 1), at(50, 'xx', 99)]).subarray(0, -3);
    const two = pcap([at(20, 'cd', 3), at(60, 'ef', 5)]);
    const sink = new Collector();
    const summary = await readCapture([source('one', one), source('two', two)], sink);
    expect(story(sink.told, 0)).toBe('abcdef');
    expect(summary.sources.map((each) => each.damage?.offset)).toEqual([one.length, undefined]);
  });

  it('all must be captures before anything is told', async () => {
    const sink = new Collector();
    const bad = Buffer.from('this is not a capture at all');
    await expect(
      readCapture([source('one', pcap([at(1, 'a', 1)])), source('two', bad)], sink),
    ).rejects.toThrow('two: not a capture');
    expect(sink.told).toEqual([]);
  });
});

describe('callers', () => {
  it('wait between chunks, see progress, and stop early', async () => {
    const file = pcap(Array.from({ length: 100 }, (_, index) => at(index, 'x', 1 + index)));
    const stop = new AbortController();
    const seen: number[] = [];
    let closed = false;
    async function* chunks() {
      try {
        yield* inChunks(file, 1000);
      } finally {
        closed = true;
      }
    }
    const sink = new Collector();
    const summary = await readCapture([{ name: 'x', chunks: chunks(), size: () => file.length }], sink, {
      signal: stop.signal,
      afterChunk: async ({ octets, octetsTotal, packets }) => {
        await new Promise((resolve) => setImmediate(resolve));
        expect(octetsTotal).toBe(file.length);
        seen.push(octets);
        if (packets > 20) stop.abort();
      },
    });
    expect(seen.slice(0, 3)).toEqual([1000, 2000, 3000]);
    expect(summary.packets).toBeLessThan(40);
    expect(closed).toBe(true);
  });

  it('have their sources closed when reading fails', async () => {
    let closed = false;
    async function* chunks() {
      try {
        yield Buffer.from('this is not a capture at all');
        yield Buffer.alloc(10);
      } finally {
        closed = true;
      }
    }
    await expect(readCapture([{ name: 'x', chunks: chunks() }], new Collector())).rejects.toThrow(
      /not a capture/,
    );
    expect(closed).toBe(true);
  });

  it('get counts of an empty capture', async () => {
    const { summary } = await readBytes(pcap([]));
    expect(summary).toMatchObject({ packets: 0, firstTime: null, lastTime: null, skipped: [], limits: [] });
  });
});

describe('files', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'leasetap-capture-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('of more than one chunk', async () => {
    const data = 'y'.repeat(1400);
    const packets = Array.from({ length: 2000 }, (_, index) => at(index, data, 1 + 1400 * index));
    const path = join(folder, 'large.pcap');
    writeFileSync(path, pcap(packets));
    const sink = new Collector();
    const progress: number[] = [];
    const summary = await readCapture([fileSource(path)], sink, {
      afterChunk: async ({ octets, octetsTotal }) => {
        progress.push(octets / (octetsTotal as number));
      },
    });
    expect(story(sink.told, 0)).toBe(data.repeat(2000));
    expect(summary.sources[0]).toMatchObject({ name: path, packets: 2000, damage: null });
    expect(progress.length).toBeGreaterThanOrEqual(3);
    expect(progress.at(-1)).toBe(1);
  });

  // Waiting for its writer must not stop everything else.
  it('that are named pipes', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const sink = new Collector();
    const reading = readCapture([fileSource(path)], sink);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(path, pcap([at(0, 'slow', 1)]));
    expect((await reading).packets).toBe(1);
    expect(story(sink.told, 0)).toBe('slow');
  });

  // Nothing comes out of the first block: that is damage, not an empty file.
  it('of which nothing can be decompressed say so', async () => {
    const path = join(folder, 'cut.pcap.zst');
    const whole = readFileSync(`${captures}../compressed/level3.pcap.zst`);
    writeFileSync(path, whole.subarray(0, 40));
    await expect(readCapture([fileSource(path)], new Collector())).rejects.toThrow(
      `${path}: the zstd data is damaged: unexpected end of file`,
    );
  });

  it('that cannot be opened say so with their path', async () => {
    for (const [path, code] of [
      [join(folder, 'none.pcap'), 'ENOENT'],
      [folder, 'EISDIR'],
    ]) {
      await expect(readCapture([fileSource(path as string)], new Collector())).rejects.toMatchObject({
        code,
        path,
      });
    }
  });

  it('standard input', async () => {
    const sink = new Collector();
    const input = Readable.from([pcap([at(1, 'ab', 1), at(2, 'cd', 3)])]);
    const summary = await readCapture([streamSource('standard input', input)], sink);
    expect(story(sink.told, 0)).toBe('abcd');
    expect(summary.sources[0]?.name).toBe('standard input');
  });
});
