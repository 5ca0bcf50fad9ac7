/**
 * That memory of chunks may be written over once the next two were asked for, as those who keep no messages let it be:
 * nothing that reads holds on to octets, but to compare retransmissions, and that only so far back as it says.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CHUNK_OCTETS, fileSource, recyclingFileSource, streamSource } from '../../src/capture/files.ts';
import { REACH_OCTETS, RecentData } from '../../src/capture/recent-data.ts';
import { readMessages } from '../../src/cli/read/messages.ts';
import { DISSECTORS } from '../dissect/captured.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const captures = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.pcap(ng)?$/.test(name),
);

/** Chunks of so many octets; those before the last two hold nonsense, as Buffers of a stream would not. */
async function* spoiled(octets: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const given: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += size) {
    if (given.length === 2) given.shift()?.fill(0xa5);
    const chunk = Buffer.from(octets.subarray(at, at + size));
    given.push(chunk);
    yield chunk;
  }
}

async function told(octets: Uint8Array, chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  const events = {
    onMessage: (message: { json(): string }) => lines.push(message.json()),
    onNotice: (notice: { kind: string; message: string }) => lines.push(`${notice.kind}: ${notice.message}`),
  };
  const source = streamSource(`${octets.length} octets`, chunks);
  await readMessages([source], DISSECTORS, events, { overwrite: true }).catch((error: Error) =>
    lines.push(error.message),
  );
  return lines;
}

describe('recycled chunks', () => {
  it.each(captures)('tell the same of %s', async (name) => {
    const octets = readFileSync(fixtures + name);
    const whole = await told(octets, spoiled(octets, octets.length));
    for (const size of [71, 150, 260, 411, 1000])
      expect(await told(octets, spoiled(octets, size))).toEqual(whole);
  });

  it('are few, and hold what the file holds', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leasetap-'));
    const path = join(folder, 'large');
    const octets = new Uint8Array(20 * CHUNK_OCTETS + 5).map((_, at) => (at / 1000) | 0);
    writeFileSync(path, octets);
    const memories = async (chunks: AsyncIterable<Uint8Array>) => {
      const seen = new Set<ArrayBufferLike>();
      let at = 0;
      for await (const chunk of chunks) {
        seen.add(chunk.buffer);
        expect(Buffer.compare(chunk, octets.subarray(at, at + chunk.length))).toBe(0);
        at += chunk.length;
      }
      expect(at).toBe(octets.length);
      return seen.size;
    };
    expect(await memories(fileSource(path).chunks)).toBe(21);
    expect(await memories(recyclingFileSource(path).chunks)).toBe(REACH_OCTETS / CHUNK_OCTETS + 2);
    rmSync(folder, { recursive: true });
  });
});

describe('RecentData', () => {
  it('forgets what lies too far back', () => {
    const recent = new RecentData();
    const stream = {};
    const octets = Uint8Array.of(1, 2, 3, 4);
    recent.advance(4);
    recent.remember(stream, 100, octets, 0, 4);
    const other = Uint8Array.of(9, 9, 9, 9);
    recent.advance(REACH_OCTETS);
    expect(recent.differences(stream, 100, other, 0, 4)).toBe(4);
    recent.advance(1);
    expect(recent.differences(stream, 100, other, 0, 4)).toBe(0);
  });
});
