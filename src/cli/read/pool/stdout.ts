/** Standard output for threads that write there in turn: past all streams, because streams belong to one thread. */
import { writeSync } from 'node:fs';

const STDOUT = 1;
/** How long to wait for a reader of a pipe that somebody has told not to block. */
const RETRY_MILLIS = 1;
const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread until all is written. False if that failed, most likely because nobody reads any more. */
export function writeToStdout(octets: Uint8Array): boolean {
  let at = 0;
  while (at < octets.length) {
    try {
      at += writeSync(STDOUT, octets, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
      Atomics.wait(never, 0, 0, RETRY_MILLIS);
    }
  }
  return true;
}
