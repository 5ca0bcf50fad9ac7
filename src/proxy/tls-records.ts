/**
 * Counts TLS records that pass unread: five octets of header say what a record is and how long (RFC 8446 §5.1). What is
 * inside is none of our business here.
 */
import { readU16 } from '../base/bytes.ts';

const HEADER_OCTETS = 5;

const CONTENT_TYPES: Readonly<Record<number, string>> = {
  20: 'change_cipher_spec',
  21: 'alert',
  22: 'handshake',
  23: 'application_data',
  24: 'heartbeat',
};

export class TlsRecords {
  private readonly header = new Uint8Array(HEADER_OCTETS);
  private headerLength = 0;
  /** Octets of the current record that are still to come. */
  private left = 0;

  /** Content types of the records whose headers are complete with these octets; `other` for unknown ones. */
  push(bytes: Uint8Array): string[] {
    const types: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.left > 0) {
        const skipped = Math.min(this.left, bytes.length - at);
        this.left -= skipped;
        at += skipped;
        continue;
      }
      this.header[this.headerLength++] = bytes[at++] as number;
      if (this.headerLength < HEADER_OCTETS) continue;
      types.push(CONTENT_TYPES[this.header[0] as number] ?? 'other');
      this.left = readU16(this.header, 3);
      this.headerLength = 0;
    }
    return types;
  }
}
