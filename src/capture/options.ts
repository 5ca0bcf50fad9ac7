/** What a caller of readCapture can ask for beside the flows. */
import type { Flow } from '../base/flow.ts';
import type { CaptureLimits } from './limits.ts';
import type { PacketRecord } from './record.ts';

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

/** A packet as it stood in the file, and where it belongs. Overwritten by the next one. */
export interface TakenPacket {
  /** From 1, over all packets. */
  readonly number: number;
  readonly record: PacketRecord;
  /** `null` for what carries nothing for us, and for fragments before the last. */
  readonly flow: Flow | null;
  /** Numbers of the packets with the fragments that this one completes; its own is the last. */
  readonly fragments: readonly number[];
}

export interface CaptureOptions {
  readonly limits?: Partial<CaptureLimits>;
  /** Called after each chunk (about a mebibyte); reading goes on when the returned promise is fulfilled. */
  readonly afterChunk?: (progress: CaptureProgress) => Promise<void> | undefined;
  /** Decryption secrets, in file order: before the packets that follow them. */
  readonly onSecrets?: (secrets: CaptureSecrets) => void;
  /** A comment on a packet (pcapng), before the packet's own events. */
  readonly onComment?: (packet: number, text: string) => void;
  /** Each packet, after everything that it made known at once; what is held back behind a hole may come later. */
  readonly onPacket?: (packet: TakenPacket) => void;
  /** pcapng interfaces to read, by name or by number within the section (`0`); absent or empty: all. */
  readonly interfaces?: readonly string[];
  /** Ends reading early and quietly, between chunks. */
  readonly signal?: AbortSignal;
}
