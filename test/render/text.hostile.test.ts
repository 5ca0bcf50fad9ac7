/** Whatever octets a peer sends, nothing that is printed about them may do anything to a terminal or break a line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection, ProtocolName } from '../../src/base/frame.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { hexDump } from '../../src/render/hex.ts';
import { Ladder } from '../../src/render/ladder.ts';
import { lineText } from '../../src/render/style.ts';
import { type Column, DEFAULT_COLUMNS, TEXT_COLUMNS, textLine } from '../../src/render/text.ts';
import { treeRows } from '../../src/render/tree.ts';
import { BEGIN_MILLIS, failoverConnection } from '../support/messages.ts';

const dissectors = loadDissectors();
const columns = DEFAULT_COLUMNS.map((name) => TEXT_COLUMNS.get(name) as Column);
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function messageOf(protocol: ProtocolName, bytes: Uint8Array): Message {
  const connection: Connection = { ...failoverConnection(), protocol };
  const seen = { time: timestampOfMillis(BEGIN_MILLIS), packet: 1 };
  const frame = {
    connection,
    direction: 0 as const,
    bytes,
    start: 0,
    end: bytes.length,
    seen,
    streamOffset: 0,
    resync: false,
  };
  return dissect(dissectors, frame, 0);
}

/** Options with codes that exist and contents that nobody checked, so that random octets get past the headers. */
const option = fc
  .tuple(
    fc.constantFrom(1, 3, 5, 13, 22, 25, 26, 39, 45, 47, 68, 114, 117, 130, 132, 133),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map(([code, contents]) => Uint8Array.of(0, code, 0, contents.length, ...contents));
const message = fc
  .tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.uint8Array({ minLength: 7, maxLength: 7 }),
    fc.array(option, { maxLength: 6 }),
  )
  .map(([type, header, options]) => Uint8Array.of(type, ...header, ...options.flatMap((one) => [...one])));

describe('what is printed of hostile octets', () => {
  it.each(['dhcpv6-failover', 'dhcpv6', 'dhcpv6-leasequery', 'dhcpv4-failover'] as const)(
    'of %s is harmless',
    (protocol) => {
      fc.assert(
        fc.property(fc.oneof(message, fc.uint8Array({ minLength: 1, maxLength: 200 })), (bytes) => {
          const one = messageOf(protocol, bytes);
          const printed = [
            textLine(one, columns, { beginMillis: 0 }),
            ...treeRows(one).map(({ line }) => lineText(line)),
            ...hexDump(bytes, 0, bytes.length).map(lineText),
            ...new Ladder(100).add(one, {}).map(lineText),
          ];
          for (const line of [...printed, one.json()]) expect(line).not.toMatch(OBEYED);
        }),
        { numRuns: 300 },
      );
    },
  );
});
