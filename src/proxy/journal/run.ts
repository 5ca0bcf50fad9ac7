/** The messages of a run, one after the other: they share its octets, and copy none. */
import { timestampOfMillis } from '../../base/timestamp.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { DissectedMessage, dissect, protocolOf } from '../../dissect/dissect.ts';
import type { Message } from '../../dissect/message.ts';
import { FrameAtHand } from '../../dissect/message-maker.ts';
import { PREFIX_OCTETS, unitOctets } from '../dialect.ts';
import type { MessageRun } from './journal.ts';

/** Messages that may be kept. */
export function* messagesOf(run: MessageRun, dissectors: Dissectors): Generator<Message> {
  const { connection, direction, octets, start, streamOffset } = run;
  const time = timestampOfMillis(run.atMillis);
  let { firstIndex, firstPacket: packet } = run;
  for (let at = start; at < run.end; ) {
    const end = at + unitOctets(connection.protocol, octets, at);
    const place = { bytes: octets, start: at + PREFIX_OCTETS, end, streamOffset: streamOffset + at - start };
    const seen = { time, packet: run.recordedPacket ?? packet++ };
    const frame = { connection, direction, ...place, seen, resync: false };
    yield dissect(dissectors, frame, firstIndex++);
    at = end;
  }
}

/** Messages to be looked at one by one: there is one object, which the next message overwrites. */
export class MessageAtHand {
  private readonly dissectors: Dissectors;
  private frame: FrameAtHand | undefined;
  private message: DissectedMessage | undefined;

  constructor(dissectors: Dissectors) {
    this.dissectors = dissectors;
  }

  /** Calls `use` with each message of a run. */
  each(run: MessageRun, use: (message: Message) => void): void {
    const { connection, direction, octets, start, end, streamOffset } = run;
    const protocol = protocolOf(this.dissectors, connection);
    const time = timestampOfMillis(run.atMillis);
    let { firstIndex: index, firstPacket: packet } = run;
    for (let at = start; at < end; ) {
      const next = at + unitOctets(connection.protocol, octets, at);
      const seen = { time, packet: packet++ };
      this.frame ??= new FrameAtHand(connection, seen);
      const { frame } = this;
      frame.connection = connection;
      frame.direction = direction;
      frame.bytes = octets;
      frame.start = at + PREFIX_OCTETS;
      frame.end = next;
      frame.seen = seen;
      frame.streamOffset = streamOffset + at - start;
      if (this.message === undefined) this.message = new DissectedMessage(protocol, frame, index++);
      else this.message.take(protocol, frame, index++);
      use(this.message);
      at = next;
    }
  }
}
