/** Where the octets of a capture come from: an asynchronous series of chunks. Opening files is in files.ts. */

export type Compression = 'gzip' | 'zstd';

export interface CaptureSource {
  /** For messages: the path as the user gave it, or `standard input`. */
  readonly name: string;
  /**
   * Decompressed octets in fresh memory: nobody writes to a chunk after it was handed out. Throws SourceDamage where
   * the compressed data broke, InputError if the source cannot be read at all.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Octets in the file as stored, where known by now, for progress. */
  readonly size?: () => number | undefined;
  /** Octets read so far, as stored. */
  readonly read?: () => number;
  /** Known once the first chunk was read. */
  readonly compression?: () => Compression | null;
}

/** The octets so far are good, there are none behind them: a compressed file that is damaged or cut short. */
export class SourceDamage extends Error {
  override readonly name = 'SourceDamage';
}
