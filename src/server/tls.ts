/**
 * TLS on failover connections: the handshake after STARTTLS, mutual authentication, and whose certificate is good for
 * which partner (RFC 8156 §10, RFC 7653 §8.2, §9.1). Certificates are files of the configuration; nothing is read later.
 */
import { X509Certificate } from 'node:crypto';
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
import type { PartnerConfig, TlsFiles } from './config.ts';
import { Stream } from './sockets.ts';

/** Our certificate, its key, and whom we believe. */
export interface TlsContext {
  readonly material: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };
}

/** How long STARTTLS, its answer and the handshake may take together. */
export const HANDSHAKE_MILLIS = 10_000;

/** @throws InputError if a file cannot be read or is not what it should be */
export function loadTls(files: TlsFiles): TlsContext {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new InputError(`${file}: ${(error as Error).message}`);
    }
  };
  const material = { cert: read(files.certificate), key: read(files.key), ca: read(files.ca) };
  try {
    createSecureContext(material);
  } catch (error) {
    throw new InputError(`${files.certificate}, ${files.key}, ${files.ca}: ${(error as Error).message}`);
  }
  return { material };
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
    const fail = (why: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`TLS: ${why}`));
    };
    const timer = setTimeout(() => fail('no handshake in time'), HANDSHAKE_MILLIS);
    const onError = (error: Error) => fail(error.message);
    const onClose = () => fail('closed during the handshake');
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      const bad = reasonToRefuse(socket, (certificate) => isPartnerCertificate(certificate, partner));
      if (bad !== undefined) return fail(bad);
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(new Stream(socket));
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
      reject(new Error(`TLS: ${why}`));
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
    server.on('tlsClientError', (error) => fail(error.message));
    raw.once('close', () => fail('closed during the handshake'));
    server.emit('connection', raw);
    raw.resume();
  });
}

function reasonToRefuse(
  socket: TLSSocket,
  good: (certificate: PeerCertificate) => boolean,
): string | undefined {
  if (!socket.authorized) return `the certificate is not good: ${socket.authorizationError}`;
  return good(socket.getPeerCertificate()) ? undefined : "the certificate is not a partner's";
}
