/** Where a server's control is, as people type it: the path of a unix socket, or an address with port and a token. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../base/problem.ts';
import { parseSocketAddress } from '../../base/socket-address.ts';
import type { ControlPlace } from '../../server/control-client.ts';

/** @throws InputError if TCP is meant and there is no token */
export function controlPlace(text: string, tokenFile: string | undefined): ControlPlace {
  const end = parseSocketAddress(text);
  if (end === undefined) return { kind: 'unix', path: text };
  if (tokenFile === undefined) throw new InputError(`${text}: a control on TCP needs --token-file`);
  return { kind: 'tcp', end, token: readFileSync(tokenFile, 'utf8').trim() };
}
