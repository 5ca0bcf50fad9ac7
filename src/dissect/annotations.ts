/** What is known of a message only by looking at others. */

/** What is absent is not known, and does not exist for a filter. */
export interface Annotations {
  /** `index` of the message that this one answers. */
  readonly replyTo?: number | undefined;
  /** `index` of the answer. */
  readonly replyIn?: number | undefined;
  /** Milliseconds from request to this reply. */
  readonly rttMillis?: number | undefined;
  /** Ids of findings. */
  readonly findings?: readonly string[] | undefined;
}
