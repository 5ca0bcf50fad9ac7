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
  let { firstIndex } = run;
  for (const frame of framesOf(run, true)) yield dissect(dissectors, frame, firstIndex++);
}

/** The same as one message that is overwritten by the next. */
export function* messagesAtHand(run: MessageRun, dissectors: Dissectors): Generator<Message> {
  const protocol = protocolOf(dissectors, run.connection);
  let { firstIndex } = run;
  let message: DissectedMessage | undefined;
  for (const frame of framesOf(run, false)) {
    if (message === undefined) message = new DissectedMessage(protocol, frame, firstIndex++);
    else message.take(protocol, frame, firstIndex++);
    yield message;
  }
}

function* framesOf(run: MessageRun, areKept: boolean): Generator<FrameAtHand> {
  const { connection, octets, start, end } = run;
  const time = timestampOfMillis(run.atMillis);
  let packet = run.firstPacket;
  let frame: FrameAtHand | undefined;
  for (let at = start; at < end; ) {
    const next = at + unitOctets(connection.protocol, octets, at);
    const seen = { time, packet: packet++ };
    if (frame === undefined || areKept) frame = new FrameAtHand(connection, seen);
    frame.direction = run.direction;
    frame.bytes = octets;
    frame.start = at + PREFIX_OCTETS;
    frame.end = next;
    frame.seen = seen;
    frame.streamOffset = run.streamOffset + at - start;
    yield frame;
    at = next;
  }
}
