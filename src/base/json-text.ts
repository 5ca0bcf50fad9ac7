/**
 * JSON that a terminal shows as it is: what stands in strings may come from anybody, and JSON.stringify leaves C1 controls,
 * direction marks and characters that draw nothing as they are. They mean the same as `\u202e`.
 */

/** C0 controls are escaped already; the newlines of indented JSON stay. */
const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** One line of JSON; with `indent` several, that many spaces further in at each level. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, escaped);
}

/** By UTF-16 units, as JSON has it. */
function escaped(character: string): string {
  let text = '';
  for (let at = 0; at < character.length; at++)
    text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return text;
}
