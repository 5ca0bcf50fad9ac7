/**
 * The JSONL log of a proxy, one object per line: messages as everywhere (`-T jsonl`) with `verdict` and `faults`
 * beside, and events with the key `event`. Text in, text out; the file is somebody else's.
 */
import { timestampOfMillis, timestampText } from '../base/timestamp.ts';
import type { ProxyEvent } from './events.ts';
import type { FaultHit } from './stage.ts';

/** One line without newline. */
export function logLine(event: ProxyEvent): string {
  if (event.kind === 'message') return messageLine(event);
  const at = timestampText(timestampOfMillis(event.atMillis));
  return JSON.stringify({ event: event.kind, timestamp: at, ...detailsOf(event) });
}

function messageLine(event: ProxyEvent & { kind: 'message' }): string {
  const { message, onward, verdict, hits } = event;
  const added = `,"verdict":"${verdict}","faults":${JSON.stringify(hits)}`;
  const changed = onward === undefined ? '' : `,"onward":${onward.json()}`;
  return `${message.json().slice(0, -1)}${added}${changed}}`;
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
        direction: direction === 0 ? 'p>s' : 's>p',
        stream_offset: streamOffset,
        reason,
      };
    }
    case 'state':
      return { who: event.who, state: event.state };
  }
}

function faultFields({ fault, action, count, seed, detail }: FaultHit): Record<string, unknown> {
  return { fault, action, count, seed, detail };
}
