/** Goal: a directory comes into being with those above it, and where none can, that is said instead of tried for ever. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeDirectory } from '../../src/server/store-directory.ts';
import { temporaryFolder } from '../support/process.ts';

it('makes what is missing, open to its owner alone, and leaves what is there', () => {
  const folder = temporaryFolder();
  const mode = statSync(folder).mode;
  const deep = join(folder, 'a', 'b', 'c');
  makeDirectory(deep, 0o700);
  makeDirectory(deep, 0o700);
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  expect(statSync(folder).mode).toBe(mode);
});

it('takes no file for a directory', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeDirectory(file, 0o700)).toThrow('EEXIST');
  expect(() => makeDirectory(join(file, 'below'), 0o700)).toThrow('ENOTDIR');
});
