/**
 * Messages as bulk lines for Elasticsearch and OpenSearch: an action line, then the message as in `-T jsonl` with an
 * `@timestamp`. One index a day, by the time of the packet.
 */
import { timestampMillis } from '../base/timestamp.ts';
import type { Message } from '../dissect/message.ts';
import { jsonLine } from './json.ts';
import type { Annotations } from './text.ts';

/** Both lines, joined by a newline, without one at the end. */
export function ekLines(message: Message, notes: Annotations): string {
  const time = new Date(timestampMillis(message.frame.seen.time)).toISOString();
  const action = `{"create":{"_index":"leasetap-${time.slice(0, 10)}"}}`;
  return `${action}\n{"@timestamp":"${time}",${jsonLine(message, notes).slice(1)}`;
}
