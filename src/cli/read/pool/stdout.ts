/** Standard output for threads that write there in turn: past all streams, because streams belong to one thread. */
import { writeSync } from 'node:fs';

const STDOUT = 1;
/** How long to wait for a reader of a pipe that somebody has told not to block. */
const RETRY_MILLIS = 1;
const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread until all is written. False if nobody reads any more. @throws what else the system says */
export function writeToStdout(octets: Uint8Array): boolean {
  let at = 0;
  while (at < octets.length) {
    try {
      at += writeSync(STDOUT, octets, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'ECONNRESET') return false;
      if (code !== 'EAGAIN') throw Object.assign(error as Error, { path: 'standard output' });
      Atomics.wait(never, 0, 0, RETRY_MILLIS);
    }
  }
  return true;
}
