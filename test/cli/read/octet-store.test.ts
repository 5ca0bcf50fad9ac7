/** Goal: octets come back from where they were kept, in a capture or in the temporary file, which nobody finds later. */
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OctetStore } from '../../../src/cli/read/octet-store.ts';

const pattern = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 0xff);

const leftBehind = (): string[] =>
  readdirSync(tmpdir()).filter((name) => /^leasetap-[\da-f]{8}-[\da-f-]{27}$/.test(name));

describe('octets outside of memory', () => {
  let folder = '';
  let before: string[] = [];
  beforeEach(() => {
    before = leftBehind();
    folder = mkdtempSync(join(tmpdir(), 'octets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('of a capture stay there', () => {
    const files = [pattern(400_000, 1), pattern(300_000, 2)];
    const paths = files.map((_, at) => join(folder, `${at}`));
    const store = new OctetStore(paths);
    const places: [number, Uint8Array][] = [];
    files.forEach((octets, file) => {
      writeFileSync(paths[file] as string, octets);
      for (let at = 0; at < octets.length; at += 100_000) {
        // As it comes from a read: a part of a larger buffer.
        const buffer = new Uint8Array(100_100);
        const chunk = buffer.subarray(50, 50 + Math.min(100_000, octets.length - at));
        chunk.set(octets.subarray(at, at + chunk.length));
        store.chunk(file, at, chunk);
        for (const start of [0, 31_000, 99_000])
          places.push([store.put(chunk, start, start + 1000), octets.slice(at + start, at + start + 1000)]);
      }
    });
    for (const [place, octets] of [...places, ...places.toReversed()])
      expect(store.get(place, 1000)).toEqual(octets);
    truncateSync(paths[0] as string, 500);
    expect(new OctetStore(paths).get(places[0]?.[0] ?? 0, 1000)).toEqual(pattern(500, 1));
    store.close();
    expect(leftBehind()).toEqual(before);
  });

  it('of anything else go to a file that has no name', () => {
    const store = new OctetStore([]);
    const lengths = [10, 300_000, 700_000, 1_200_000, 0, 65_535, 12];
    const places = lengths.map((length, seed) => {
      const octets = pattern(length, seed);
      return [store.put(octets, 0, length), octets] as const;
    });
    for (const [place, octets] of [...places, ...places.toReversed()])
      expect(Buffer.compare(store.get(place, octets.length), octets)).toBe(0);
    if (process.platform !== 'win32') expect(leftBehind()).toEqual(before);
    store.close();
    expect(leftBehind()).toEqual(before);
  });
});
