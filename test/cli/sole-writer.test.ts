/** Goal: a file that somebody writes is left to him, and a pipe that nobody reads keeps nobody waiting. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { soleWriter } from '../../src/cli/sole-writer.ts';
import { temporaryFolder } from '../support/process.ts';

it.runIf(process.platform === 'linux')('leaves a file to who writes it already, by any name', async () => {
  const folder = temporaryFolder();
  const [file, link, other] = ['tap.pcapng', 'link', 'other'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const giveBack = await soleWriter([file, undefined]);
  const refusal = 'another leasetap is writing this file';
  await expect(soleWriter([file])).rejects.toThrow(`${file}: ${refusal}`);
  writeFileSync(file, '');
  symlinkSync(file, link);
  await expect(soleWriter([other, link])).rejects.toThrow(`${link}: ${refusal}`);
  giveBack();
  // What was refused has taken nothing.
  (await soleWriter([other, link]))();
});

it('refuses a pipe that nobody reads', async () => {
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  await expect(soleWriter([pipe])).rejects.toThrow(`${pipe}: nobody reads from this pipe`);
});

it('makes no file called "-"', async () => {
  await expect(soleWriter(['-'])).rejects.toThrow('expected the name of a file');
});

it('lets any number write to a device', async () => {
  const free = await Promise.all([soleWriter(['/dev/null']), soleWriter(['/dev/null'])]);
  for (const giveBack of free) giveBack();
});
