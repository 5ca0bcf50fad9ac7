/** Goal: what cannot be read twice is refused at once; a second look at a pipe would wait for ever. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { knowledgeOf } from '../../../src/cli/read/annotate.ts';
import { readOnlyOnce } from '../../../src/cli/read/once.ts';
import { temporaryFolder } from '../../support/process.ts';

/** A folder, a file and a named pipe in it. */
function made(): { readonly folder: string; readonly file: string; readonly pipe: string } {
  const folder = temporaryFolder();
  const [file, pipe] = [join(folder, 'file.pcap'), join(folder, 'pipe')];
  writeFileSync(file, '');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  return { folder, file, pipe };
}

it('names standard input and pipes, and leaves files, folders and what is not there to those who open them', () => {
  const { folder, file, pipe } = made();
  expect(readOnlyOnce([file, folder, join(folder, 'nothing')])).toBeUndefined();
  expect(readOnlyOnce([file, '-'])).toBe('standard input');
  expect(readOnlyOnce([file, pipe])).toBe(pipe);
});

it('refuses a pipe where answers and findings have to be known beforehand', async () => {
  const { pipe } = made();
  for (const wanted of ['later', 'checks'] as const)
    await expect(knowledgeOf([pipe], wanted)).rejects.toThrow(`${pipe} cannot be read twice: -`);
  expect((await knowledgeOf([pipe], 'earlier')).earlier).toEqual([]);
});
