/**
 * The handshakes of a proxy that terminates TLS: towards the primary as the server that the secondary would be, towards
 * the secondary as the client that the primary would be, both with a certificate on either side (RFC 8156 §10).
 */
import type { Duplex } from 'node:stream';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { tlsReason } from '../../base/system-error.ts';

/** How long a handshake may take, from the REPLY on. */
export const HANDSHAKE_MILLIS = 10_000;

/** What we show. */
export interface TlsIdentity {
  /** PEM: the certificate with its chain. */
  readonly cert: string;
  /** PEM: its private key. */
  readonly key: string;
}

export interface HandshakeSetup {
  readonly identity: TlsIdentity;
  /** PEM of the authorities of which one must have signed the other side's certificate; absent: any will do. */
  readonly ca: string | undefined;
  /** `about`: version, suite and the other side's certificate, for people. */
  readonly secured: (tls: TLSSocket, about: string) => void;
  /** Called at most once, and not after `secured`. */
  readonly failed: (why: string) => void;
  /** A line of the key log, with its newline. */
  readonly keylog: (line: string) => void;
}

/** Shakes hands on `wire`. The certificate is looked at here, so that a refusal has a reason that can be told. */
export function shakeHands(role: 'server' | 'client', wire: Duplex, setup: HandshakeSetup): void {
  const { identity, ca } = setup;
  let over = false;
  const finish = (tls: TLSSocket | undefined, why: string): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    if (tls === undefined) setup.failed(why);
    else setup.secured(tls, aboutOf(tls));
  };
  const timer = setTimeout(() => finish(undefined, 'no handshake in time'), HANDSHAKE_MILLIS);
  const gone = (): void => finish(undefined, 'closed during the handshake');
  wire.once('end', gone);
  wire.once('close', gone);
  const options = {
    ...identity,
    ...(ca === undefined ? {} : { ca }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: false,
    allowHalfOpen: true,
  } as const;
  const secured = (tls: TLSSocket): void => {
    const bad = ca !== undefined && !tls.authorized;
    finish(bad ? undefined : tls, `the certificate is not good: ${tls.authorizationError}`);
  };
  if (role === 'client') {
    // The name is not ours to judge: whoever is at the other end was chosen by its address.
    const tls = connect({ ...options, socket: wire, checkServerIdentity: () => undefined });
    tls.on('keylog', (line) => setup.keylog(line.toString('latin1')));
    tls.on('error', (error) => finish(undefined, tlsReason(error) ?? error.message));
    tls.once('secureConnect', () => secured(tls));
    return;
  }
  // Without a listener: a lone socket of Node's would not verify what a client shows.
  const server = createServer({ ...options, requestCert: true }, secured);
  server.on('keylog', (line) => setup.keylog(line.toString('latin1')));
  server.on('tlsClientError', (error) => finish(undefined, tlsReason(error) ?? error.message));
  server.emit('connection', wire);
}

function aboutOf(tls: TLSSocket): string {
  const { subject } = tls.getPeerCertificate();
  const shown =
    subject === undefined ? 'no certificate' : `certificate of ${subject.CN ?? 'somebody without a name'}`;
  const good = tls.authorized
    ? ''
    : `, not verified (${tls.authorizationError ?? 'nothing to verify it with'})`;
  return `${tls.getProtocol()} ${tls.getCipher().standardName}, ${shown}${good}`;
}
