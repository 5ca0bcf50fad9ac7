/** Where the octets of a capture come from: an asynchronous series of chunks. Opening files is in files.ts. */

export interface CaptureSource {
  /** For messages: the path as the user gave it, or `standard input`. */
  readonly name: string;
  /** Fresh memory each: nobody writes to a chunk after it was handed out. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Octets in the file, where known, for progress. */
  readonly size?: number;
}
