import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileRow, FLUSH_INTERVAL_MILLIS } from '../../src/proxy/recorder-file.ts';
import { temporaryFolder } from '../support/process.ts';

const HEAD = Uint8Array.of(1, 2, 3);
const fail = (path: string, error: Error): void => {
  throw new Error(`${path}: ${error.message}`);
};

describe('a file that grows', () => {
  it('has everything after the interval, without being closed', async () => {
    const path = join(temporaryFolder(), 'a.bin');
    const row = new FileRow(path, () => [HEAD], undefined, fail);
    row.add(Uint8Array.of(4));
    await new Promise((resolve) => setTimeout(resolve, 3 * FLUSH_INTERVAL_MILLIS));
    expect([...readFileSync(path)]).toEqual([1, 2, 3, 4]);
    row.close();
  });

  it('goes on in the next file after its size, each with its beginning, and keeps the newest', async () => {
    const folder = temporaryFolder();
    const row = new FileRow(join(folder, 'tap.pcapng'), () => [HEAD], { octets: 10, keep: 2 }, fail);
    for (let block = 0; block < 10; block++) row.add(new Uint8Array(5).fill(block));
    row.close();
    expect(readdirSync(folder).sort()).toEqual(['tap-00004.pcapng', 'tap-00005.pcapng']);
    expect([...readFileSync(join(folder, 'tap-00005.pcapng'))]).toEqual([
      1, 2, 3, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9,
    ]);
  });

  it('goes on behind the files of an earlier run, which count among those that are kept', async () => {
    const folder = temporaryFolder();
    const others = [
      'tap.pcapng',
      'tap-1.pcapng',
      'tap-00001.jsonl',
      'tap-00009x.pcapng',
      'untap-00009.pcapng',
    ];
    for (const name of [...others, 'tap-00006.pcapng', 'tap-00007.pcapng'])
      writeFileSync(join(folder, name), name);
    const row = new FileRow(join(folder, 'tap.pcapng'), () => [HEAD], { octets: 10, keep: 2 }, fail);
    row.add(Uint8Array.of(4));
    row.close();
    expect(readdirSync(folder).sort()).toEqual([...others, 'tap-00007.pcapng', 'tap-00008.pcapng'].sort());
    expect(readFileSync(join(folder, 'tap-00007.pcapng'), 'latin1')).toBe('tap-00007.pcapng');
    expect([...readFileSync(join(folder, 'tap-00008.pcapng'))]).toEqual([1, 2, 3, 4]);
  });

  it('needs no more memory for the hundredth file than for the first', async () => {
    const path = join(temporaryFolder(), 'tap.pcapng');
    const row = new FileRow(path, () => [HEAD], { octets: 1, keep: 1 }, fail);
    const before = process.memoryUsage().arrayBuffers;
    for (let block = 0; block < 100; block++) row.add(HEAD);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    row.close();
  });

  it('goes on in the next file after its time', async () => {
    const folder = temporaryFolder();
    const row = new FileRow(join(folder, 'tap.pcapng'), () => [HEAD], { seconds: 0.05 }, fail);
    row.add(Uint8Array.of(4));
    await new Promise((resolve) => setTimeout(resolve, 80));
    row.add(Uint8Array.of(5));
    row.close();
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
