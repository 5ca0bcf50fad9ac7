/** Messages made by hand for tests of rooms above the dissector: the octets and the tree are what the test says. */
import { fromHex, readU24, readU32 } from '../../src/base/bytes.ts';
import type { Direction } from '../../src/base/flow.ts';
import type { Connection } from '../../src/base/frame.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message, TreeNode } from '../../src/dissect/message.ts';

const DISSECTORS = loadDissectors();

const NAMES: Readonly<Record<number, string>> = {
  24: 'BNDUPD',
  25: 'BNDREPLY',
  26: 'POOLREQ',
  27: 'POOLRESP',
  28: 'UPDREQ',
  29: 'UPDREQALL',
  30: 'UPDDONE',
  31: 'CONNECT',
  32: 'CONNECTREPLY',
  33: 'DISCONNECT',
  34: 'STATE',
  35: 'CONTACT',
};

/** A connection from [2001:db8::1]:49152 (the primary) to [2001:db8::2]:647. */
export function failoverConnection(index = 0): Connection {
  return {
    index,
    protocol: 'dhcpv6-failover',
    flow: {
      id: index,
      transport: 'tcp',
      ends: [
        { address: '2001:db8::1', port: 49152 },
        { address: '2001:db8::2', port: 647 },
      ],
    },
  };
}

/** 2024-03-05T09:00:00Z, in Unix milliseconds. */
export const BEGIN_MILLIS = 1_709_629_200_000;

/** The hex of an option with these contents: `option(114, '01')` is `0072000101`. */
export function option(code: number, ...contents: readonly string[]): string {
  const hex = contents.join('').replace(/\s+/g, '');
  const u16 = (value: number): string => value.toString(16).padStart(4, '0');
  return `${u16(code)}${u16(hex.length / 2)}${hex}`;
}

export interface MessageParts {
  readonly hex: string;
  readonly index?: number;
  readonly direction?: Direction;
  readonly connection?: Connection;
  readonly atMillis?: number;
  readonly tree?: Partial<TreeNode>;
}

export function handMessage(parts: MessageParts): Message {
  const bytes = fromHex(parts.hex) as Uint8Array;
  const msgType = bytes[0] as number;
  const failoverHeader = msgType >= 24 && msgType <= 35;
  const tree: TreeNode = {
    kind: 'message',
    encapsulates: true,
    name: NAMES[msgType] ?? null,
    code: msgType,
    start: 0,
    end: bytes.length,
    fields: [],
    children: [],
    problems: [],
    ...parts.tree,
  };
  const json = `{"index":${parts.index ?? 0},"msg_type":${msgType}}`;
  const frame = {
    connection: parts.connection ?? failoverConnection(),
    direction: parts.direction ?? 0,
    bytes,
    start: 0,
    end: bytes.length,
    seen: { time: timestampOfMillis(BEGIN_MILLIS + (parts.atMillis ?? 0)), packet: (parts.index ?? 0) + 1 },
    streamOffset: 0,
    resync: false,
  };
  const read = dissect(DISSECTORS, frame, parts.index ?? 0);
  return {
    index: parts.index ?? 0,
    frame,
    protocol: (parts.connection ?? failoverConnection()).protocol,
    msgType,
    standardType: msgType,
    msgName: NAMES[msgType] ?? null,
    transactionId: readU24(bytes, 1),
    sentTime: failoverHeader ? readU32(bytes, 4) : null,
    size: bytes.length,
    glance: () => read.glance(),
    facts: () => read.facts(),
    statusCode: () => read.statusCode(),
    problems: () => tree.problems,
    tree: () => tree,
    writeJson: (out) => out.putText(json),
    writeHead: (out) => out.putText(json.slice(0, -1)),
    json: () => json,
  };
}
