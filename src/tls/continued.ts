/**
 * TLS connections that go on from a recording before: the comments among the lines of a key log with which the proxy
 * begins every further file of a recording, see src/proxy/tls/continuation.ts. What is no such comment is nothing.
 */
import { fromHex, NO_BYTES } from '../base/bytes.ts';
import type { Endpoint } from '../base/flow.ts';
import { parseSocketAddress } from '../base/socket-address.ts';

/** One direction. */
export interface ContinuedSide {
  /** Records of the handshake that were in the clear. */
  readonly clear: Uint8Array;
  /** Octets of the present record that are still to come. */
  readonly left: number;
  /** Of the next record's header, what has come already. */
  readonly header: Uint8Array;
  /** Records that were sealed before, with all keys together. */
  readonly sealed: number;
}

export interface Continued {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** What the client sent, and what the server sent. */
  readonly sides: readonly [ContinuedSide, ContinuedSide];
}

const BEGINNING = '# leasetap continues ';
/** Two ends, and four words for each of two sides. */
const WORDS = 10;
const LINE_MAX = 100_000;
const RECORD_OCTETS_MAX = 0xffff;

/** What a line tells; `undefined` if it tells nothing of the kind. */
export function continuedOf(line: string): Continued | undefined {
  if (!line.startsWith(BEGINNING) || line.length > LINE_MAX) return undefined;
  const words = line.slice(BEGINNING.length).trim().split(' ');
  const [client, server] = [parseSocketAddress(words[0] ?? ''), parseSocketAddress(words[1] ?? '')];
  const [first, second] = [sideOf(words.slice(2, 6)), sideOf(words.slice(6))];
  if (words.length !== WORDS || !client || !server || !first || !second) return undefined;
  return { client, server, sides: [first, second] };
}

function sideOf([clear = '', left = '', header = '', sealed = '']: readonly string[]):
  | ContinuedSide
  | undefined {
  const [clearOctets, headerOctets] = [octetsOf(clear), octetsOf(header)];
  const [leftCount, sealedCount] = [Number(left), Number(sealed)];
  const good =
    clearOctets !== undefined &&
    headerOctets !== undefined &&
    Number.isSafeInteger(leftCount) &&
    Number.isSafeInteger(sealedCount) &&
    leftCount >= 0 &&
    leftCount <= RECORD_OCTETS_MAX &&
    sealedCount >= 0;
  return good
    ? { clear: clearOctets, left: leftCount, header: headerOctets, sealed: sealedCount }
    : undefined;
}

function octetsOf(hex: string): Uint8Array | undefined {
  return hex === '-' ? NO_BYTES : fromHex(hex);
}
