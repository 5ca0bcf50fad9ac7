/**
 * JSON that a terminal shows as it is: what stands in strings may come from anybody, and JSON.stringify leaves C1 controls,
 * direction marks and characters that draw nothing as they are. They mean the same as `\u202e`.
 */

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** One line of JSON. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escaped);
}

/** By UTF-16 units, as JSON has it. */
function escaped(character: string): string {
  let text = '';
  for (let at = 0; at < character.length; at++)
    text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return text;
}
