/**
 * Makes a directory and those above it. Not `mkdirSync` with `recursive`: where the system says of a directory that is
 * there that it is not, as under /proc, that asks for ever.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** @throws the system's error if one of them cannot be made */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isDirectory(at); at = dirname(at)) missing.unshift(at);
  for (const directory of missing) mkdirSync(directory, { mode });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
