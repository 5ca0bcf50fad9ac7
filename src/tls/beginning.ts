/**
 * Where TLS begins in one direction: with its first octet, or behind STARTTLS and the REPLY to it (RFC 7653 §8.2,
 * §9.1), which are messages with a length prefix. Octets in, one verdict out; keeps nothing.
 */
import { mayBeginTls } from './records.ts';

const STARTTLS = 23;
const REPLY = 7;
/** Length of the message, 2 octets, and its type. */
const HEADER_OCTETS = 3;

export class Beginning {
  /** `open`: it may still come. */
  verdict: 'open' | 'plain' | 'tls' = 'open';
  private header: number[] = [];
  private skip = 0;

  /** Takes the next octets while the verdict is open. Where among them TLS begins, or `end`. */
  push(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; ) {
      if (this.skip > 0) {
        const passed = Math.min(this.skip, end - at);
        this.skip -= passed;
        at += passed;
        continue;
      }
      if (this.header.length === 0 && mayBeginTls(bytes, at, end)) {
        this.verdict = 'tls';
        return at;
      }
      this.header.push(bytes[at++] as number);
      if (this.header.length === HEADER_OCTETS && !this.passMessage()) {
        this.verdict = 'plain';
        return end;
      }
    }
    return end;
  }

  /** Whether the message is one that may stand before TLS. */
  private passMessage(): boolean {
    const [high = 0, low = 0, type] = this.header;
    this.header = [];
    const length = high * 256 + low;
    this.skip = length - 1;
    return length > 0 && (type === STARTTLS || type === REPLY);
  }
}
