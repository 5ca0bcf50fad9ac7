/**
 * The JSONL log of a proxy, one object per line: messages as everywhere (`-T jsonl`) with `verdict` and `faults`
 * beside, and events with the key `event`. Octets out; the file is somebody else's.
 */
import { findingFields } from '../analyze/checks/finding.ts';
import { jsonText } from '../base/json-text.ts';
import { timestampOfMillis, timestampText } from '../base/timestamp.ts';
import { JsonBuffer, Piece } from '../dissect/json-buffer.ts';
import type { Message } from '../dissect/message.ts';
import type { ProxyEvent, Verdict } from './events.ts';
import type { FaultHit } from './stage.ts';
import { DIRECTION_NAMES } from './wire-states.ts';

/** Makes the lines, one after the other, in one buffer. */
export class LogLines {
  private readonly buffer = new JsonBuffer();

  /** A line with its newline, as octets that the next call overwrites. */
  octets(event: ProxyEvent): Uint8Array {
    const { buffer } = this;
    buffer.clear();
    if (event.kind === 'message') putMessage(buffer, event);
    else {
      const at = timestampText(timestampOfMillis(event.atMillis));
      buffer.putText(jsonText({ event: event.kind, timestamp: at, ...detailsOf(event) }));
    }
    buffer.putCode(NEWLINE);
    return buffer.view();
  }

  /** The lines of messages that went onward as they came; brief ones are without their options, and say so. */
  forwarded(each: (use: (message: Message) => void) => void, isBrief: boolean): Uint8Array {
    const { buffer } = this;
    buffer.clear();
    each((message) => {
      if (isBrief) {
        message.writeHead(buffer);
        buffer.put(BRIEF);
      } else {
        message.writeJson(buffer);
        buffer.clear(buffer.length - 1);
      }
      buffer.put(FORWARDED);
    });
    return buffer.view();
  }
}

const NEWLINE = 0x0a;
const CLOSE_BRACE = 0x7d;
const BRIEF = new Piece(',"brief":true');
const FORWARDED = new Piece(',"verdict":"forwarded","faults":[]}\n');
const ONWARD = new Piece(',"onward":');
const NO_FAULTS = new Piece(',"faults":[]');
const VERDICTS: Readonly<Record<Verdict, Piece>> = {
  forwarded: new Piece(',"verdict":"forwarded"'),
  changed: new Piece(',"verdict":"changed"'),
  dropped: new Piece(',"verdict":"dropped"'),
  injected: new Piece(',"verdict":"injected"'),
  late: new Piece(',"verdict":"late"'),
};

function putMessage(buffer: JsonBuffer, event: ProxyEvent & { kind: 'message' }): void {
  const { message, onward, verdict, hits } = event;
  message.writeJson(buffer);
  buffer.clear(buffer.length - 1);
  buffer.put(VERDICTS[verdict]);
  if (hits.length === 0) buffer.put(NO_FAULTS);
  else buffer.putText(`,"faults":${jsonText(hits)}`);
  if (onward !== undefined) {
    buffer.put(ONWARD);
    onward.writeJson(buffer);
  }
  buffer.putCode(CLOSE_BRACE);
}

function detailsOf(event: Exclude<ProxyEvent, { kind: 'message' }>): Record<string, unknown> {
  switch (event.kind) {
    case 'connection-up': {
      const { connection, listening, dialling } = event;
      const [primary, secondary] = connection.flow.ends;
      return { connection: connection.index, primary, listening, dialling, secondary };
    }
    case 'connection-down':
      return { connection: event.connection.index, reason: event.reason };
    case 'connection-refused':
      return { client: event.client, reason: event.reason };
    case 'fault-hit':
      return { ...faultFields(event.hit), message_index: event.message?.index ?? null };
    case 'fault-armed':
      return {
        fault: event.fault.id,
        sentence: event.fault.sentence,
        seed: event.fault.seed,
        spec: event.fault.spec,
      };
    case 'fault-gone':
      return {
        fault: event.fault.id,
        reason: event.reason,
        hits: event.fault.hits,
        matched: event.fault.matched,
      };
    case 'unreadable': {
      const { connection, direction, streamOffset, reason } = event;
      return {
        connection: connection.index,
        direction: DIRECTION_NAMES[direction],
        stream_offset: streamOffset,
        reason,
      };
    }
    case 'finding':
      // As `leasetap check -T jsonl` tells it, and who sent the message.
      return { ...findingFields(event.finding), sender: event.finding.message.role };
    case 'judging': {
      const { connection, extent, reason } = event.limit;
      return { connection, judged: extent, reason };
    }
    case 'standstill':
      return { seconds: event.seconds };
    case 'not-judged':
      return { messages: event.messages, over: event.isOver };
    case 'relationship':
      return { what: event.what, listening: event.listening, secondary: event.secondary };
    case 'tls':
      return {
        connection: event.connection.index,
        who: event.who,
        outcome: event.outcome,
        detail: event.detail,
      };
    case 'state':
      return { who: event.who, state: event.state };
  }
}

function faultFields({ fault, action, count, seed, detail }: FaultHit): Record<string, unknown> {
  return { fault, action, count, seed, detail };
}
