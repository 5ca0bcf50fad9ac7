/** What is wrong with a request, as the messages around it show: the same for files and for live traffic. */
import { timestampMillis } from '../base/timestamp.ts';
import { REPEATED, UNANSWERED } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import { asksForReply } from './exchanges.ts';
import { ANSWER_PATIENCE_MILLIS } from './leases.ts';

const NONE = undefined;
const ONLY_REPEATED: readonly string[] = [REPEATED];
const ONLY_UNANSWERED: readonly string[] = [UNANSWERED];
const BOTH: readonly string[] = [REPEATED, UNANSWERED];

/** `repeats`: it asks again for what was not answered when it was sent. */
export function requestFindings(repeats: boolean, unanswered: boolean): readonly string[] | undefined {
  if (repeats) return unanswered ? BOTH : ONLY_REPEATED;
  return unanswered ? ONLY_UNANSWERED : NONE;
}

/** Whether a message for which no reply is known has waited for one longer than partners take, at `nowMillis` (Unix). */
export function isUnanswered(message: Message, replyIn: number | undefined, nowMillis: number): boolean {
  if (replyIn !== undefined || !asksForReply(message)) return false;
  return nowMillis - timestampMillis(message.frame.seen.time) > ANSWER_PATIENCE_MILLIS;
}
