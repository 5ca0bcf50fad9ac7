/** What framing and search ask of a protocol: how its frames look. The answers are in frame-tests.ts. */
import type { Seen } from '../base/flow.ts';

/** Octets of the length prefix. */
export const PREFIX_OCTETS = 2;

/** What the framer must know of a protocol. Offsets are those of the length prefix. */
export interface FrameTest {
  /** Whether the prefix counts its own two octets. */
  readonly includesPrefix: boolean;
  /** Octets from the prefix on that `isHeader` needs. */
  readonly headerOctets: number;
  /** Octets from the prefix on that `isCandidate` needs. */
  readonly candidateOctets: number;
  /** For each message type 1 if `isHeader` may hold for it, 0 if not. */
  readonly types: Uint8Array;
  /** Whether length and type at `at` are those of a message that the protocol knows. */
  isHeader(bytes: Uint8Array, at: number): boolean;
  /**
   * A stricter look at a header that may be anywhere in a stream. `lastTime` is the sent-time last seen on the connection,
   * in case its clock is not the capture's.
   */
  isCandidate(bytes: Uint8Array, at: number, seen: Seen, lastTime?: number): boolean;
  /** Whether the options of a message that begins at `at` fill it exactly to `end`, whatever its length says. */
  isWhole(bytes: Uint8Array, at: number, end: number): boolean;
}
