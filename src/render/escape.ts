/**
 * Text from the wire made safe for terminals and files: nothing that a peer sends may move a cursor, change a colour,
 * reorder what is shown or break a line. Also how wide text is on a terminal, and cutting it to a width. The width
 * table is short on purpose: wide East Asian and emoji blocks count two, combining marks none, everything else one.
 */

/** What stands at the end of text that was cut. One column wide everywhere. */
const CUT_MARK = '~';

/**
 * Controls, lone surrogates, format characters (bidi, zero width, tags), line and paragraph separators, and everything
 * that draws nothing.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const ASCII_PRINTABLE = /^[\x20-\x7e]*$/;

/** The text with every character that a terminal could obey or hide written as `\x1b` or `\u{202e}`. */
export function safeText(text: string): string {
  if (ASCII_PRINTABLE.test(text)) return text;
  return text.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code === 0x0a) return '\\n';
  if (code === 0x0d) return '\\r';
  if (code === 0x09) return '\\t';
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Octets as safe text: UTF-8 where it is valid, every other octet as `\xNN`. */
export function safeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  try {
    return safeText(STRICT_UTF8.decode(bytes.subarray(start, end)));
  } catch {
    return safeBroken(bytes, start, end);
  }
}

function safeBroken(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; ) {
    const length = sequenceLength(bytes, at, end);
    if (length === 0) {
      text += `\\x${(bytes[at] as number).toString(16).padStart(2, '0')}`;
      at++;
      continue;
    }
    text += safeText(STRICT_UTF8.decode(bytes.subarray(at, at + length)));
    at += length;
  }
  return text;
}

/** Octets of the valid UTF-8 sequence at `at`, or 0 if none begins there. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > end) return 0;
  try {
    STRICT_UTF8.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Pairs of first and last code point that take two columns. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x267f, 0x267f],
  [0x2693, 0x2693],
  [0x26a1, 0x26a1],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x26ce, 0x26d4],
  [0x26ea, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x2757],
  [0x2795, 0x2797],
  [0x27b0, 0x27bf],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f19a],
  [0x1f200, 0x1f265],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function columnsOf(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  for (const [first, last] of WIDE) {
    if (code < first) return 1;
    if (code <= last) return 2;
  }
  return 1;
}

/** Terminal columns that safe text takes. */
export function displayWidth(text: string): number {
  if (ASCII_PRINTABLE.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** The text, cut to at most `width` columns; a cut shows as `~` in the last one. */
export function cutText(text: string, width: number): string {
  if (text.length <= width && ASCII_PRINTABLE.test(text)) return text;
  if (width <= 0) return '';
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let columns = 0;
  for (const character of text) {
    const next = columns + columnsOf(character);
    if (next > width - CUT_MARK.length) break;
    kept += character;
    columns = next;
  }
  return kept + CUT_MARK;
}

/** The text, cut or filled with spaces to exactly `width` columns. */
export function padText(text: string, width: number): string {
  return fillText(cutText(text, width), width);
}

/** The text, filled with spaces to at least `width` columns. */
export function fillText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}
