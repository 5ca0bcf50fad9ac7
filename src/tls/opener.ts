/**
 * Opens the protected records of one direction, one after the other (RFC 5246 §6.2.3.3 with RFC 5288 and RFC 7905;
 * RFC 8446 §5.2). Keeps the sequence number; what is inside is for others.
 */
import { concatBytes } from '../base/bytes.ts';
import { expandLabel, openAead, prf, TAG_OCTETS } from './primitives.ts';
import { RECORD_HEADER_OCTETS, type TlsRecord } from './records.ts';
import { type CipherSuite, KEY_OCTETS } from './suites.ts';

/** What a protected record held. */
export interface Opened {
  /** Content type. */
  readonly type: number;
  readonly octets: Uint8Array;
}

export interface Opener {
  /**
   * Opens the next record, or the one behind `lost` others that were not seen. `undefined`: it is not sealed with our key,
   * or has another number; then nothing has happened.
   */
  open(record: TlsRecord, lost?: number): Opened | undefined;
}

const NONCE_OCTETS = 12;
/** Of the nonce of GCM in TLS 1.2, which stands before the ciphertext (RFC 5288 §3). */
const EXPLICIT_NONCE_OCTETS = 8;
const FIXED_NONCE_OCTETS = 4;

/** TLS 1.2: both directions by the master secret; [0] is what the client sends. */
export function openersTls12(
  suite: CipherSuite,
  masterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): readonly [Opener, Opener] {
  const keyOctets = KEY_OCTETS[suite.aead];
  const ivOctets = suite.aead === 'chacha20-poly1305' ? NONCE_OCTETS : FIXED_NONCE_OCTETS;
  const seed = concatBytes([serverRandom, clientRandom]);
  const block = prf(suite.hash, masterSecret, 'key expansion', seed, 2 * (keyOctets + ivOctets));
  const take = (side: 0 | 1): Opener =>
    new Tls12Opener(
      suite,
      block.subarray(side * keyOctets, (side + 1) * keyOctets),
      block.subarray(2 * keyOctets + side * ivOctets, 2 * keyOctets + (side + 1) * ivOctets),
    );
  return [take(0), take(1)];
}

class Tls12Opener implements Opener {
  private readonly suite: CipherSuite;
  private readonly key: Uint8Array;
  private readonly iv: Uint8Array;
  private sequence = 0;

  constructor(suite: CipherSuite, key: Uint8Array, iv: Uint8Array) {
    this.suite = suite;
    this.key = key;
    this.iv = iv;
  }

  open({ type, octets }: TlsRecord, lost = 0): Opened | undefined {
    const sequence = this.sequence + lost;
    const { aead } = this.suite;
    const explicit = this.iv.length < NONCE_OCTETS ? EXPLICIT_NONCE_OCTETS : 0;
    const start = RECORD_HEADER_OCTETS + explicit;
    const length = octets.length - start - TAG_OCTETS;
    if (length < 0) return undefined;
    const nonce =
      explicit === 0
        ? nonceOf(this.iv, sequence)
        : concatBytes([this.iv, octets.subarray(RECORD_HEADER_OCTETS, start)]);
    const aad = new Uint8Array(13);
    const view = new DataView(aad.buffer);
    view.setBigUint64(0, BigInt(sequence));
    aad.set(octets.subarray(0, 3), 8);
    view.setUint16(11, length);
    const clear = openAead(aead, this.key, nonce, aad, octets.subarray(start));
    if (clear === undefined) return undefined;
    this.sequence = sequence + 1;
    return { type, octets: clear };
  }
}

/** TLS 1.3: one direction from one traffic secret on. */
export class Tls13Opener implements Opener {
  private readonly suite: CipherSuite;
  private readonly secret: Uint8Array;
  private readonly key: Uint8Array;
  private readonly iv: Uint8Array;
  private sequence = 0;

  constructor(suite: CipherSuite, secret: Uint8Array) {
    this.suite = suite;
    this.secret = secret;
    this.key = expandLabel(suite.hash, secret, 'key', KEY_OCTETS[suite.aead]);
    this.iv = expandLabel(suite.hash, secret, 'iv', NONCE_OCTETS);
  }

  open({ octets }: TlsRecord, lost = 0): Opened | undefined {
    const sequence = this.sequence + lost;
    const header = octets.subarray(0, RECORD_HEADER_OCTETS);
    const sealed = octets.subarray(RECORD_HEADER_OCTETS);
    const nonce = nonceOf(this.iv, sequence);
    const inner = openAead(this.suite.aead, this.key, nonce, header, sealed);
    if (inner === undefined) return undefined;
    this.sequence = sequence + 1;
    // The content type stands behind the content and before the padding of zeros.
    let end = inner.length;
    while (end > 0 && inner[end - 1] === 0) end--;
    return {
      type: end === 0 ? -1 : (inner[end - 1] as number),
      octets: inner.subarray(0, Math.max(end - 1, 0)),
    };
  }

  /** After a KeyUpdate (RFC 8446 §7.2). */
  next(): Tls13Opener {
    const { hash } = this.suite;
    return new Tls13Opener(this.suite, expandLabel(hash, this.secret, 'traffic upd', this.secret.length));
  }
}

/** `iv` with the sequence number, 64 bits, in its last octets (RFC 8446 §5.3, RFC 7905 §2). */
function nonceOf(iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = iv.slice();
  for (let at = nonce.length - 1, rest = sequence; rest > 0; at--, rest = Math.floor(rest / 256)) {
    nonce[at] = (nonce[at] as number) ^ (rest % 256);
  }
  return nonce;
}
