/** A key log that is written: lines are appended to a file that nobody else may read. */
import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs';

const PRIVATE_MODE = 0o600;

/**
 * Makes the file, if need be, and returns how a line, with its newline, is appended. The file is opened for each line,
 * so that it may be moved away; there are few. Throws the operating system's error.
 */
export function keyLogFile(path: string): (line: string) => void {
  const append = (line: string): void => {
    const file = openSync(path, 'a', PRIVATE_MODE);
    try {
      fchmodSync(file, PRIVATE_MODE);
      writeSync(file, line);
    } finally {
      closeSync(file);
    }
  };
  append('');
  return append;
}
