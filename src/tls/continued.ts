/**
 * TLS connections that go on from a recording before: the comments among the lines of a key log with which the proxy
 * begins every further file of a recording, see src/proxy/tls/continuation.ts. What is no such comment is nothing.
 */
import { fromHex, NO_BYTES } from '../base/bytes.ts';
import { parseSocketAddress, type SocketAddress } from '../base/socket-address.ts';

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
  /** What may have been KeyUpdates: how many records were sealed up to and with each. */
  readonly updates: readonly number[];
  /** Earlier ones, of which only this number is known. */
  readonly updatesBefore: number;
}

export interface Continued {
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  /** What the client sent, and what the server sent. */
  readonly sides: readonly [ContinuedSide, ContinuedSide];
}

const BEGINNING = '# leasetap continues ';
/** Two ends, and five words for each of two sides. */
const WORDS = 12;
const LINE_MAX = 100_000;
const RECORD_OCTETS_MAX = 0xffff;

/** What a line tells; `undefined` if it tells nothing of the kind. */
export function continuedOf(line: string): Continued | undefined {
  if (!line.startsWith(BEGINNING) || line.length > LINE_MAX) return undefined;
  const words = line.slice(BEGINNING.length).trim().split(' ');
  const [client, server] = [parseSocketAddress(words[0] ?? ''), parseSocketAddress(words[1] ?? '')];
  const [first, second] = [sideOf(words.slice(2, 7)), sideOf(words.slice(7))];
  if (words.length !== WORDS || !client || !server || !first || !second) return undefined;
  return { client, server, sides: [first, second] };
}

function sideOf([clear = '', left = '', header = '', sealed = '', updates = '']: readonly string[]):
  | ContinuedSide
  | undefined {
  const [clearOctets, headerOctets] = [octetsOf(clear), octetsOf(header)];
  const [leftCount, sealedCount] = [Number(left), Number(sealed)];
  const known = updatesOf(updates);
  const good =
    clearOctets !== undefined &&
    headerOctets !== undefined &&
    known !== undefined &&
    Number.isSafeInteger(leftCount) &&
    Number.isSafeInteger(sealedCount) &&
    leftCount >= 0 &&
    leftCount <= RECORD_OCTETS_MAX &&
    sealedCount >= 0;
  return good
    ? { clear: clearOctets, left: leftCount, header: headerOctets, sealed: sealedCount, ...known }
    : undefined;
}

/** `2+17,340`: two that are only counted, and two that are known. */
function updatesOf(text: string): Pick<ContinuedSide, 'updates' | 'updatesBefore'> | undefined {
  if (text === '-') return { updates: [], updatesBefore: 0 };
  const [, before, list = ''] = /^(\d{1,9})\+(\d{1,15}(?:,\d{1,15})*)$/.exec(text) ?? [];
  if (before === undefined) return undefined;
  return { updates: list.split(',').map(Number), updatesBefore: Number(before) };
}

function octetsOf(hex: string): Uint8Array | undefined {
  return hex === '-' ? NO_BYTES : fromHex(hex);
}
