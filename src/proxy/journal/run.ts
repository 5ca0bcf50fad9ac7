/** The messages of a run, one after the other: they share its octets, and copy none. */
import { timestampOfMillis } from '../../base/timestamp.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { dissect } from '../../dissect/dissect.ts';
import type { Message } from '../../dissect/message.ts';
import { PREFIX_OCTETS, unitOctets } from '../dialect.ts';
import type { MessageRun } from './journal.ts';

export function* messagesOf(run: MessageRun, dissectors: Dissectors): Generator<Message> {
  const { connection, direction, octets, start, end } = run;
  const time = timestampOfMillis(run.atMillis);
  let { firstIndex: index, firstPacket: packet } = run;
  for (let at = start; at < end; ) {
    const next = at + unitOctets(connection.protocol, octets, at);
    const frame = {
      connection,
      direction,
      bytes: octets,
      start: at + PREFIX_OCTETS,
      end: next,
      seen: { time, packet: packet++ },
      streamOffset: run.streamOffset + at - start,
      resync: false,
    };
    yield dissect(dissectors, frame, index++);
    at = next;
  }
}
