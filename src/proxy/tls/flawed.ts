/**
 * A certificate like a given one but for a single flaw: its parts (RFC 5280 §4.1) are taken apart, one or two are
 * replaced, and the rest is signed again. Signed by the authority, if we have its key, so that the flaw stands alone;
 * otherwise by itself.
 */
import { createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { concatBytes, equalBytes } from '../../base/bytes.ts';
import type { CertificateFlaw } from '../faults/kind.ts';
import { type Der, make, readAll, Tag, text } from './der.ts';
import type { TlsIdentity } from './handshake.ts';

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  authorityKeyIdentifier: [0x55, 0x1d, 0x23],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  sha256WithRsa: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
  ed25519: [0x2b, 0x65, 0x70],
} as const;

/** Reserved so that nobody can be called so (RFC 6761 §6.4). */
const WRONG_NAME = 'wrong.invalid';
const LONG_AGO = ['20000101000000Z', '20010101000000Z'] as const;
/** Context tags of a certificate. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

interface Parts {
  readonly version: Der;
  readonly serial: Der;
  readonly subject: Uint8Array;
  readonly validity: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** Throws an Error for a certificate that is not of version 3, or a key that is of no use. */
export function flawedIdentity(
  { cert, key }: TlsIdentity,
  flaw: CertificateFlaw,
  authority?: TlsIdentity,
): TlsIdentity {
  const parts = withFlaw(partsOf(new X509Certificate(cert).raw), flaw);
  const by = flaw === 'self-signed' ? undefined : authority;
  const issuer = by === undefined ? parts.subject : partsOf(new X509Certificate(by.cert).raw).subject;
  // It may point to another key than the one that signs.
  const extensions = parts.extensions.filter((one) => !isOf(one, OID.authorityKeyIdentifier));
  const signed = certificate({ ...parts, extensions }, issuer, createPrivateKey(by?.key ?? key));
  return { cert: pem(signed), key };
}

function withFlaw(parts: Parts, flaw: CertificateFlaw): Parts {
  if (flaw === 'self-signed') return parts;
  if (flaw === 'expired') {
    const [begin, end] = LONG_AGO;
    const validity = make(Tag.sequence, text(Tag.generalizedTime, begin), text(Tag.generalizedTime, end));
    return { ...parts, validity };
  }
  const name = make(Tag.sequence, oid(OID.commonName), text(Tag.utf8String, WRONG_NAME));
  const names = make(Tag.octetString, make(Tag.sequence, text(DNS_NAME, WRONG_NAME)));
  return {
    ...parts,
    subject: make(Tag.sequence, make(Tag.set, name)),
    extensions: [
      ...parts.extensions.filter((one) => !isOf(one, OID.subjectAltName)),
      make(Tag.sequence, oid(OID.subjectAltName), names),
    ],
  };
}

function partsOf(der: Uint8Array): Parts {
  const [outer] = readAll(der);
  const [inner] = readAll(outer?.content ?? new Uint8Array(0));
  const [version, serial, , , validity, subject, publicKey, ...rest] = readAll(
    inner?.content ?? new Uint8Array(0),
  );
  const extensions = rest.find(({ tag }) => tag === EXTENSIONS);
  const [list] = readAll(extensions?.content ?? new Uint8Array(0));
  if (version?.tag !== VERSION || serial === undefined || publicKey === undefined)
    throw new Error('not a certificate of version 3');
  return {
    version,
    serial,
    validity: (validity as Der).whole,
    subject: (subject as Der).whole,
    publicKey: publicKey.whole,
    extensions: list === undefined ? [] : readAll(list.content).map(({ whole }) => whole),
  };
}

function certificate(parts: Parts, issuer: Uint8Array, key: KeyObject): Uint8Array {
  const { version, serial, validity, subject, publicKey, extensions } = parts;
  const { algorithm, digest } = signatureOf(key);
  const listed = extensions.length === 0 ? [] : [make(EXTENSIONS, make(Tag.sequence, ...extensions))];
  const inner = make(
    Tag.sequence,
    version.whole,
    serial.whole,
    algorithm,
    issuer,
    validity,
    subject,
    publicKey,
    ...listed,
  );
  const signature = sign(digest, inner, key);
  return make(Tag.sequence, inner, algorithm, make(Tag.bitString, Uint8Array.of(0), signature));
}

function signatureOf(key: KeyObject): { readonly algorithm: Uint8Array; readonly digest: string | null } {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return { algorithm: make(Tag.sequence, oid(OID.ecdsaWithSha256)), digest: 'sha256' };
    case 'rsa':
      return { algorithm: make(Tag.sequence, oid(OID.sha256WithRsa), make(Tag.null)), digest: 'sha256' };
    case 'ed25519':
      return { algorithm: make(Tag.sequence, oid(OID.ed25519)), digest: null };
    default:
      throw new Error(`a key of type ${key.asymmetricKeyType} signs no certificate here`);
  }
}

function oid(octets: readonly number[]): Uint8Array {
  return make(Tag.objectIdentifier, Uint8Array.from(octets));
}

function isOf(extension: Uint8Array, wanted: readonly number[]): boolean {
  const [id] = readAll(readAll(extension)[0]?.content ?? new Uint8Array(0));
  return id !== undefined && equalBytes(id.content, Uint8Array.from(wanted));
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(concatBytes([der]))
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
