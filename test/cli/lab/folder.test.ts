import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeLabFolder } from '../../../src/cli/lab/folder.ts';
import { temporaryFolder } from '../../support/process.ts';

/** The id of a process that is gone. */
const gone = spawnSync(process.execPath, ['-e', '']).pid;

describe('the folder of a lab', () => {
  it('is new, and goes with the next lab if its own was killed', () => {
    const parent = temporaryFolder();
    const left = makeLabFolder(parent, gone);
    writeFileSync(join(left, 'primary.yaml'), '');
    const running = makeLabFolder(parent);
    expect(basename(running)).toMatch(new RegExp(`^leasetap-lab-${process.pid}-`));
    expect(existsSync(left)).toBe(false);
    makeLabFolder(parent);
    expect(existsSync(running)).toBe(true);
  });

  it('is nothing else that has such a name', () => {
    const parent = temporaryFolder();
    const other = join(parent, 'leasetap-lab-notes');
    const elsewhere = join(parent, 'elsewhere');
    const link = join(parent, `leasetap-lab-${gone}-abcdef`);
    for (const folder of [other, elsewhere]) mkdirSync(folder);
    writeFileSync(join(elsewhere, 'mine'), '');
    symlinkSync(elsewhere, link);
    makeLabFolder(parent);
    expect([other, link, join(elsewhere, 'mine')].map((path) => existsSync(path))).toEqual([
      true,
      true,
      true,
    ]);
  });
});
