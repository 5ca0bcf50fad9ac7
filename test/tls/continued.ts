/** A connection that is read on from some octet, with no more than the recorder tells of what was before. */
import { concatBytes } from '../../src/base/bytes.ts';
import type { Direction } from '../../src/base/flow.ts';
import { TlsContinuation } from '../../src/proxy/tls/continuation.ts';
import { KeyLog } from '../../src/tls/key-log.ts';
import { TlsSession } from '../../src/tls/session.ts';
import type { Said, Wire } from '../support/tls.ts';

export const CLIENT = { address: '2001:db8::10', port: 40_000 };
export const SERVER = { address: '192.0.2.1', port: 1647 };

/** What is read of the octets behind the first `count` of both directions together; `undefined`: nothing was told. */
export function continued({ pieces, keyLog }: Wire, count: number, swap = false) {
  const recorder = new TlsContinuation();
  const rest: Said[] = [];
  let left = count;
  for (const { direction, octets } of pieces) {
    const before = octets.subarray(0, left);
    left -= before.length;
    if (before.length > 0) recorder.push(direction, before);
    if (before.length < octets.length) rest.push({ direction, octets: octets.subarray(before.length) });
  }
  const line = recorder.line([CLIENT, SERVER]);
  const keys = new KeyLog();
  keys.add(`${keyLog}${line}`);
  const known = keys.continued(swap ? [SERVER, CLIENT] : [CLIENT, SERVER]);
  if (known === undefined) return undefined;
  const clear: [Uint8Array[], Uint8Array[]] = [[], []];
  const problems: string[] = [];
  const session = new TlsSession(keys, {
    clear: (direction, octets) => clear[direction].push(octets),
    gap: () => problems.push('gap'),
    opened: () => undefined,
    problem: (why) => problems.push(why),
    alert: () => undefined,
  });
  session.continue(swap ? 1 : 0, known.sides);
  for (const { direction, octets } of rest)
    session.push(swap ? ((1 - direction) as Direction) : direction, octets, 0, octets.length);
  const [first, second] = clear.map((parts) => Buffer.from(concatBytes(parts)));
  return { clear: (swap ? [second, first] : [first, second]) as [Buffer, Buffer], problems };
}
