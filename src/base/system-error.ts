/** What the operating system refused, in words: files, ports and connections that the user named. */

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the port is in use by another program',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'the host cannot be reached',
  EISDIR: 'it is a directory, expected a file',
  EMFILE: 'too many open files',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  ENOTFOUND: 'no such host',
  EPERM: 'not permitted',
  EPIPE: 'nobody reads it any more',
  EROFS: 'the file system is read-only',
  ETIMEDOUT: 'no answer in time',
};

/** What the code of an error means, e.g. `permission denied`; the code itself if it is no common one. */
export function systemErrorWords({ code, message }: NodeJS.ErrnoException): string {
  return code === undefined ? message : (WORDS[code] ?? code);
}

/** One line, e.g. `x.pcap: no such file or directory`; `undefined` if `error` is not from the operating system. */
export function describeSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path, address, port } = error as Error & {
    code?: string;
    syscall?: string;
    path?: string;
    address?: string;
    port?: number;
  };
  if (code === undefined) return undefined;
  const words = WORDS[code] ?? (syscall === undefined ? undefined : code);
  if (words === undefined) return undefined;
  const where = path ?? (address === undefined ? undefined : endpointText(address, port));
  return where === undefined ? words : `${where}: ${words}`;
}

/** Why something failed, in one line: in words for the system's errors, else what the error says, behind `path` if given. */
export function failureText(error: unknown, path?: string): string {
  const words = describeSystemError(error);
  if (words !== undefined) return words;
  const message = error instanceof Error ? error.message : String(error);
  return path === undefined ? message : `${path}: ${message}`;
}

/** OpenSSL's own words, e.g. `tlsv1 alert unknown ca`; `undefined` if the error is none of TLS. */
export function tlsReason(error: Error): string | undefined {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
}

function endpointText(address: string, port: number | undefined): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}
