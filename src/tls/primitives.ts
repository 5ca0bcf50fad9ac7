/** The cryptographic functions that reading TLS needs, from Node's own library: octets in, octets out. */
import { concatBytes } from '../base/bytes.ts';
import type { AeadName, HashName } from './suites.ts';

/** Of every AEAD here. */
export const TAG_OCTETS = 16;

/** Loaded when TLS is met: few captures have any, and it takes as long as reading a small one. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

const ascii = new TextEncoder();

/** What is inside `sealed` (ciphertext and tag); `undefined` if key, nonce, `aad` or octets are not the sealer's. */
export function openAead(
  aead: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - TAG_OCTETS;
  if (length < 0) return undefined;
  // All three take the same calls; the types of Node have no common name for them.
  const cipher = crypto().createDecipheriv(aead as 'aes-256-gcm', key, nonce, { authTagLength: TAG_OCTETS });
  cipher.setAAD(aad, { plaintextLength: length });
  cipher.setAuthTag(sealed.subarray(length));
  const clear = cipher.update(sealed.subarray(0, length));
  try {
    cipher.final();
  } catch {
    return undefined;
  }
  return clear;
}

/** `octets` octets of the pseudo-random function of TLS 1.2 (RFC 5246 §5). */
export function prf(
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  octets: number,
): Uint8Array {
  const labelled = concatBytes([ascii.encode(label), seed]);
  const parts: Uint8Array[] = [];
  let a: Uint8Array = labelled;
  for (let length = 0; length < octets; ) {
    a = hmac(hash, secret, a);
    const part = hmac(hash, secret, concatBytes([a, labelled]));
    parts.push(part);
    length += part.length;
  }
  return concatBytes(parts).subarray(0, octets);
}

/** HKDF-Expand-Label of TLS 1.3 with an empty context (RFC 8446 §7.1); `octets` is at most 255. */
export function expandLabel(hash: HashName, secret: Uint8Array, label: string, octets: number): Uint8Array {
  const name = ascii.encode(`tls13 ${label}`);
  const info = concatBytes([Uint8Array.of(0, octets, name.length), name, Uint8Array.of(0)]);
  const parts: Uint8Array[] = [];
  let previous: Uint8Array = new Uint8Array(0);
  for (let length = 0; length < octets; length += previous.length) {
    previous = hmac(hash, secret, concatBytes([previous, info, Uint8Array.of(parts.length + 1)]));
    parts.push(previous);
  }
  return concatBytes(parts).subarray(0, octets);
}

function hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
  return crypto().createHmac(hash, key).update(data).digest();
}
