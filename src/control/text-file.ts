/** Files that users name on a command line: configurations, faults, tokens. What cannot be read is named. */
import { readFileSync } from 'node:fs';

/** @throws the system's error, always with its `path`, which it lacks for what can be opened but not read (a folder) */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}
