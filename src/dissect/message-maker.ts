/** Frames to messages: numbers them by protocol family, and knows how each connection is read. */
import { NO_BYTES } from '../base/bytes.ts';
import type { Direction, Seen } from '../base/flow.ts';
import type { Connection, Frame, ProtocolName } from '../base/frame.ts';
import type { Dissectors } from './compile.ts';
import { DissectedMessage, protocolOf } from './dissect.ts';
import type { Message } from './message.ts';
import type { CompiledProtocol } from './space.ts';

/** Messages and connections are numbered apart for each family, as if the capture held nothing else. */
export const FAMILY: Readonly<Record<ProtocolName, string>> = {
  'dhcpv6-failover': 'dhcpv6-failover',
  'dhcpv4-failover': 'dhcpv4-failover',
  dhcpv6: 'dhcpv6',
  'dhcpv6-leasequery': 'dhcpv6',
};

/** A frame that is filled in place. */
export class FrameAtHand implements Frame {
  connection: Connection;
  direction: Direction = 0;
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  seen: Seen;
  streamOffset = 0;
  resync = false;
  claimed: number | undefined;
  tls: string | undefined;

  constructor(connection: Connection, seen: Seen) {
    this.connection = connection;
    this.seen = seen;
  }
}

export class MessageMaker {
  private readonly dissectors: Dissectors;
  private readonly overwrite: boolean;
  private readonly counts = new Map<string, { count: number }>();
  private madeFrame: FrameAtHand | undefined;
  private madeMessage: DissectedMessage | undefined;
  /** The connection of the message before: hardly any capture changes it with every message. */
  private connection: Connection | undefined;
  private dialect: string | undefined;
  private protocol: CompiledProtocol | undefined;
  private counter = { count: 0 };

  /** `overwrite`: there is one frame and one message, and each is overwritten by the next. */
  constructor(dissectors: Dissectors, overwrite: boolean) {
    this.dissectors = dissectors;
    this.overwrite = overwrite;
  }

  /** A frame; of one cut from a stream the caller adds what else there is to say. */
  frame(
    connection: Connection,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    seen: Seen,
  ): FrameAtHand {
    if (!this.overwrite || this.madeFrame === undefined) this.madeFrame = new FrameAtHand(connection, seen);
    const frame = this.madeFrame;
    frame.connection = connection;
    frame.direction = direction;
    frame.bytes = bytes;
    frame.start = start;
    frame.end = end;
    // V8 writes down where something new is put into something old: once a packet is enough.
    if (frame.seen !== seen) frame.seen = seen;
    frame.streamOffset = 0;
    frame.resync = false;
    frame.claimed = undefined;
    frame.tls = undefined;
    return frame;
  }

  message(frame: FrameAtHand): Message {
    const protocol = this.follow(frame.connection);
    const index = this.counter.count++;
    if (!this.overwrite || this.madeMessage === undefined)
      this.madeMessage = new DissectedMessage(protocol, frame, index);
    else this.madeMessage.take(protocol, frame, index);
    return this.madeMessage;
  }

  private follow(connection: Connection): CompiledProtocol {
    if (
      this.protocol !== undefined &&
      connection === this.connection &&
      connection.dialect === this.dialect
    ) {
      return this.protocol;
    }
    const family = FAMILY[connection.protocol];
    this.counter = this.counts.get(family) ?? { count: 0 };
    this.counts.set(family, this.counter);
    this.connection = connection;
    this.dialect = connection.dialect;
    this.protocol = protocolOf(this.dissectors, connection);
    return this.protocol;
  }
}
