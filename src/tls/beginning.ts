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
  /** Octets of a header that have come, as a number, and how many. */
  private header = 0;
  private headerOctets = 0;
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
      if (this.headerOctets === 0 && mayBeginTls(bytes, at, end)) {
        this.verdict = 'tls';
        return at;
      }
      this.header = this.header * 256 + (bytes[at++] as number);
      if (++this.headerOctets === HEADER_OCTETS && !this.passMessage()) {
        this.verdict = 'plain';
        return end;
      }
    }
    return end;
  }

  /** Whether the message is one that may stand before TLS. */
  private passMessage(): boolean {
    const type = this.header % 256;
    const length = (this.header - type) / 256;
    this.header = 0;
    this.headerOctets = 0;
    this.skip = length - 1;
    return length > 0 && (type === STARTTLS || type === REPLY);
  }
}
