/**
 * Regular expressions of filters. They judge what strangers send, in a proxy between two messages, so the time that they
 * take grows with the text and no faster, whatever the expression: there is no going back, hence no looking ahead or
 * behind and no `\1` (docs/decisions/013).
 */
import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';

/** Whether the expression fits somewhere in a text, in capitals or not. */
export type Pattern = (text: string) => boolean;

/** The expression, or why there is none. */
export function compilePattern(text: string): Pattern | { readonly why: string } {
  try {
    const expression = RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
    return (value) => expression.test(value);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException)
      return { why: `${error.getDescription()} ${error.input ?? ''}` };
    if (error instanceof RE2JSException) return { why: error.message };
    throw error;
  }
}
