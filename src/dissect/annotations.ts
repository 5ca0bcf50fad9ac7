/** What is known of a message only by looking at others. */

/** What is absent is not known, and does not exist for a filter. */
export interface Annotations {
  /** `index` of the message that this one answers. */
  readonly replyTo?: number | undefined;
  /** `index` of the answer. */
  readonly replyIn?: number | undefined;
  /** Milliseconds from request to this reply. */
  readonly rttMillis?: number | undefined;
  /** What is wrong: `REPEATED`, `UNANSWERED`, and the rules of `breaches`, each once. */
  readonly findings?: readonly string[] | undefined;
  /** Where the conversation was judged: the rules of RFC 8156 that the message breaks, and how. */
  readonly breaches?: readonly Breach[] | undefined;
}

/** A rule that a message breaks. */
export interface Breach {
  readonly id: string;
  /** `error` for MUST and MUST NOT and what the text says outright, `warning` for SHOULD and SHOULD NOT. */
  readonly severity: 'error' | 'warning';
  /** E.g. `RFC 8156`, and without `§` where in it. */
  readonly rfc: string;
  readonly section: string;
  readonly keyword: string | null;
  /** One sentence: what was seen, and what was expected. May carry text from the wire. */
  readonly summary: string;
}

/** What is known of a message, with the rules that it breaks among its findings. */
export function findingsWith(
  findings: readonly string[] | undefined,
  breaches: readonly Breach[],
): readonly string[] | undefined {
  if (breaches.length === 0) return findings;
  return [...new Set([...(findings ?? []), ...breaches.map(({ id }) => id)])];
}

/** The finding about a request that asks again for what was not answered yet. */
export const REPEATED = 'repeated';
/** The finding about a request that nobody has answered for some seconds. */
export const UNANSWERED = 'unanswered';
