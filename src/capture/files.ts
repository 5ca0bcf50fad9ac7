/** Opens captures: files and standard input, plain or compressed. With decompress.ts the only files here that do I/O. */
import { type FileHandle, open } from 'node:fs/promises';
import { decompressed } from './decompress.ts';
import type { CaptureSource, Compression } from './source.ts';

/** Octets of a file read at once; the next read runs while these are looked at. */
export const CHUNK_OCTETS = 256 * 1024;

/**
 * A capture file by its path. Nothing is opened before its octets are asked for; what the operating system then
 * refuses is thrown as it says it, with `code` and `path`.
 */
export function fileSource(path: string): CaptureSource {
  let size: number | undefined;
  const chunks = fileChunks(path, (found) => {
    size = found;
  });
  return source(path, chunks, () => size);
}

/** Octets that come from elsewhere, e.g. `process.stdin`. */
export function streamSource(name: string, chunks: AsyncIterable<Uint8Array>): CaptureSource {
  return source(name, chunks, () => undefined);
}

function source(
  name: string,
  stored: AsyncIterable<Uint8Array>,
  size: () => number | undefined,
): CaptureSource {
  let read = 0;
  let compression: Compression | null = null;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stored) {
      read += chunk.length;
      yield chunk;
    }
  }
  return {
    name,
    size,
    chunks: decompressed(counted(), (found) => {
      compression = found;
    }),
    read: () => read,
    compression: () => compression,
  };
}

async function* fileChunks(path: string, opened: (size: number) => void): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  opened((await file.stat()).size);
  let ahead = readChunk(file, path);
  try {
    for (;;) {
      const chunk = await ahead;
      if (chunk.length === 0) return;
      ahead = readChunk(file, path);
      // Whoever stops early never looks at the read that is under way.
      ahead.catch(() => undefined);
      yield chunk;
    }
  } finally {
    await ahead.catch(() => undefined);
    await file.close();
  }
}

async function readChunk(file: FileHandle, path: string): Promise<Uint8Array> {
  try {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(CHUNK_OCTETS), 0, CHUNK_OCTETS);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    // Reading a directory fails without naming it.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}
