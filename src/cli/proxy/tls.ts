/**
 * What `leasetap proxy` is told about TLS, by options, a file or the control: whether it is terminated, with which
 * certificates, and where keys go; for all relationships or for one of them.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { InputError } from '../../base/problem.ts';
import { failureText } from '../../base/system-error.ts';
import { TLS_PATHS, type TlsPaths } from '../../proxy/relationship.ts';
import type { TlsIdentity } from '../../proxy/tls/handshake.ts';
import type { TlsTermination } from '../../proxy/tls/terminate.ts';
import { keyLogFile } from '../../tls/key-log-file.ts';
import { gather } from '../arguments.ts';

type PathKey = keyof TlsPaths;

/** Each value may have the name of a relationship before it: `campus=terminate`. */
export interface TlsOptions {
  readonly tls: readonly string[];
  readonly tlsCert: readonly string[];
  readonly tlsKey: readonly string[];
  readonly tlsToCert: readonly string[];
  readonly tlsToKey: readonly string[];
  readonly tlsCa: readonly string[];
  readonly tlsCaKey: readonly string[];
  readonly tlsKeylog: readonly string[];
}

const OPTIONS: Readonly<Record<PathKey, { readonly of: keyof TlsOptions; readonly help: string }>> = {
  cert: {
    of: 'tlsCert',
    help: 'certificate chain (PEM) shown to the primary, in the place of the secondary',
  },
  key: { of: 'tlsKey', help: 'its private key' },
  'to-cert': {
    of: 'tlsToCert',
    help: 'the one shown to the secondary, in the place of the primary; else the same',
  },
  'to-key': { of: 'tlsToKey', help: 'its private key' },
  ca: { of: 'tlsCa', help: 'who must have signed the certificates of both servers; else any will do' },
  'ca-key': { of: 'tlsCaKey', help: "that authority's private key, with which wrong-certificate can sign" },
  keylog: { of: 'tlsKeylog', help: 'write the secrets of all connections here (NSS key log)' },
};

export function addTlsOptions(command: Command): void {
  command.option(
    '--tls <[name=]what>',
    'with TLS behind STARTTLS: pass it on unread (unless told), or terminate it on both sides; as all of these for one relationship or for each',
    gather,
    [],
  );
  for (const key of TLS_PATHS) command.option(`--tls-${key} <[name=]file>`, OPTIONS[key].help, gather, []);
}

/** What the options say for one relationship, or for those without a word of their own. @throws InputError */
export function tlsOf(options: TlsOptions, name?: string): 'pass' | TlsPaths | undefined {
  const mode = lastFor(options.tls, name);
  const given = TLS_PATHS.flatMap((key) => {
    const path = lastFor(options[OPTIONS[key].of], name);
    return path === undefined ? [] : [[key, path] as const];
  });
  if (mode === 'terminate') return Object.fromEntries(given);
  if (mode !== undefined && mode !== 'pass')
    throw new InputError(`--tls ${mode}: expected pass or terminate, or NAME=pass or NAME=terminate`);
  if (given.length > 0 && !options.tls.some((value) => /(^|=)terminate$/.test(value)))
    throw new InputError('--tls-cert, --tls-key, --tls-ca, --tls-keylog and the like need --tls terminate');
  return mode;
}

/** Throws InputError for a value that is for a relationship that there is not. A file of such a name is `./a=b.pem`. */
export function checkTlsNames(options: TlsOptions, names: readonly string[]): void {
  const all: readonly (readonly [string, readonly string[]])[] = [
    ['--tls', options.tls],
    ...TLS_PATHS.map((key) => [`--tls-${key}`, options[OPTIONS[key].of]] as const),
  ];
  for (const [option, values] of all) {
    for (const value of values) {
      const name = NAMED.exec(value)?.[1];
      if (name !== undefined && !names.includes(name))
        throw new InputError(
          `${option} ${value}: there is no relationship "${name}", expected ${names.join(', ')}`,
        );
    }
  }
}

const NAMED = /^([A-Za-z][\w.-]*)=/;

/** The last value for this relationship; if there is none, the last for all. */
function lastFor(values: readonly string[], name: string | undefined): string | undefined {
  const own = name === undefined ? undefined : values.findLast((value) => value.startsWith(`${name}=`));
  return own?.slice(`${name}=`.length) ?? values.findLast((value) => !NAMED.test(value));
}

/**
 * `undefined` if TLS is only passed on. `called` is what the user knows a file by, e.g. `--tls-cert`.
 * @throws InputError for files that are missing or no good
 */
export function terminationFor(
  tls: 'pass' | TlsPaths,
  called = (key: PathKey): string => `tls.${key}`,
): TlsTermination | undefined {
  if (tls === 'pass') return undefined;
  const wrong = (key: PathKey, what: string): InputError =>
    new InputError(`${called(key)}: ${what}`, ['tls', key]);
  const read = (key: PathKey): string => {
    const file = tls[key];
    if (file === undefined) throw wrong(key, 'is needed where TLS is terminated');
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw wrong(key, failureText(error));
    }
  };
  const identity = (certKey: 'cert' | 'to-cert' | 'ca', keyKey: 'key' | 'to-key' | 'ca-key'): TlsIdentity => {
    const shown = { cert: read(certKey), key: read(keyKey) };
    checkCertificates(shown.cert, (why) => wrong(certKey, `${tls[certKey]}: ${why}`));
    try {
      createSecureContext(shown);
    } catch (error) {
      const why = (error as Error).message;
      throw wrong(keyKey, `${tls[keyKey]}: ${why}; expected the private key (PEM) of ${tls[certKey]}`);
    }
    return shown;
  };
  const shown = identity('cert', 'key');
  const toOther = tls['to-cert'] !== undefined || tls['to-key'] !== undefined;
  const { ca, keylog } = tls;
  if (tls['ca-key'] !== undefined && ca === undefined) throw wrong('ca-key', `needs ${called('ca')}`);
  return {
    identities: [shown, toOther ? identity('to-cert', 'to-key') : shown],
    ...(ca === undefined ? {} : { ca: authorities(read('ca'), (why) => wrong('ca', `${ca}: ${why}`)) }),
    ...(tls['ca-key'] === undefined ? {} : { authority: identity('ca', 'ca-key') }),
    ...(keylog === undefined ? {} : { keylog: keylogInto(keylog, (why) => wrong('keylog', why)) }),
  };
}

/** What the options say, with the files opened: mistakes are told with the names of the options. @throws InputError */
export function checkTlsOptions(tls: 'pass' | TlsPaths | undefined): void {
  if (tls !== undefined) terminationFor(tls, (key) => `--tls-${key}`);
}

type Wrong = (why: string) => InputError;

function checkCertificates(pem: string, wrong: Wrong): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw wrong(`${(error as Error).message}; expected certificates (PEM)`);
  }
}

function authorities(pem: string, wrong: Wrong): string {
  checkCertificates(pem, wrong);
  return pem;
}

function keylogInto(file: string, wrong: Wrong): (line: string) => void {
  try {
    return keyLogFile(file);
  } catch (error) {
    throw wrong(failureText(error));
  }
}
