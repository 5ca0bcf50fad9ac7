/** A link with its faults and no sockets, and what comes out of it, for tests of faults and of the link itself. */

import { concatBytes } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/clock.ts';
import type { Direction } from '../../src/base/flow.ts';
import { FaultBoard } from '../../src/proxy/board.ts';
import { ConnectionDialect } from '../../src/proxy/dialect.ts';
import type { FaultSpec } from '../../src/proxy/faults/spec.ts';
import { compileWhere } from '../../src/proxy/faults/where.ts';
import { frameRange, Link } from '../../src/proxy/link.ts';
import type { LinkOutput } from '../../src/proxy/link-output.ts';
import { WireStates } from '../../src/proxy/wire-states.ts';
import { headerMessage } from './header-message.ts';
import { failoverConnection } from './messages.ts';

export interface TestLink {
  readonly link: Link;
  readonly board: FaultBoard;
  /** Arms a fault at time `now`. */
  arm(spec: Partial<FaultSpec> & { action: string }, now?: number): void;
}

export function testLink(direction: Direction = 0): TestLink {
  const board = new FaultBoard(seededRandom(1), compileWhere);
  let index = 0;
  const link = new Link({
    direction,
    dialect: new ConnectionDialect(),
    board,
    states: new WireStates(),
    dissect: (octets, streamOffset, _now, like) =>
      headerMessage(
        {
          connection: failoverConnection(),
          direction,
          ...frameRange(octets),
          seen: {
            time: { unixSeconds: 0, ticks: 0, resolution: { ticksPerSecond: 1e6, digits: 6 } },
            packet: 1,
          },
          streamOffset,
          resync: false,
        },
        like?.index ?? index++,
      ),
  });
  return {
    link,
    board,
    arm: (spec, now = 0) => {
      board.arm({ parameters: {}, direction: 'both', ...spec }, now);
    },
  };
}

/** Everything that was to be written onward, joined. */
export function sent(outputs: readonly LinkOutput[]): Uint8Array {
  return concatBytes(outputs.flatMap((output) => (output.kind === 'send' ? [output.octets] : [])));
}

/** `BNDUPD forwarded`, …: what was told about messages. */
export function told(outputs: readonly LinkOutput[]): string[] {
  return outputs.flatMap((output) =>
    output.kind === 'message' ? [`${output.message.msgName} ${output.verdict}`] : [],
  );
}
