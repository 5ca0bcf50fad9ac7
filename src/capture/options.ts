/** What a caller of readCapture can ask for beside the flows. */
import type { CaptureLimits } from './limits.ts';

export interface CaptureProgress {
  /** Octets of all sources read so far, as stored (before decompression). */
  readonly octets: number;
  /** Octets of all sources, as far as their sizes are known. */
  readonly octetsTotal: number | undefined;
  readonly packets: number;
}

/** Contents of a pcapng decryption secrets block; kind 0x544c534b is an NSS key log as text. */
export interface CaptureSecrets {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

export interface CaptureOptions {
  readonly limits?: Partial<CaptureLimits>;
  /** Called after each chunk (about a mebibyte); reading goes on when the returned promise is fulfilled. */
  readonly afterChunk?: (progress: CaptureProgress) => Promise<void> | undefined;
  /** Decryption secrets, in file order: before the packets that follow them. */
  readonly onSecrets?: (secrets: CaptureSecrets) => void;
  /** A comment on a packet (pcapng), before the packet's own events. */
  readonly onComment?: (packet: number, text: string) => void;
  /** pcapng interfaces to read, by name or by number within the section (`0`); absent or empty: all. */
  readonly interfaces?: readonly string[];
  /** Ends reading early and quietly, between chunks. */
  readonly signal?: AbortSignal;
}
