/**
 * A message as one line of JSON: what the dissector wrote, with what the analysis adds behind it (`reply_to`,
 * `reply_in`, `rtt` in seconds, `findings`). The names are part of the output format; see docs/architecture.md.
 */
import type { Message } from '../dissect/message.ts';
import type { Annotations } from './text.ts';

/** One line of `-T jsonl`, without newline. */
export function jsonLine(message: Message, notes: Annotations): string {
  const line = message.json();
  const added = addedMembers(notes);
  return added === '' ? line : `${line.slice(0, -1)}${added}}`;
}

/** Further members of the object, each behind a comma; empty if there is nothing to say. */
export function addedMembers(notes: Annotations): string {
  let text = '';
  if (notes.replyTo !== undefined) text += `,"reply_to":${notes.replyTo}`;
  if (notes.replyIn !== undefined) text += `,"reply_in":${notes.replyIn}`;
  if (notes.rttMillis !== undefined) text += `,"rtt":${(notes.rttMillis / 1000).toFixed(6)}`;
  if (notes.findings !== undefined && notes.findings.length > 0) {
    text += `,"findings":${JSON.stringify(notes.findings)}`;
  }
  return text;
}
