/** The control of a running server: docs/openapi-server.yaml over HTTP. What may be asked is in control-routes.ts. */
import { type OpenControl, openControl } from '../control/http-server.ts';
import { readToken } from '../control/place.ts';
import type { ControlAddress } from './config.ts';
import { answerTo, type ControlTarget } from './control-routes.ts';

/** @throws InputError if the place is taken or the token cannot be used */
export function openServerControl(address: ControlAddress, target: ControlTarget): Promise<OpenControl> {
  const place =
    address.kind === 'unix'
      ? address
      : ({ kind: 'tcp', end: address.listen, token: readToken(address.tokenFile) } as const);
  return openControl(place, (request) => answerTo(target, request));
}
