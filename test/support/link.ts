/** A link with its faults and no sockets, and what comes out of it, for tests of faults and of the link itself. */

import { concatBytes, readU16, readU24 } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/clock.ts';
import type { Direction } from '../../src/base/flow.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { FaultBoard } from '../../src/proxy/board.ts';
import { Halts } from '../../src/proxy/chain.ts';
import { ConnectionDialect } from '../../src/proxy/dialect.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import type { FaultSpec } from '../../src/proxy/faults/spec.ts';
import { messagesOf } from '../../src/proxy/journal/run.ts';
import { frameRange, Link } from '../../src/proxy/link.ts';
import type { LinkOutput } from '../../src/proxy/link-output.ts';
import { WireStates } from '../../src/proxy/wire-states.ts';
import { failoverConnection } from './messages.ts';

export interface TestLink {
  readonly link: Link;
  readonly board: FaultBoard;
  readonly dialect: ConnectionDialect;
  readonly halts: Halts;
  /** Arms a fault at time `now`. */
  arm(spec: Partial<FaultSpec> & { do: string }, now?: number): void;
  /** Arms a fault in the short form at time 0. */
  fault(text: string): void;
}

const dissectors = loadDissectors();

/** `other`: the other direction of the same connection. */
export function testLink(direction: Direction = 0, other?: TestLink): TestLink {
  const board = other?.board ?? new FaultBoard(seededRandom(1), dissectors);
  const halts = other?.halts ?? new Halts();
  const dialect = new ConnectionDialect();
  let index = 0;
  const link = new Link({
    direction,
    dialect,
    board,
    states: new WireStates(),
    halts,
    dissectors,
    number: (count) => {
      index += count;
      return { firstIndex: index - count, firstPacket: 1 };
    },
    dissect: (octets, streamOffset, now, like) =>
      dissect(
        dissectors,
        {
          connection: failoverConnection(),
          direction,
          ...frameRange(octets),
          seen: { time: timestampOfMillis(now), packet: 1 },
          streamOffset,
          resync: false,
        },
        like?.index ?? index++,
      ),
  });
  return {
    link,
    board,
    dialect,
    halts,
    arm: (spec, now = 0) => {
      board.arm({ parameters: {}, direction: 'both', ...spec }, now);
    },
    fault: (text) => {
      board.arm(parseFault(text), 0);
    },
  };
}

/** Everything that was to be written onward, joined. */
export function sent(outputs: readonly LinkOutput[]): Uint8Array {
  return concatBytes(
    outputs.flatMap((output) => (output.kind === 'send' || output.kind === 'pass' ? [output.octets] : [])),
  );
}

/** `BNDUPD forwarded`, …: what was told about messages. */
export function told(outputs: readonly LinkOutput[]): string[] {
  return outputs.flatMap((output) => {
    if (output.kind === 'run') {
      const place = {
        connection: failoverConnection(),
        direction: 0,
        firstIndex: 0,
        firstPacket: 1,
      } as const;
      const messages = messagesOf({ ...output, ...place, atMillis: 0 }, dissectors);
      return [...messages].map(({ msgName }) => `${msgName} forwarded`);
    }
    return output.kind === 'message' ? [`${output.message.msgName} ${output.verdict}`] : [];
  });
}

/** What went onward in place of the messages that a fault has changed. */
export function changed(outputs: readonly LinkOutput[]): Message[] {
  return outputs.flatMap((output) =>
    output.kind === 'message' && output.onward !== undefined ? [output.onward] : [],
  );
}

/** The details of all hits that messages were told with. */
export function details(outputs: readonly LinkOutput[]): string[] {
  return outputs.flatMap((output) => (output.kind === 'message' ? output.hits.map((hit) => hit.detail) : []));
}

/** Transaction-ids of the messages in a stream of octets. */
export function idsIn(octets: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 0; at + 6 <= octets.length; at += 2 + readU16(octets, at)) ids.push(readU24(octets, at + 3));
  return ids;
}
