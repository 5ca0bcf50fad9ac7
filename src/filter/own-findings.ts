/** What is wrong with a message: as it shows itself, and with what is known from the messages around it. */
import { SAME_TIME_SECONDS, secondsBetween, toEpoch2000 } from '../base/time.ts';
import { timestampMillis } from '../base/timestamp.ts';
import type { Annotations } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import { failoverType, MessageType, STATUS_SUCCESS } from '../dissect/vocabulary.ts';

/** What a message shows without the messages around it; `skewed`: its sender's clock is off by more than §7.5.1 allows. */
export const FINDINGS_OF_ITS_OWN = ['malformed', 'rejected', 'skewed'] as const;

/** Everything that is wrong with a message, as far as it is known. */
export function findingsOf(message: Message, { findings = [] }: Annotations): readonly string[] {
  return [...new Set([...ownFindings(message), ...findings])];
}

const REPLY_TYPES: readonly (number | undefined)[] = [MessageType.BNDREPLY, MessageType.CONNECTREPLY];

/** What is wrong with a message by itself, as far as it can be seen without its context. */
function* ownFindings(message: Message): Iterable<(typeof FINDINGS_OF_ITS_OWN)[number]> {
  if (message.problems().length > 0) yield 'malformed';
  if (REPLY_TYPES.includes(failoverType(message))) {
    const { statusCode = STATUS_SUCCESS, leases } = message.facts();
    const refuses = (code: number | undefined) => code !== undefined && code !== STATUS_SUCCESS;
    if (refuses(statusCode) || leases.some((lease) => refuses(lease.statusCode))) yield 'rejected';
  }
  if (Math.abs(skewOf(message) ?? 0) > SAME_TIME_SECONDS) yield 'skewed';
}

/** Sent-time minus the time at which it was seen, in seconds. */
export function skewOf({ sentTime, frame }: Message): number | undefined {
  if (sentTime === null) return undefined;
  return secondsBetween(toEpoch2000(timestampMillis(frame.seen.time)), sentTime);
}
