/** What is known of a message only by looking at others. */

/** What is absent is not known, and does not exist for a filter. */
export interface Annotations {
  /** `index` of the message that this one answers. */
  readonly replyTo?: number | undefined;
  /** `index` of the answer. */
  readonly replyIn?: number | undefined;
  /** Milliseconds from request to this reply. */
  readonly rttMillis?: number | undefined;
  /** What is wrong: `REPEATED`, `UNANSWERED`. */
  readonly findings?: readonly string[] | undefined;
}

/** The finding about a request that asks again for what was not answered yet. */
export const REPEATED = 'repeated';
/** The finding about a request that nobody has answered for some seconds. */
export const UNANSWERED = 'unanswered';
