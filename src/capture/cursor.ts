/**
 * Contiguous octets out of a series of chunks. Almost everything is read where it lies in its chunk; only what
 * straddles two chunks is copied into a buffer of its own. Octets that were shown are never written to again.
 */
import { NO_BYTES } from '../base/bytes.ts';

export class ByteCursor {
  /** The octets at hand are `bytes[at, end)`; what lies behind them is ours to fill. A reader moves `at`. */
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  end = 0;
  /** Set by `finish`: no chunk will follow. */
  ended = false;
  /** The chunk behind the octets at hand. */
  private rest: Uint8Array = NO_BYTES;
  private restAt = 0;
  /** Stream offset of `bytes[0]`. */
  private base = 0;

  /** Stream offset of the octet at `at`. */
  get offset(): number {
    return this.base + this.at;
  }

  /** Stream offset of the end of everything that was fed. */
  get fed(): number {
    return this.base + this.end + this.rest.length - this.restAt;
  }

  /** Only after `need` or `skip` has said that there is too little. */
  feed(chunk: Uint8Array): void {
    this.rest = chunk;
    this.restAt = 0;
    if (this.at === this.end) this.toRest();
  }

  finish(): void {
    this.ended = true;
  }

  /** Brings `count` octets to hand; `false` if they are not there yet. */
  need(count: number): boolean {
    return this.end - this.at >= count || this.join(count);
  }

  /** Moves on by up to `count` octets, and says by how many. */
  skip(count: number): number {
    const near = Math.min(count, this.end - this.at);
    this.at += near;
    if (near === count) return count;
    this.toRest();
    const far = Math.min(count - near, this.end - this.at);
    this.at += far;
    return near + far;
  }

  private toRest(): void {
    this.base += this.at - this.restAt;
    this.bytes = this.rest;
    this.at = this.restAt;
    this.end = this.rest.length;
    this.rest = NO_BYTES;
    this.restAt = 0;
  }

  private join(count: number): boolean {
    if (this.at === this.end) {
      this.toRest();
      if (this.end - this.at >= count) return true;
    }
    const left = this.end - this.at;
    const take = Math.min(count - left, this.rest.length - this.restAt);
    if (take === 0) return false;
    if (this.bytes.length - this.end < take) {
      // Grows by doubling as octets come, so that a claimed length alone costs nothing.
      const grown = new Uint8Array(Math.max(left + take, Math.min(count, 2 * left + 4096)));
      grown.set(this.bytes.subarray(this.at, this.end));
      this.base += this.at;
      this.bytes = grown;
      this.at = 0;
      this.end = left;
    }
    this.bytes.set(this.rest.subarray(this.restAt, this.restAt + take), this.end);
    this.end += take;
    this.restAt += take;
    return this.end - this.at >= count;
  }
}
