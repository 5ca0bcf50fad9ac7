/**
 * TLS on failover connections: the handshake after STARTTLS, mutual authentication, and whose certificate is good for
 * which partner (RFC 8156 §10, RFC 7653 §8.2, §9.1). Certificates are files of the configuration; nothing is read later.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  createServer,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';
import { InputError } from '../base/problem.ts';
import { normalAddress } from '../base/socket-address.ts';
import { describeSystemError, tlsReason } from '../base/system-error.ts';
import { keyLogFile } from '../tls/key-log-file.ts';
import type { PartnerConfig, TlsFiles } from './config.ts';
import { Stream } from './sockets.ts';
import { TLS_TROUBLE } from './starttls.ts';

/** Our certificate, its key, and whom we believe. */
export interface TlsContext {
  readonly material: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };
  /** Gets the lines of the key log, with their newlines. */
  readonly keylog: (line: string) => void;
}

/** How long STARTTLS, its answer and the handshake may take together. */
export const HANDSHAKE_MILLIS = 10_000;

/**
 * A client is done with the handshake of TLS 1.3 before the server has looked at its certificate (RFC 8446 §4.4), so
 * that a refusal is seen as this.
 */
const AFTER_HANDSHAKE = `${TLS_TROUBLE}closed by the partner right behind the handshake, perhaps because of our certificate; its log may tell`;

/** @throws InputError if a file cannot be read or is not what it should be */
export function loadTls(files: TlsFiles): TlsContext {
  const [trouble] = tlsTroubles(files);
  if (trouble !== undefined) throw new InputError(trouble);
  const { cert, key, ca, keylog } = files;
  const material = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) };
  try {
    createSecureContext(material);
  } catch (error) {
    throw new InputError(`${cert}, ${key}, ${ca}: ${(error as Error).message}`);
  }
  return { material, keylog: keylog === undefined ? () => undefined : keyLogFile(keylog) };
}

/** What is wrong with the files, one line each. With `now`, Unix milliseconds, also what is not valid at that time. */
export function tlsTroubles({ cert, key, ca }: TlsFiles, now?: number): string[] {
  const troubles: string[] = [];
  const open = <T>(file: string, expected: string, read: (pem: Buffer) => T): T | undefined => {
    try {
      return read(readFileSync(file));
    } catch (error) {
      troubles.push(
        describeSystemError(error) ?? `${file}: expected ${expected} (${(error as Error).message})`,
      );
      return undefined;
    }
  };
  const ours = open(cert, 'a certificate in PEM', (pem) => new X509Certificate(pem));
  const secret = open(key, 'a private key in PEM, not encrypted', (pem) => createPrivateKey(pem));
  const authority = open(ca, 'certificates in PEM', (pem) => new X509Certificate(pem));
  if (ours !== undefined && secret !== undefined && !ours.checkPrivateKey(secret)) {
    troubles.push(`${key}: not the key of ${cert}`);
  }
  if (now === undefined) return troubles;
  for (const [file, one] of [[cert, ours] as const, [ca, authority] as const]) {
    if (one !== undefined && now > Date.parse(one.validTo))
      troubles.push(`${file}: expired on ${one.validTo}`);
    if (one !== undefined && now < Date.parse(one.validFrom))
      troubles.push(`${file}: not valid before ${one.validFrom}`);
  }
  return troubles;
}

/**
 * Whether the certificate of a peer, already verified against the authorities, is this partner's: it holds one of the
 * configured names (or else its address), and is one of the configured fingerprints, if there are any.
 */
export function isPartnerCertificate(certificate: PeerCertificate, partner: PartnerConfig): boolean {
  const { certificateNames, certificateSha256, address } = partner;
  if (certificateSha256.length > 0 && !certificateSha256.includes(certificate.fingerprint256)) return false;
  if (certificateNames.length === 0 && certificateSha256.length > 0) return true;
  const names = certificateNames.length === 0 ? [address] : certificateNames;
  return names.some((name) => holdsName(certificate, name));
}

/** Addresses go to OpenSSL itself: checkServerIdentity of some Node versions (22.23) finds no IPv6 address. */
function holdsName(certificate: PeerCertificate, name: string): boolean {
  const address = normalAddress(name);
  if (address === undefined) return checkServerIdentity(name, certificate) === undefined;
  return new X509Certificate(certificate.raw).checkIP(address) !== undefined;
}

/** The handshake as the one who connected; rejects if the partner's certificate is not good. */
export function secureAsPrimary(
  stream: Stream,
  context: TlsContext,
  partner: PartnerConfig,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    // Names are looked at below, since a partner may have several.
    const socket = connect({
      ...context.material,
      socket: stream.release(),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
    });
    socket.on('keylog', (line) => context.keylog(line.toString('latin1')));
    const fail = (why: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`${TLS_TROUBLE}${why}`));
    };
    const timer = setTimeout(() => fail('no handshake in time'), HANDSHAKE_MILLIS);
    const onError = (error: Error) => fail(untrusted(socket) ?? tlsReason(error) ?? error.message);
    const onClose = () => fail('closed during the handshake');
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      const bad = reasonToRefuse(socket, (certificate) => isPartnerCertificate(certificate, partner));
      if (bad !== undefined) return fail(bad);
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(new Stream(socket, AFTER_HANDSHAKE));
    });
  });
}

/**
 * The handshake as the one who listens: `good` says whether this certificate is anybody's that we wait for. A TLS server
 * without a listener does it, because a lone socket of Node's would not verify what a client shows.
 */
export function secureAsSecondary(
  stream: Stream,
  context: TlsContext,
  good: (certificate: PeerCertificate) => boolean,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const raw = stream.release();
    const fail = (why: string) => {
      clearTimeout(timer);
      raw.destroy();
      reject(new Error(`${TLS_TROUBLE}${why}`));
    };
    const timer = setTimeout(() => fail('no handshake in time'), HANDSHAKE_MILLIS);
    // What is not authorized is refused below, with a reason.
    const options = {
      ...context.material,
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
    } as const;
    const server = createServer(options, (socket) => {
      const bad = reasonToRefuse(socket, good);
      if (bad !== undefined) return fail(bad);
      clearTimeout(timer);
      resolve(new Stream(socket));
    });
    server.on('keylog', (line) => context.keylog(line.toString('latin1')));
    server.on('tlsClientError', (error) => fail(tlsReason(error) ?? error.message));
    raw.once('close', () => fail('closed during the handshake'));
    server.emit('connection', raw);
    raw.resume();
  });
}

function reasonToRefuse(
  socket: TLSSocket,
  good: (certificate: PeerCertificate) => boolean,
): string | undefined {
  return (
    untrusted(socket) ??
    (good(socket.getPeerCertificate()) ? undefined : "the certificate is not a partner's")
  );
}

function untrusted(socket: TLSSocket): string | undefined {
  const { authorized, authorizationError } = socket;
  return authorized || !authorizationError ? undefined : `the certificate is not good: ${authorizationError}`;
}
