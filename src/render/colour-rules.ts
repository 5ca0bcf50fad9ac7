/** How messages look by what they say: rules, of which the first that fits counts. */
import type { Annotations } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import type { Style } from './style.ts';

export interface ColourRule {
  readonly name: string;
  readonly style: Style;
  /** Whether it asks for what only later messages tell. */
  readonly needsReplies: boolean;
  /** Whether it asks for rules of RFC 8156 that a message breaks. */
  readonly needsChecks: boolean;
  matches(message: Message, notes: Annotations): boolean;
}

export function colourOf(
  rules: readonly ColourRule[],
  message: Message,
  notes: Annotations,
): Style | undefined {
  return rules.find((rule) => rule.matches(message, notes))?.style;
}
