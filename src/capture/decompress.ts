/**
 * gzip and zstd, recognized by their first octets. What can be decompressed is handed out before damage is told; a
 * small input that swells to a large output is handed out piece by piece.
 */
import { NO_BYTES } from '../base/bytes.ts';
import type { Compression } from './source.ts';

/**
 * Octets given to a decompressor at once. One of gzip's becomes 1032 at most; and where deflated data makes no sense, Node
 * keeps to itself what it has made of the slice so far.
 */
const SLICE_OCTETS = 4 * 1024;
const MAGIC_OCTETS = 4;

/** Takes a slice of compressed octets (none: the end) and calls back with what came of it. */
interface Decompressor {
  push(slice: Uint8Array, last: boolean, out: (chunk: Uint8Array) => void): Promise<void> | undefined;
}

/** The octets themselves, decompressed if they are compressed. `found` is called once, before the first. */
export async function* decompressed(
  stored: AsyncIterable<Uint8Array>,
  found: (compression: Compression | null) => void,
): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | null = NO_BYTES;
  let decompressor: Decompressor | null = null;
  for await (const chunk of stored) {
    let octets = chunk;
    if (head !== null) {
      octets = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      head = octets.length < MAGIC_OCTETS ? octets : null;
      if (head !== null) continue;
      const compression = compressionOf(octets);
      found(compression);
      decompressor = compression === null ? null : await decompressorFor(compression);
    }
    if (decompressor === null) yield octets;
    else yield* inSlices(decompressor, octets);
  }
  if (head !== null) yield head;
  if (decompressor !== null) yield* pushed(decompressor, NO_BYTES, true);
}

/** Both are loaded only when they are met: most captures are not compressed, and the first line should come soon. */
async function decompressorFor(compression: Compression): Promise<Decompressor> {
  if (compression === 'gzip') {
    const { Ungzip } = await import('./gzip.ts');
    return new Ungzip();
  }
  const { Unzstd } = await import('./zstd.ts');
  return Unzstd.create();
}

function compressionOf(octets: Uint8Array): Compression | null {
  if (octets[0] === 0x1f && octets[1] === 0x8b) return 'gzip';
  const zstd = octets[1] === 0xb5 && octets[2] === 0x2f && octets[3] === 0xfd && octets[0] === 0x28;
  const skippable =
    octets[1] === 0x2a && octets[2] === 0x4d && octets[3] === 0x18 && ((octets[0] as number) & 0xf0) === 0x50;
  return zstd || skippable ? 'zstd' : null;
}

async function* inSlices(decompressor: Decompressor, octets: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += SLICE_OCTETS) {
    yield* pushed(decompressor, octets.subarray(at, at + SLICE_OCTETS), false);
  }
}

async function* pushed(
  decompressor: Decompressor,
  slice: Uint8Array,
  last: boolean,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let damage: unknown = null;
  try {
    await decompressor.push(slice, last, (chunk) => chunks.push(chunk));
  } catch (error) {
    damage = error;
  }
  yield* chunks;
  if (damage !== null) throw damage;
}
