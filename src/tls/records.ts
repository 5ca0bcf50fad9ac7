/** Cuts one direction of TLS into records (RFC 8446 §5.1). Keeps at most one record that is not whole. */
import { concatBytes, copyBytes, NO_BYTES, readU16 } from '../base/bytes.ts';
import { RECORD_OCTETS_MAX } from './limits.ts';

export const RECORD_HEADER_OCTETS = 5;

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** The major version of all records. */
const MAJOR = 3;
/** Content types that exist: 20 to 24. */
const CONTENT_TYPES = { first: 20, last: 24 } as const;

export interface TlsRecord {
  readonly type: number;
  /** With the header. Nobody writes to them. */
  readonly octets: Uint8Array;
}

/** Of a header that tell a record from the beginning of a message: its type and version. */
const BEGINNING_OCTETS = 3;

/**
 * Whether TLS may begin at `at`: with a hello, or with an alert instead of one. A lone octet is enough if there are no
 * more: as the first one of a message with length prefix it would stand for 5,376 octets at least.
 */
export function mayBeginTls(bytes: Uint8Array, at: number, end: number): boolean {
  const type = bytes[at];
  if (type !== ContentType.handshake && type !== ContentType.alert) return false;
  return end - at < BEGINNING_OCTETS || (bytes[at + 1] === MAJOR && (bytes[at + 2] as number) <= 4);
}

/** Whether at `at` begins a record with data, as in the middle of a connection. */
export function isApplicationData(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < RECORD_HEADER_OCTETS || bytes[at] !== ContentType.applicationData) return false;
  return isHeader(bytes, at) && (bytes[at + 2] as number) <= 4;
}

export class RecordCutter {
  private rest: Uint8Array = NO_BYTES;

  /** Octets of a record that is not whole. */
  get pending(): number {
    return this.rest.length;
  }

  /** The records that are whole with these octets, and perhaps that what follows cannot be a record. */
  push(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { readonly records: TlsRecord[]; readonly broken: boolean } {
    const fresh = bytes.subarray(start, end);
    const octets = this.rest.length === 0 ? fresh : concatBytes([this.rest, fresh]);
    const records: TlsRecord[] = [];
    let at = 0;
    while (at + RECORD_HEADER_OCTETS <= octets.length) {
      if (!isHeader(octets, at)) return { records, broken: true };
      const next = at + RECORD_HEADER_OCTETS + readU16(octets, at + 3);
      if (next > octets.length) break;
      records.push({ type: octets[at] as number, octets: octets.subarray(at, next) });
      at = next;
    }
    this.rest = copyBytes(octets, at);
    return { records, broken: false };
  }

  /** What is kept belongs to nothing any more. */
  clear(): void {
    this.rest = NO_BYTES;
  }
}

/** Whether the RECORD_HEADER_OCTETS octets at `at` can begin a record. */
export function isHeader(octets: Uint8Array, at: number): boolean {
  const type = octets[at] as number;
  return (
    type >= CONTENT_TYPES.first &&
    type <= CONTENT_TYPES.last &&
    octets[at + 1] === MAJOR &&
    readU16(octets, at + 3) <= RECORD_OCTETS_MAX
  );
}
