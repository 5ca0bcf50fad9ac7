/**
 * What a reader has to say beside the messages: that it found a connection and in which dialect, that octets are
 * missing or unreadable, that a limit cut something off. Notices are values; who prints them decides how.
 */

import type { Direction, Flow, Seen } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';

export type NoticeKind =
  /** A flow was recognized; `message` says as what and by which octets. */
  | 'connection'
  /** A peculiarity of the speaker that changes how its messages are to be read. */
  | 'dialect'
  /** Octets of a direction never came. */
  | 'gap'
  /** A direction was picked up again at a plausible frame. */
  | 'resync'
  /** Octets that are no frame of the protocol. */
  | 'undissectable'
  /** From here on the connection is TLS. */
  | 'encrypted'
  /** From here on the connection is TLS, and can be read. */
  | 'decrypted'
  /** A direction ended inside a frame. */
  | 'cut'
  /** A named limit was reached. */
  | 'limit';

export interface Notice {
  readonly kind: NoticeKind;
  /** One sentence for people; control characters escaped by whoever prints it. */
  readonly message: string;
  readonly flow: Flow;
  /** Absent while nothing was recognized on the flow. */
  readonly connection?: Connection;
  readonly direction?: Direction;
  readonly seen: Seen;
  /** How many octets it is about, where that means something. */
  readonly octets?: number;
  /** Octets of the direction before the place it is about. */
  readonly streamOffset?: number;
  /** Of `connection`: whether its beginning was not seen. */
  readonly midStream?: boolean;
}
