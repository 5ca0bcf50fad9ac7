/**
 * What a proxy writes down, recording and log, as calls in the order in which things happened. Who writes, at once or
 * later, in this thread or another, is behind this interface; keeper.ts makes blocks and lines of it.
 */
import type { Direction } from '../../base/flow.ts';
import type { Connection } from '../../base/frame.ts';
import type { SocketAddress } from '../../base/socket-address.ts';
import type { ProxyEvent } from '../events.ts';
import type { WireRecorder } from '../recorder.ts';

/** The four ends of a relayed connection. */
export interface ConversationEnds {
  readonly primary: SocketAddress;
  /** Where the primary reached us. */
  readonly listening: SocketAddress;
  /** Where we dialled from. */
  readonly dialling: SocketAddress;
  readonly secondary: SocketAddress;
}

/** Whole messages, back to back with their length prefixes, that went onward as they came. */
export interface MessageRun {
  readonly connection: Connection;
  readonly direction: Direction;
  /** Holds them at `[start, end)`. */
  readonly octets: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Of the first message; each following one has the next. */
  readonly firstIndex: number;
  readonly firstPacket: number;
  /** Packet of the recording in which they came; absent: `firstPacket` and so on is all that is known. */
  readonly recordedPacket?: number;
  /** Octets of this direction before the first message. */
  readonly streamOffset: number;
  /** Unix milliseconds. */
  readonly atMillis: number;
}

export interface Journal {
  /** A connection begins; what is on its legs is told to what is returned. `now` is in Unix milliseconds. */
  opened(connection: Connection, ends: ConversationEnds, now: number): WireRecorder;
  /** Nothing more happens on this connection, but its legs may still be ending. */
  closed(connection: Connection): void;
  /** `isBrief`: the log can do without what is inside them. */
  run(run: MessageRun, isBrief?: boolean): void;
  event(event: ProxyEvent): void;
}

/** Somebody who keeps a journal. */
export interface Keeping {
  readonly journal: Journal;
  /** Whether it is so far behind that nothing more should happen for a while. */
  isBehind(): boolean;
  /** Nothing more is expected to happen soon: what has happened may be written down. */
  handOver(): void;
  /** Resolves when everything is in the files and they are closed. */
  close(): Promise<void>;
}
