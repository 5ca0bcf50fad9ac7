/** What a link asks of whoever drives it (relay, simulator), in order. */
import type { Message } from '../dissect/message.ts';
import type { CutRun } from './cutter.ts';
import type { Verdict } from './events.ts';
import type { FaultHit, Leg } from './stage.ts';
import type { EndpointName } from './wire-states.ts';

/** Of the first message of a run; each following one has the next. */
export interface RunNumbers {
  readonly firstIndex: number;
  readonly firstPacket: number;
}

export type LinkOutput =
  /** Octets from the sender that are to be written onward as they came, in one call. */
  | { readonly kind: 'pass'; readonly octets: Uint8Array }
  /** Messages among them that only pass by; `streamOffset` octets of this direction came before. */
  | (CutRun & RunNumbers & { readonly streamOffset: number })
  /** Octets as they came from the sender, for the recording of its leg. */
  | { readonly kind: 'received'; readonly octets: Uint8Array; readonly hits: readonly FaultHit[] }
  /** Octets to be written onward, in one call. */
  | { readonly kind: 'send'; readonly octets: Uint8Array; readonly hits: readonly FaultHit[] }
  /** The sender has finished, and so has everything that it sent: end our sending side onward. */
  | { readonly kind: 'end' }
  | { readonly kind: 'close'; readonly leg: Leg; readonly how: 'fin' | 'reset'; readonly hit: FaultHit }
  | {
      readonly kind: 'message';
      /** Unix milliseconds. */
      readonly atMillis: number;
      readonly message: Message;
      /** As it went onward, where that differs. */
      readonly onward?: Message;
      readonly verdict: Verdict;
      readonly hits: readonly FaultHit[];
    }
  | { readonly kind: 'hit'; readonly message: Message | null; readonly hit: FaultHit }
  /** Content types of TLS records that began in what has just passed unread. */
  | { readonly kind: 'tls-records'; readonly types: readonly string[] }
  | { readonly kind: 'state'; readonly who: EndpointName; readonly state: string }
  | { readonly kind: 'unreadable'; readonly streamOffset: number; readonly reason: string };
