/**
 * The listening side of a server that is secondary in one or more relationships (RFC 8156 §6.1, §6.2): which endpoint
 * does a new connection belong to? Only the partner's address is known at first; the CONNECT names the relationship.
 */
import { toEpoch2000 } from '../base/time.ts';
import { OptionCode, StatusCode } from '../wire/codes.ts';
import { decodeFailoverMessage, encodeFailoverFrame } from '../wire/failover.ts';
import { FrameSplitter } from '../wire/framing.ts';
import { rejectingReply } from './handshake.ts';

/** Longest wait for the CONNECT of a new connection, milliseconds. */
export const CONNECT_WAIT_MILLIS = 10_000;
/** A CONNECT is short; who sends more before it is no partner. */
const CONNECT_BYTES_MAX = 4096;

/** One relationship in which this server is the secondary. */
export interface Relationship<T> {
  /** RFC 5952 text. */
  readonly partnerAddress: string;
  readonly name: string | undefined;
  readonly endpoint: T;
}

export type Admission<T> =
  /** The first message is not complete yet. */
  | { readonly kind: 'wait' }
  /** Feed `connected`, then `bytes` with `bytes`, and all that follows, to this endpoint. */
  | { readonly kind: 'admit'; readonly endpoint: T; readonly bytes: Uint8Array }
  /** Send `bytes`, if any, and close. */
  | { readonly kind: 'refuse'; readonly why: string; readonly bytes?: Uint8Array };

/** Whether anybody at this address is a partner; a connection from anywhere else is dropped at once (§6.1). */
export function isPartner<T>(relationships: readonly Relationship<T>[], address: string): boolean {
  return relationships.some(({ partnerAddress }) => partnerAddress === address);
}

/** Watches one new connection until its endpoint is known. */
export class Acceptor<T> {
  private readonly candidates: readonly Relationship<T>[];
  private readonly splitter = new FrameSplitter(CONNECT_BYTES_MAX);
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  constructor(relationships: readonly Relationship<T>[], partnerAddress: string) {
    this.candidates = relationships.filter((one) => one.partnerAddress === partnerAddress);
  }

  /** Octets of the connection, in order; `now` in Unix milliseconds. */
  bytes(bytes: Uint8Array, now: number): Admission<T> {
    if (this.candidates.length === 0) return { kind: 'refuse', why: 'nobody there is a partner' };
    this.chunks.push(Uint8Array.from(bytes));
    this.length += bytes.length;
    let admission: Admission<T> | undefined;
    const tooLong = this.splitter.push(bytes, (message, start, end) => {
      admission ??= this.first(message, start, end, now);
    });
    if (admission !== undefined) return admission;
    return tooLong === undefined
      ? { kind: 'wait' }
      : { kind: 'refuse', why: `a first message of ${tooLong} octets` };
  }

  private first(bytes: Uint8Array, start: number, end: number, now: number): Admission<T> {
    const { message } = decodeFailoverMessage(bytes, start, end);
    if (message.type !== 'CONNECT')
      return { kind: 'refuse', why: `the first message is no CONNECT but ${message.type}` };
    const { relationshipName, transactionId } = message;
    const [only, second] = this.candidates;
    const named = this.candidates.find(({ name }) => name !== undefined && name === relationshipName);
    // Without a name there is only one relationship (§6.1.1). A name that is no text is not the same as none.
    const nameless =
      relationshipName === undefined &&
      message.extra?.some(({ code }) => code === OptionCode.F_RELATIONSHIP_NAME) !== true;
    const found = nameless && second === undefined ? only : named;
    if (found !== undefined) return { kind: 'admit', endpoint: found.endpoint, bytes: this.whole() };
    const why = nameless ? 'a CONNECT without name' : 'no relationship of that name with you';
    const reply = rejectingReply(transactionId, { code: StatusCode.NotAllowed, message: why });
    return { kind: 'refuse', why, bytes: encodeFailoverFrame({ ...reply, sentTime: toEpoch2000(now) }) };
  }

  private whole(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
