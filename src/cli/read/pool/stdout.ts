/**
 * Standard output for a thread that writes beside the main one: the streams of the process belong to that. A pipe whose
 * reader is slow is waited for without blocking the thread, so that it can be ended at any time.
 */
import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { WriteAll } from './writer.ts';

const STDOUT = 1;
/** How long to wait for a terminal that takes nothing at the moment. */
const RETRY_MILLIS = 1;
const never = new Int32Array(new SharedArrayBuffer(4));

/** What writes to standard output, whatever that is. */
export function stdoutWriter(): WriteAll {
  const stats = fstatSync(STDOUT);
  if (stats.isFIFO() || stats.isSocket()) return socketWriter(new Socket({ fd: STDOUT, readable: false }));
  return async (pieces) => pieces.every(writeBlocking);
}

function socketWriter(socket: Socket): WriteAll {
  // Each write is told its own error, too.
  socket.on('error', () => undefined);
  return (pieces) =>
    new Promise((resolve, reject) => {
      const written = (error?: Error | null): void => {
        if (error === undefined || error === null) resolve(true);
        else if (isGone(error)) resolve(false);
        else reject(named(error));
      };
      socket.cork();
      for (const piece of pieces.slice(0, -1)) socket.write(piece);
      socket.write(pieces.at(-1) as Uint8Array, written);
      socket.uncork();
    });
}

function writeBlocking(octets: Uint8Array): boolean {
  for (let at = 0; at < octets.length; ) {
    try {
      at += writeSync(STDOUT, octets, at);
    } catch (error) {
      if (isGone(error)) return false;
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw named(error as Error);
      Atomics.wait(never, 0, 0, RETRY_MILLIS);
    }
  }
  return true;
}

/** Whether an error says that nobody reads any more. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
}

function named(error: Error): Error {
  return Object.assign(error, { path: 'standard output' });
}
