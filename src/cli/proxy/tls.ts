/** The options of `leasetap proxy` about TLS: what is done with it, with which certificates, and where keys go. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Command, Option } from 'commander';
import { InputError } from '../../base/problem.ts';
import type { TlsPaths } from '../../proxy/relationship.ts';
import type { TlsIdentity } from '../../proxy/tls/handshake.ts';
import type { TlsTermination } from '../../proxy/tls/terminate.ts';
import { keyLogFile } from '../../tls/key-log-file.ts';

export interface TlsOptions {
  readonly tls: 'pass' | 'terminate';
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsToCert?: string;
  readonly tlsToKey?: string;
  readonly tlsCa?: string;
  readonly tlsCaKey?: string;
  readonly tlsKeylog?: string;
}

export function addTlsOptions(command: Command): void {
  command
    .addOption(
      new Option('--tls <what>', 'with TLS behind STARTTLS: pass it on unread, or terminate it on both sides')
        .choices(['pass', 'terminate'])
        .default('pass'),
    )
    .option(
      '--tls-cert <file>',
      'certificate chain (PEM) shown to the primary, in the place of the secondary',
    )
    .option('--tls-key <file>', 'its private key')
    .option(
      '--tls-to-cert <file>',
      'the one shown to the secondary, in the place of the primary; else the same',
    )
    .option('--tls-to-key <file>', 'its private key')
    .option('--tls-ca <file>', 'who must have signed the certificates of both servers; else any will do')
    .option('--tls-ca-key <file>', "that authority's private key, with which wrong-certificate can sign")
    .option('--tls-keylog <file>', 'write the secrets of all connections here (NSS key log)');
}

/** The same for a relationship of a file or of the control. @throws InputError */
export function terminationFor(tls: 'pass' | TlsPaths): TlsTermination | undefined {
  if (tls === 'pass') return undefined;
  const option = (name: string) =>
    `tls-${name}`.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const paths = Object.entries(tls).map(([name, path]) => [option(name), path]);
  return terminationOf({ tls: 'terminate', ...Object.fromEntries(paths) });
}

/** `undefined` if TLS is only passed on. @throws InputError for files that are missing or no good */
export function terminationOf(options: TlsOptions): TlsTermination | undefined {
  const { tls, tlsCert, tlsKey, tlsToCert, tlsToKey, tlsCa, tlsCaKey, tlsKeylog } = options;
  if (tls === 'pass') {
    const given = { tlsCert, tlsKey, tlsToCert, tlsToKey, tlsCa, tlsCaKey, tlsKeylog };
    if (Object.values(given).some((value) => value !== undefined)) {
      throw new InputError('--tls-cert, --tls-key, --tls-ca, --tls-keylog and the like need --tls terminate');
    }
    return undefined;
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new InputError('--tls terminate needs --tls-cert and --tls-key');
  }
  if ((tlsToCert === undefined) !== (tlsToKey === undefined)) {
    throw new InputError('--tls-to-cert and --tls-to-key go together');
  }
  if (tlsCaKey !== undefined && tlsCa === undefined) throw new InputError('--tls-ca-key needs --tls-ca');
  const shown = identityOf(tlsCert, tlsKey);
  return {
    identities: [
      shown,
      tlsToCert === undefined || tlsToKey === undefined ? shown : identityOf(tlsToCert, tlsToKey),
    ],
    ...(tlsCa === undefined ? {} : { ca: authoritiesOf(tlsCa) }),
    ...(tlsCa === undefined || tlsCaKey === undefined ? {} : { authority: identityOf(tlsCa, tlsCaKey) }),
    ...(tlsKeylog === undefined ? {} : { keylog: keylogInto(tlsKeylog) }),
  };
}

function identityOf(certFile: string, keyFile: string): TlsIdentity {
  const identity = { cert: textOf(certFile), key: textOf(keyFile) };
  try {
    createSecureContext(identity);
  } catch (error) {
    throw new InputError(
      `${certFile}, ${keyFile}: ${(error as Error).message}; expected a certificate and its key (PEM)`,
    );
  }
  return identity;
}

function authoritiesOf(file: string): string {
  const ca = textOf(file);
  try {
    new X509Certificate(ca);
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}; expected certificates (PEM)`);
  }
  return ca;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
}

function keylogInto(file: string): (line: string) => void {
  try {
    return keyLogFile(file);
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
}
