/**
 * The STARTTLS exchange at the beginning of a failover connection (RFC 7653 §8.2 and §9.1, with RFC 8156 §6.1), as
 * octets in and a verdict out. The handshake itself is for tls.ts.
 */
import { concatBytes, NO_BYTES, readU16 } from '../base/bytes.ts';
import { MessageType, StatusCode } from '../wire/codes.ts';
import { decodeFailoverMessage, encodeFailoverFrame } from '../wire/failover.ts';

/** STARTTLS and its REPLY are a header and perhaps a status: who sends more is no partner. */
const MESSAGE_OCTETS_MAX = 1024;
const PREFIX = 2;

/** Before the reasons for which there is no connection where TLS is to blame. */
export const TLS_TROUBLE = 'TLS: ';

/** What a new connection begins with. */
export type Beginning =
  | { readonly kind: 'wait' }
  /** STARTTLS: answer it, or refuse. */
  | { readonly kind: 'starttls'; readonly transactionId: number }
  /** Something else, without TLS: everything received so far. */
  | { readonly kind: 'plain'; readonly bytes: Uint8Array }
  | { readonly kind: 'refuse'; readonly why: string };

/** Collects the first octets of a connection until it is clear whether it begins with STARTTLS. */
export class FirstMessage {
  private bytes: Uint8Array = NO_BYTES;

  push(bytes: Uint8Array): Beginning {
    this.bytes = this.bytes.length === 0 ? bytes.slice() : concatBytes([this.bytes, bytes]);
    const received = this.bytes;
    if (received.length <= PREFIX) return { kind: 'wait' };
    if (received[PREFIX] !== MessageType.STARTTLS) return { kind: 'plain', bytes: received };
    const length = readU16(received, 0);
    if (length > MESSAGE_OCTETS_MAX) return { kind: 'refuse', why: `a STARTTLS of ${length} octets` };
    if (received.length < PREFIX + length) return { kind: 'wait' };
    if (received.length > PREFIX + length)
      return { kind: 'refuse', why: 'octets between STARTTLS and its REPLY' };
    const { message } = decodeFailoverMessage(received, PREFIX, PREFIX + length);
    if (message.type !== 'STARTTLS') return { kind: 'refuse', why: 'a STARTTLS that cannot be read' };
    return { kind: 'starttls', transactionId: message.transactionId };
  }
}

export function startTlsMessage(transactionId: number): Uint8Array {
  return encodeFailoverFrame({ type: 'STARTTLS', transactionId });
}

/** `refused`: why there will be no TLS; otherwise the handshake follows. */
export function startTlsReply(transactionId: number, refused?: string): Uint8Array {
  const status =
    refused === undefined ? {} : { status: { code: StatusCode.TLSConnectionRefused, message: refused } };
  return encodeFailoverFrame({ type: 'REPLY', transactionId, ...status });
}

/** Collects the answer to STARTTLS. `undefined`: more is needed; otherwise TLS may begin, or why it may not. */
export class StartTlsAnswer {
  private bytes: Uint8Array = NO_BYTES;

  push(bytes: Uint8Array): 'begin' | { readonly refused: string } | undefined {
    this.bytes = concatBytes([this.bytes, bytes]);
    const received = this.bytes;
    if (received.length < PREFIX) return undefined;
    const length = readU16(received, 0);
    if (length > MESSAGE_OCTETS_MAX) return { refused: `an answer to STARTTLS of ${length} octets` };
    if (received.length < PREFIX + length) return undefined;
    const { message } = decodeFailoverMessage(received, PREFIX, PREFIX + length);
    if (message.type !== 'REPLY') return { refused: `the answer to STARTTLS is ${message.type}` };
    if (message.status !== undefined && message.status.code !== StatusCode.Success) {
      const said = message.status.message === '' ? '' : `: ${message.status.message}`;
      return { refused: `the partner refuses it${said} (status ${message.status.code})` };
    }
    return received.length === PREFIX + length
      ? 'begin'
      : { refused: 'octets between REPLY and the TLS handshake' };
  }
}
