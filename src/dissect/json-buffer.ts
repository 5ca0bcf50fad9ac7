/**
 * A growing UTF-8 buffer into which messages are written as JSON. Constant parts are copied eight octets at a time and
 * numbers, hex and addresses come from tables, because strings made only to be encoded again, and calls that copy a few
 * octets, are most of the cost of `-T jsonl`. Whoever owns the buffer takes `view()` and calls `clear()`.
 */
import { IPV4_MAPPED, IPV4_MAPPED_OCTETS, isIpv4Mapped } from '../base/ipv6.ts';
import { jsonText } from '../base/json-text.ts';

const INITIAL_CAPACITY = 1 << 16;
/** Octets that may be written beyond the end of what is said, to be written over by what comes next. */
const OVERRUN_OCTETS = 8;
const COLON = 0x3a;
const COLONS = 0x3a3a;
const QUOTE = 0x22;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Two hex digits of an octet, the first in the low half. */
const HEX = new Uint16Array(256);
/** Four decimal digits with leading zeros, the first in the lowest octet. */
const DECIMAL = new Uint32Array(10_000);
// Without strings, because every run pays for it before its first line.
const hexDigit = (value: number): number => (value < 10 ? 0x30 : 0x57) + value;
for (let octet = 0; octet < 256; octet++) HEX[octet] = hexDigit(octet >> 4) | (hexDigit(octet & 15) << 8);
for (let value = 0; value < 10_000; value++) {
  const digit = (unit: number): number => ((value / unit) | 0) % 10;
  DECIMAL[value] = 0x30303030 + digit(1000) + (digit(100) << 8) + (digit(10) << 16) + (digit(1) << 24);
}

/** Text that is written often, ready to be copied by `JsonBuffer.put`. */
export class Piece {
  /** In octets. */
  readonly length: number;
  /**
   * Its octets eight by eight as little-endian doubles, zeros behind them. None of them is NaN, which might not keep its
   * bits: that takes an octet of 0xff, which UTF-8 has not, or 0x7f behind one of 0xf0 and more, which begins a longer
   * character.
   */
  readonly words: Float64Array;

  constructor(text: string) {
    const octets = encoder.encode(text);
    const padded = new Uint8Array(Math.ceil(octets.length / 8) * 8);
    padded.set(octets);
    const view = new DataView(padded.buffer);
    this.length = octets.length;
    this.words = Float64Array.from({ length: padded.length / 8 }, (_, index) =>
      view.getFloat64(index * 8, true),
    );
  }
}

export class JsonBuffer {
  private bytes: Uint8Array<ArrayBuffer>;
  private dataView: DataView;
  private used = 0;

  /** `memory`: how many octets shall fit without growing, or where they shall be written. */
  constructor(memory: number | ArrayBuffer = INITIAL_CAPACITY) {
    this.bytes = new Uint8Array(
      typeof memory === 'number' ? new ArrayBuffer(memory + OVERRUN_OCTETS) : memory,
    );
    this.dataView = new DataView(this.bytes.buffer);
  }

  /** Octets written so far. */
  get length(): number {
    return this.used;
  }

  /** Octets that fit without growing. */
  get capacity(): number {
    return this.bytes.length - OVERRUN_OCTETS;
  }

  /** What was written, as a view that the next write may change. */
  view(from = 0): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, this.used);
  }

  /** What was written from `from` on, as text. */
  text(from = 0): string {
    return decoder.decode(this.view(from));
  }

  /** Forgets everything after the first `length` octets. */
  clear(length = 0): void {
    this.used = length;
  }

  /** Puts an ASCII character in place of the one at `at`. */
  replace(at: number, code: number): void {
    this.bytes[at] = code;
  }

  /** Appends a ready piece. */
  put(piece: Piece): void {
    const { length, words } = piece;
    this.reserve(length);
    const view = this.dataView;
    let at = this.used;
    this.used = at + length;
    for (let index = 0; index < words.length; index++, at += 8) {
      view.setFloat64(at, words[index] as number, true);
    }
  }

  /** Appends octets as they are. */
  putOctets(octets: Uint8Array, start = 0, end = octets.length): void {
    this.reserve(end - start);
    this.bytes.set(start === 0 && end === octets.length ? octets : octets.subarray(start, end), this.used);
    this.used += end - start;
  }

  /** Appends one ASCII character. */
  putCode(code: number): void {
    this.reserve(1);
    this.bytes[this.used++] = code;
  }

  /** Appends a whole number from 0 to 2^53 - 1 in decimal. */
  putNumber(value: number): void {
    this.reserve(16);
    if (value < 10_000) this.putUpTo4(value);
    else if (value < 1e8) {
      const high = (value / 10_000) | 0;
      this.putUpTo4(high);
      this.put4(value - high * 10_000);
    } else {
      const high = Math.floor(value / 1e8);
      this.putNumber(high);
      const low = value - high * 1e8;
      const middle = (low / 10_000) | 0;
      this.put4(middle);
      this.put4(low - middle * 10_000);
    }
  }

  /** Appends octets as lower-case hex digits, without quotes. */
  putHex(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(2 * (end - start));
    const view = this.dataView;
    let at = this.used;
    let index = start;
    for (; index + 1 < end; index += 2, at += 4) {
      const first = HEX[bytes[index] as number] as number;
      view.setUint32(at, first | ((HEX[bytes[index + 1] as number] as number) << 16), true);
    }
    if (index < end) view.setUint16(at, HEX[bytes[index] as number] as number, true);
    this.used += 2 * (end - start);
  }

  /** The same with colons between octets, as link-layer addresses are written. */
  putColonHex(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) return;
    this.reserve(3 * (end - start));
    const out = this.bytes;
    const view = this.dataView;
    let at = this.used;
    for (let index = start; index < end; index++, at += 3) {
      view.setUint16(at, HEX[bytes[index] as number] as number, true);
      out[at + 2] = COLON;
    }
    this.used = at - 1;
  }

  /** Appends the RFC 5952 text of the 16 octets at `at`, without quotes: `formatIpv6` of base without the string. */
  putIpv6(bytes: Uint8Array, at: number): void {
    if (isIpv4Mapped(bytes, at)) {
      this.putText(IPV4_MAPPED);
      this.putIpv4(bytes, at + IPV4_MAPPED_OCTETS);
      return;
    }
    let bestStart = -1;
    let bestEnd = 0;
    for (let group = 0; group < 8; group++) {
      const start = group;
      while (group < 8 && bytes[at + 2 * group] === 0 && bytes[at + 2 * group + 1] === 0) group++;
      if (group - start > Math.max(bestEnd - bestStart, 1)) {
        bestStart = start;
        bestEnd = group;
      }
    }
    this.reserve(40);
    const view = this.dataView;
    let end = this.used;
    for (let group = 0; group < 8; group++) {
      if (group === bestStart) {
        view.setUint16(end, COLONS);
        end += 2;
        group = bestEnd - 1;
        continue;
      }
      if (group > 0 && group !== bestEnd) view.setUint8(end++, COLON);
      end = putGroup(view, end, bytes[at + 2 * group] as number, bytes[at + 2 * group + 1] as number);
    }
    this.used = end;
  }

  /** Appends the dotted text of the 4 octets at `at`, without quotes. */
  putIpv4(bytes: Uint8Array, at: number): void {
    for (let octet = 0; octet < 4; octet++) {
      this.reserve(5);
      if (octet > 0) this.bytes[this.used++] = 0x2e;
      this.putUpTo4(bytes[at + octet] as number);
    }
  }

  /** Appends text that needs no escaping, whatever it holds. */
  putText(text: string): void {
    const longest = 3 * text.length;
    this.reserve(longest);
    const room = this.bytes.subarray(this.used, this.used + longest);
    this.used += encoder.encodeInto(text, room).written;
  }

  /** Appends any text as a JSON string, quotes included. */
  putString(text: string): void {
    this.reserve(text.length + 2);
    const out = this.bytes;
    let at = this.used;
    out[at++] = QUOTE;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (!isPlain(code)) {
        this.putText(jsonText(text));
        return;
      }
      out[at++] = code;
    }
    out[at++] = QUOTE;
    this.used = at;
  }

  /** Four decimal digits. */
  private put4(value: number): void {
    this.dataView.setUint32(this.used, DECIMAL[value] as number, true);
    this.used += 4;
  }

  /** Up to four decimal digits, without leading zeros. */
  private putUpTo4(value: number): void {
    const digits = value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4;
    this.dataView.setUint32(this.used, (DECIMAL[value] as number) >>> (8 * (4 - digits)), true);
    this.used += digits;
  }

  private reserve(more: number): void {
    if (this.used + more + OVERRUN_OCTETS > this.bytes.length) this.grow(more);
  }

  private grow(more: number): void {
    let capacity = this.bytes.length * 2;
    while (capacity < this.used + more + OVERRUN_OCTETS) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.view());
    this.bytes = larger;
    this.dataView = new DataView(larger.buffer);
  }
}

/** Writes two octets at `at` as up to four hex digits without leading zeros; returns where they end. */
function putGroup(view: DataView, at: number, high: number, low: number): number {
  const digits = high === 0 ? (low < 0x10 ? 1 : 2) : high < 0x10 ? 3 : 4;
  const word = (HEX[high] as number) + ((HEX[low] as number) << 16);
  view.setUint32(at, word >>> (8 * (4 - digits)), true);
  return at + digits;
}

/** Whether JSON writes an ASCII character as it is. */
export function isPlain(code: number): boolean {
  return code >= 0x20 && code <= 0x7e && code !== QUOTE && code !== 0x5c;
}
