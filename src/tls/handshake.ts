/**
 * Handshake messages out of records, however they are spread over them, and what a reader needs of the hellos
 * (RFC 8446 §4, RFC 5246 §7.4). Only hellos are kept; of all others the type is told when they are whole.
 */
import { concatBytes, equalBytes, NO_BYTES, readU16, readU24 } from '../base/bytes.ts';
import { HELLO_OCTETS_MAX } from './limits.ts';

export const HandshakeType = { clientHello: 1, serverHello: 2, finished: 20, keyUpdate: 24 } as const;

const HEADER_OCTETS = 4;
const RANDOM_OCTETS = 32;
const EXTENSION_SUPPORTED_VERSIONS = 43;
const EXTENSION_EARLY_DATA = 42;

/** A whole message; `body` is empty but for hellos. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

export class HandshakeReader {
  private rest: Uint8Array = NO_BYTES;
  /** Octets of a message that is not kept. */
  private skip = 0;
  private skippedType = 0;

  /** The messages that are whole with these octets; `undefined` for a hello beyond HELLO_OCTETS_MAX. */
  push(octets: Uint8Array): HandshakeMessage[] | undefined {
    const messages: HandshakeMessage[] = [];
    let input = this.rest.length === 0 ? octets : concatBytes([this.rest, octets]);
    this.rest = NO_BYTES;
    while (input.length > 0) {
      if (this.skip > 0) {
        const passed = Math.min(this.skip, input.length);
        this.skip -= passed;
        input = input.subarray(passed);
        if (this.skip === 0) messages.push({ type: this.skippedType, body: NO_BYTES });
        continue;
      }
      if (input.length < HEADER_OCTETS) break;
      const type = input[0] as number;
      const end = HEADER_OCTETS + readU24(input, 1);
      if (type !== HandshakeType.clientHello && type !== HandshakeType.serverHello) {
        this.skippedType = type;
        this.skip = end;
        continue;
      }
      if (end > HELLO_OCTETS_MAX) return undefined;
      if (input.length < end) break;
      messages.push({ type, body: input.subarray(HEADER_OCTETS, end) });
      input = input.subarray(end);
    }
    this.rest = input.slice();
    return messages;
  }
}

export interface ClientHello {
  readonly random: Uint8Array;
  readonly offersEarlyData: boolean;
}

export interface ServerHello {
  readonly random: Uint8Array;
  /** `TLSv1.2` and the like; `undefined` for none that we know. */
  readonly version: string | undefined;
  readonly suite: number;
  /** Not an answer, but the wish for another ClientHello (RFC 8446 §4.1.4). */
  readonly isRetry: boolean;
}

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0301, 'TLSv1'],
  [0x0302, 'TLSv1.1'],
  [0x0303, 'TLSv1.2'],
  [0x0304, 'TLSv1.3'],
]);

/** SHA-256 of `HelloRetryRequest` (RFC 8446 §4.1.3). */
const RETRY_RANDOM = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
);

/** `undefined` for a body that is too short. */
export function readClientHello(body: Uint8Array): ClientHello | undefined {
  const random = body.slice(2, 2 + RANDOM_OCTETS);
  if (random.length < RANDOM_OCTETS) return undefined;
  let at = 2 + RANDOM_OCTETS;
  at += 1 + (body[at] ?? 0);
  at += at + 2 <= body.length ? 2 + readU16(body, at) : 2;
  at += 1 + (body[at] ?? 0);
  return { random, offersEarlyData: findExtension(body, at, EXTENSION_EARLY_DATA) !== undefined };
}

/** `undefined` for a body that is too short. */
export function readServerHello(body: Uint8Array): ServerHello | undefined {
  const random = body.slice(2, 2 + RANDOM_OCTETS);
  const at = 2 + RANDOM_OCTETS + 1 + (body[2 + RANDOM_OCTETS] ?? 0);
  if (at + 3 > body.length) return undefined;
  const chosen = findExtension(body, at + 3, EXTENSION_SUPPORTED_VERSIONS);
  const version = chosen !== undefined && chosen.length === 2 ? readU16(chosen, 0) : readU16(body, 0);
  return {
    random,
    version: VERSIONS.get(version),
    suite: readU16(body, at),
    isRetry: equalBytes(random, RETRY_RANDOM),
  };
}

/** The value of an extension in the list, with its two octets of length, at `at`. */
function findExtension(body: Uint8Array, at: number, wanted: number): Uint8Array | undefined {
  for (let next = at + 2; next + 4 <= body.length; ) {
    const end = next + 4 + readU16(body, next + 2);
    if (end > body.length) return undefined;
    if (readU16(body, next) === wanted) return body.subarray(next + 4, end);
    next = end;
  }
  return undefined;
}
