/**
 * Writes octets into slabs, with length fields that are filled in afterwards. One writer serves many messages: write
 * one, or several frames for a single send, then `take`. A message is not copied and rarely allocated for: making a
 * typed array of its own for each costs more than writing it.
 */
import { invariant } from '../base/invariant.ts';

const SLAB = 32 * 1024;
/** What a 16-bit length field can say. */
export const LENGTH_MAX = 0xffff;
const ASCII_TEXT_MAX = 64;
const utf8 = new TextEncoder();

export class Writer {
  private bytes = new Uint8Array(SLAB);
  private view = new DataView(this.bytes.buffer);
  /** Where the current message begins; what is before it was taken and belongs to its takers. */
  private begin = 0;
  private at = 0;

  /** Octets written since the last `take`. */
  get length(): number {
    return this.at - this.begin;
  }

  /**
   * What was written since the last `take`. Never written to again, but it shares its slab of 32 KiB with
   * neighbours: copy what is kept for long.
   */
  take(): Uint8Array {
    // `subarray` looks for other constructors first.
    const taken = new Uint8Array(this.bytes.buffer, this.begin, this.at - this.begin);
    this.begin = this.at;
    return taken;
  }

  /** Forgets what was written since the last `take`. */
  discard(): void {
    this.at = this.begin;
  }

  u8(value: number): void {
    if (this.at + 1 > this.bytes.length) this.grow(1);
    this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    if (this.at + 2 > this.bytes.length) this.grow(2);
    this.view.setUint16(this.at, value);
    this.at += 2;
  }

  u24(value: number): void {
    if (this.at + 3 > this.bytes.length) this.grow(3);
    this.view.setUint8(this.at, value >>> 16);
    this.view.setUint16(this.at + 1, value);
    this.at += 3;
  }

  u32(value: number): void {
    if (this.at + 4 > this.bytes.length) this.grow(4);
    this.view.setUint32(this.at, value);
    this.at += 4;
  }

  octets(value: Uint8Array): void {
    const { length } = value;
    if (this.at + length > this.bytes.length) this.grow(length);
    const { bytes, at } = this;
    if (length > 48) bytes.set(value, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = value[index] as number;
    this.at = at + length;
  }

  /** UTF-8, without terminator. */
  text(value: string): void {
    if (value.length <= ASCII_TEXT_MAX && this.ascii(value)) return;
    this.octets(utf8.encode(value));
  }

  /** Code and length of an option. */
  optionHeader(code: number, length: number): void {
    if (this.at + 4 > this.bytes.length) this.grow(4);
    this.view.setUint32(this.at, (code << 16) | length);
    this.at += 4;
  }

  /** An option that holds a number of 1, 2 or 4 octets. */
  numberOption(code: number, octets: number, value: number): void {
    if (this.at + 8 > this.bytes.length) this.grow(8);
    const { view, at } = this;
    view.setUint32(at, (code << 16) | octets);
    if (octets === 4) view.setUint32(at + 4, value);
    else if (octets === 1) view.setUint8(at + 4, value);
    else view.setUint16(at + 4, value);
    this.at = at + 4 + octets;
  }

  /** The code of an option, and room for its length; hand the result to `endLength`. */
  beginOption(code: number): number {
    this.optionHeader(code, 0);
    return this.length;
  }

  /** Leaves room for a 16-bit length of what follows; hand the result to `endLength`. */
  beginLength(): number {
    this.u16(0);
    return this.length;
  }

  endLength(mark: number): void {
    const length = this.length - mark;
    invariant(length <= LENGTH_MAX, 'an option or message is at most 65535 octets long');
    this.view.setUint16(this.begin + mark - 2, length);
  }

  private ascii(value: string): boolean {
    if (this.at + value.length > this.bytes.length) this.grow(value.length);
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit >= 0x80) return false;
      this.bytes[this.at + index] = unit;
    }
    this.at += value.length;
    return true;
  }

  /** A new slab for the current message: what was taken from the old one stays where it is. */
  private grow(needed: number): void {
    const { length } = this;
    const slab = new Uint8Array(Math.max(SLAB, 2 * (length + needed)));
    slab.set(this.bytes.subarray(this.begin, this.at));
    this.bytes = slab;
    this.view = new DataView(slab.buffer);
    this.begin = 0;
    this.at = length;
  }
}
