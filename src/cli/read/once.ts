/** Captures that can be read only once, and what has to be said where twice is needed. */
import { statSync } from 'node:fs';
import { safeText } from '../../render/escape.ts';

/** The name of the first that is standard input, a named pipe, `<(…)` of a shell or the like. */
export function readOnlyOnce(files: readonly string[]): string | undefined {
  const file = files.find((name) => name === '-' || isStream(name));
  if (file === undefined) return undefined;
  return file === '-' ? 'standard input' : safeText(file);
}

/** What is not there, or must not be looked at, is told when it is opened. */
function isStream(file: string): boolean {
  try {
    const there = statSync(file);
    return !there.isFile() && !there.isDirectory();
  } catch {
    return false;
  }
}
