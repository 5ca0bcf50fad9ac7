/**
 * A growing UTF-8 buffer into which messages are written as JSON. Constant parts are copied as ready octets and
 * numbers are written digit by digit, because strings made only to be encoded again are most of the cost of
 * `-T jsonl`. Whoever owns the buffer takes `bytes` and calls `clear()`.
 */

const INITIAL_CAPACITY = 1 << 16;
/** Up to here a loop is faster than the call that copies. */
const LOOPED_OCTETS_MAX = 8;
const HEX = new TextEncoder().encode('0123456789abcdef');
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text as the octets that `JsonBuffer.put` wants. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export class JsonBuffer {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;

  /** Octets written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, as a view that the next write may change. */
  view(from = 0): Uint8Array {
    return this.#bytes.subarray(from, this.#length);
  }

  /** What was written from `from` on, as text. */
  text(from = 0): string {
    return decoder.decode(this.view(from));
  }

  /** Forgets everything after the first `length` octets. */
  clear(length = 0): void {
    this.#length = length;
  }

  /** Puts an ASCII character in place of the one at `at`. */
  replace(at: number, code: number): void {
    this.#bytes[at] = code;
  }

  /** Appends ready octets. */
  put(octets: Uint8Array): void {
    const at = this.#length;
    const { length } = octets;
    if (at + length > this.#bytes.length) this.#grow(length);
    if (length > LOOPED_OCTETS_MAX) this.#bytes.set(octets, at);
    else for (let index = 0; index < length; index++) this.#bytes[at + index] = octets[index] as number;
    this.#length = at + length;
  }

  /** Appends one ASCII character. */
  putCode(code: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = code;
  }

  /** Appends a whole number from 0 to 2^53 - 1 in decimal. */
  putNumber(value: number): void {
    if (this.#length + 16 > this.#bytes.length) this.#grow(16);
    const bytes = this.#bytes;
    let digits = 1;
    for (let bound = 10; value >= bound; bound *= 10) digits++;
    let at = this.#length + digits;
    this.#length = at;
    let rest = value;
    while (rest > 0x7fffffff) {
      const quotient = Math.floor(rest / 10);
      bytes[--at] = 48 + (rest - quotient * 10);
      rest = quotient;
      digits--;
    }
    let small = rest | 0;
    while (digits-- > 0) {
      const quotient = (small / 10) | 0;
      bytes[--at] = 48 + (small - quotient * 10);
      small = quotient;
    }
  }

  /** Appends octets as lower-case hex digits, without quotes. `separator`, if given, goes between octets. */
  putHex(bytes: Uint8Array, start: number, end: number, separator = 0): void {
    if (this.#length + 3 * (end - start) > this.#bytes.length) this.#grow(3 * (end - start));
    const out = this.#bytes;
    let at = this.#length;
    for (let index = start; index < end; index++) {
      if (separator !== 0 && index > start) out[at++] = separator;
      const octet = bytes[index] as number;
      out[at++] = HEX[octet >> 4] as number;
      out[at++] = HEX[octet & 15] as number;
    }
    this.#length = at;
  }

  /** Appends text that needs no escaping: ASCII without quotes, backslashes and control characters. */
  putAscii(text: string): void {
    if (this.#length + text.length > this.#bytes.length) this.#grow(text.length);
    const out = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) out[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  /** Appends any text as a JSON string, quotes included. */
  putString(text: string): void {
    this.put(encoder.encode(JSON.stringify(text)));
  }

  #grow(more: number): void {
    let capacity = this.#bytes.length * 2;
    while (capacity < this.#length + more) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.view());
    this.#bytes = larger;
  }
}
