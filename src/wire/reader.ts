/**
 * A cursor over octets from outside, with a window that narrows to the option being read. Reads are unchecked: the
 * option reader in codec.ts looks at lengths before it lets anything read. What is wrong is collected, never thrown. One
 * reader serves many messages, one after the other.
 */
import { NO_BYTES } from '../base/bytes.ts';
import type { Problem } from '../base/problem.ts';
import { optionName } from './codes.ts';

const ASCII_TEXT_MAX = 64;
/** Problems that are told of one message; a damaged one could have thousands. */
const PROBLEMS_MAX = 32;
const NO_PROBLEMS: readonly Problem[] = [];
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  bytes: Uint8Array;
  at: number;
  /** End of the window. */
  end: number;
  /** Codes of the options around the cursor, outermost first. */
  readonly path: number[] = [];
  /** Where the message begins: offsets in problems count from here. */
  private origin: number;
  private found: Problem[] | undefined;

  constructor(bytes: Uint8Array = NO_BYTES) {
    this.bytes = bytes;
    this.origin = 0;
    this.at = 0;
    this.end = bytes.length;
  }

  /** Begins to read the message at `bytes[start, end)`; what was read before is over. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.origin = start;
    this.at = start;
    this.end = end;
    this.found = undefined;
    if (this.path.length > 0) this.path.length = 0;
  }

  /** What is wrong with this message. */
  get problems(): readonly Problem[] {
    return this.found ?? NO_PROBLEMS;
  }

  /** Octets left in the window. */
  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes[this.at++] as number;
  }

  u16(): number {
    const { bytes, at } = this;
    this.at = at + 2;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  u24(): number {
    const { bytes, at } = this;
    this.at = at + 3;
    return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  }

  u32(): number {
    const { bytes, at } = this;
    this.at = at + 4;
    return (
      (((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)) >>>
      0
    );
  }

  /** An unsigned number of 1, 2 or 4 octets. */
  number(octets: number): number {
    if (octets === 4) return this.u32();
    return octets === 1 ? this.u8() : this.u16();
  }

  /** A copy of the next `length` octets: what was decoded does not keep the chunk alive that it came in. */
  take(length: number): Uint8Array {
    const copy = copyOf(this.bytes, this.at, this.at + length);
    this.at += length;
    return copy;
  }

  /** The rest of the window. */
  rest(): Uint8Array {
    return this.take(this.end - this.at);
  }

  /** The rest of the window as text; `undefined` if it is not UTF-8. */
  text(): string | undefined {
    const { bytes, at, end } = this;
    this.at = end;
    if (end - at <= ASCII_TEXT_MAX) {
      let text = '';
      let scan = at;
      for (; scan < end && (bytes[scan] as number) < 0x80; scan++) {
        text += String.fromCharCode(bytes[scan] as number);
      }
      if (scan === end) return text;
    }
    try {
      return utf8.decode(bytes.subarray(at, end));
    } catch {
      return undefined;
    }
  }

  /** Notes what is wrong with the octets at `at`. */
  report(code: string, message: string, section: string, at = this.at): void {
    this.found ??= [];
    if (this.found.length >= PROBLEMS_MAX) return;
    const path = this.path.map(optionName).join('/');
    this.found.push({ code, path, message, section, offset: at - this.origin });
  }
}

/** A copy as a plain Uint8Array, also where `bytes` is a Buffer, whose own `slice` shares memory. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  if (end - start > 48) copy.set(bytes.subarray(start, end));
  else for (let at = start; at < end; at++) copy[at - start] = bytes[at] as number;
  return copy;
}
