/**
 * A cursor over octets from outside, with a window that narrows to the option being read. Reads are unchecked: the
 * option reader in codec.ts looks at lengths before it lets anything read. What is wrong is collected, never thrown.
 */
import type { Problem } from '../base/problem.ts';
import { optionName } from './codes.ts';

const ASCII_TEXT_MAX = 64;
/** Problems that are told of one message; a damaged one could have thousands. */
const PROBLEMS_MAX = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Reader {
  readonly bytes: Uint8Array;
  /** Where the message begins: offsets in problems count from here. */
  readonly origin: number;
  at: number;
  /** End of the window. */
  end: number;
  /** Codes of the options around the cursor, outermost first. */
  readonly path: number[] = [];
  readonly problems: Problem[] = [];

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.origin = start;
    this.at = start;
    this.end = end;
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
    if (this.problems.length >= PROBLEMS_MAX) return;
    const path = this.path.map(optionName).join('/');
    this.problems.push({ code, path, message, section, offset: at - this.origin });
  }
}

/** A copy as a plain Uint8Array, also where `bytes` is a Buffer, whose own `slice` shares memory. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  if (end - start > 48) copy.set(bytes.subarray(start, end));
  else for (let at = start; at < end; at++) copy[at - start] = bytes[at] as number;
  return copy;
}
