/** What a TlsSession makes of octets, for tests. */
import { concatBytes } from '../../src/base/bytes.ts';
import type { Direction } from '../../src/base/flow.ts';
import { KeyLog } from '../../src/tls/key-log.ts';
import { TlsSession } from '../../src/tls/session.ts';
import type { Said } from '../support/tls.ts';

export interface Read {
  readonly clear: readonly [Uint8Array, Uint8Array];
  readonly told: readonly string[];
}

/** Instead of octets, `missing` ones never came. */
export type Piece = Said & { readonly missing?: number };

/** `swap`: as if the server had opened the connection. */
export function opened(pieces: readonly Piece[], keyLog: string, swap = false): Read {
  const keys = new KeyLog();
  keys.add(keyLog);
  const parts: [Uint8Array[], Uint8Array[]] = [[], []];
  const told: string[] = [];
  const session = new TlsSession(keys, {
    clear: (direction, octets) => parts[direction].push(octets),
    gap: (direction) => told.push(`${direction} gap`),
    opened: (version, suite) => told.push(`${version} ${suite}`),
    problem: (why) => told.push(why),
    alert: (direction, words) => told.push(`${direction} ${words}`),
  });
  for (const { direction, octets, missing } of pieces) {
    const side = swap ? ((1 - direction) as Direction) : direction;
    if (missing === undefined) session.push(side, octets, 0, octets.length);
    else session.gap(side, missing);
  }
  return { clear: [concatBytes(parts[0]), concatBytes(parts[1])], told };
}
