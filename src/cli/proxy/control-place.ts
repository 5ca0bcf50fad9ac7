/** Where the control of a proxy is, as people write it: a path of a unix socket, or `[::1]:8474` with a token file. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../base/problem.ts';
import { parseSocketAddress } from '../../base/socket-address.ts';
import type { ControlPlace } from '../../proxy/control.ts';

/** Throws InputError, or the operating system's error if the token cannot be read. */
export function controlPlace(text: string, tokenFile: string | undefined): ControlPlace {
  const end = parseSocketAddress(text);
  if (end === undefined) return { kind: 'unix', path: text };
  if (tokenFile === undefined) {
    throw new InputError(
      `${text}: a control on TCP needs a token (--control-token FILE); a unix socket needs none`,
    );
  }
  return { kind: 'tcp', listen: end, token: readFileSync(tokenFile, 'utf8').trim() };
}
