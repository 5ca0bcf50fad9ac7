/** Opens captures: files and standard input, plain or compressed. With decompress.ts and gzip.ts the only files here that reach out of it. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { decompressed } from './decompress.ts';
import { REACH_OCTETS } from './recent-data.ts';
import type { CaptureSource, Compression } from './source.ts';

/** Octets read at once. */
export const CHUNK_OCTETS = 256 * 1024;

/** Gets octets of a file and the offset of the first one. */
export type ChunkListener = (offset: number, chunk: Uint8Array) => void;

/**
 * A capture file by its path. Nothing is opened before its octets are asked for; what the operating system then
 * refuses is thrown as it says it, with `code` and `path`.
 */
export function fileSource(path: string): CaptureSource {
  return openedSource(path, undefined, false);
}

/**
 * The same for those who keep no messages: memory is written over when nothing here looks at it any more. With less than
 * `CHUNK_OCTETS` at once everything else in the process has its turn more often.
 */
export function recyclingFileSource(path: string, chunkOctets = CHUNK_OCTETS): CaptureSource {
  return openedSource(path, undefined, true, chunkOctets);
}

/** The same for those who keep places: `onChunk` hears of all that can be read again where it stands; not of a pipe. */
export function rereadableSource(path: string, onChunk: ChunkListener): CaptureSource {
  return openedSource(path, onChunk, true);
}

function openedSource(
  path: string,
  onChunk: ChunkListener | undefined,
  recycle: boolean,
  chunkOctets = CHUNK_OCTETS,
): CaptureSource {
  let size: number | undefined;
  const chunks = fileChunks(path, {
    opened: (found) => {
      size = found;
    },
    onChunk,
    chunkOctets,
    // What is compressed is the decompressor's, as long as that likes.
    mayRecycle: () => recycle && made.compression?.() === null,
  });
  const made = source(path, chunks, () => size);
  return made;
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

/** What those who read a file want of it. */
interface FileUse {
  opened(size: number): void;
  readonly onChunk: ChunkListener | undefined;
  readonly chunkOctets: number;
  mayRecycle(): boolean;
}

async function* fileChunks(path: string, use: FileUse): AsyncGenerator<Uint8Array> {
  yield* statSync(path).isFile() ? storedChunks(path, use) : arrivingChunks(path);
}

/**
 * Read by this thread: the system reads ahead by itself, and handing each read to another thread costs as much as the
 * read. Between chunks everything else in the process has its turn.
 */
async function* storedChunks(path: string, use: FileUse): AsyncGenerator<Uint8Array> {
  const file = openSync(path, 'r');
  const { chunkOctets } = use;
  // Of the one that is looked at, those before it that are remembered, and one more for good measure.
  const chunksInUse = REACH_OCTETS / chunkOctets + 2;
  let offset = 0;
  /** Whole ones, in the order in which they were read. */
  const used: Uint8Array[] = [];
  try {
    use.opened(fstatSync(file).size);
    for (;;) {
      const memory = (used.length >= chunksInUse ? used.shift() : undefined) ?? newChunk(chunkOctets);
      const octets = readInto(file, memory, path);
      if (octets === 0) return;
      // Not another object for the same octets: V8 would remember every place where that is put before it is old.
      const chunk = octets === chunkOctets ? memory : memory.subarray(0, octets);
      use.onChunk?.(offset, chunk);
      offset += octets;
      yield chunk;
      if (octets < chunkOctets) continue;
      if (use.mayRecycle()) used.push(memory);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(file);
  }
}

/** What may have to be waited for, such as a named pipe; the next read runs while the last octets are looked at. */
async function* arrivingChunks(path: string): AsyncGenerator<Uint8Array> {
  // Most runs do without it.
  const { open } = process.getBuiltinModule('node:fs/promises');
  const file = await open(path, 'r');
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

/** No `Buffer`, so that all octets that are looked at are of one class, whether read or copied: V8 likes that. */
function newChunk(octets: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(octets).buffer);
}

async function readChunk(file: FileHandle, path: string): Promise<Uint8Array> {
  try {
    const { bytesRead, buffer } = await file.read(newChunk(CHUNK_OCTETS), 0, CHUNK_OCTETS);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw naming(path, error);
  }
}

function readInto(file: number, buffer: Uint8Array, path: string): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    throw naming(path, error);
  }
}

/** Reading fails without saying of what, e.g. of a directory. */
function naming(path: string, error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { path }) : error;
}
