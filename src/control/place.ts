/** Where a control is: a unix socket that only its owner can use, or TCP with a token. */
import { InputError } from '../base/problem.ts';
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from '../base/socket-address.ts';
import { failureText } from '../base/system-error.ts';
import { readTextFile } from './text-file.ts';

export type ControlPlace =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly end: SocketAddress; readonly token: string };

const TOKEN_CHARACTERS_MIN = 16;
/** What fits into the address of a unix socket; systems cut off what is longer and say nothing. */
const PATH_OCTETS_MAX = process.platform === 'linux' ? 107 : 103;

/** The path of a unix socket. @throws InputError if it is longer than systems take */
export function socketPath(path: string): string {
  const octets = Buffer.byteLength(path);
  if (octets <= PATH_OCTETS_MAX) return path;
  throw new InputError(
    `${path}: the path of a control has at most ${PATH_OCTETS_MAX} octets, this one ${octets}`,
  );
}

/**
 * As people type it: the path of a unix socket, or `[::1]:8474` with a file that holds the token.
 * @throws InputError if there is no token for TCP; `tokenOption` is the option that would name its file
 */
export function controlPlace(text: string, tokenFile: string | undefined, tokenOption: string): ControlPlace {
  const end = parseSocketAddress(text);
  if (end === undefined) return { kind: 'unix', path: text };
  if (tokenFile !== undefined) return { kind: 'tcp', end, token: readToken(tokenFile) };
  throw new InputError(
    `${text}: a control on TCP needs a token (${tokenOption} FILE); a unix socket needs none`,
  );
}

/** @throws InputError if the file cannot be read, or what it holds is too short to keep anybody out */
export function readToken(file: string): string {
  let token: string;
  try {
    token = readTextFile(file).trim();
  } catch (error) {
    throw new InputError(failureText(error, file));
  }
  if (token.length >= TOKEN_CHARACTERS_MIN) return token;
  throw new InputError(`${file}: expected a token of at least ${TOKEN_CHARACTERS_MIN} characters`);
}

export function placeText(place: ControlPlace): string {
  return place.kind === 'unix' ? place.path : formatSocketAddress(place.end);
}
