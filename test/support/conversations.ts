/** The conversations of fixtures/conformance: written from the RFC, each with the breaches that it has. */
import { readFileSync } from 'node:fs';
import { fromHex } from '../../src/base/bytes.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { BEGIN_MILLIS, failoverConnection } from './messages.ts';

const DISSECTORS = loadDissectors();

export interface Conversation {
  readonly name: string;
  readonly expect: readonly (readonly [rule: string, index: number, section: string])[];
  readonly midStream?: boolean;
  readonly messages: readonly (readonly [millis: number, from: 'p' | 's', hex: string])[];
}

export const conversations: readonly Conversation[] = readFileSync(
  'fixtures/conformance/conversations.jsonl',
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Conversation);

export function messageOf(
  [millis, from, hex]: Conversation['messages'][number],
  index: number,
  connection = failoverConnection(),
): Message {
  const bytes = fromHex(hex) as Uint8Array;
  const frame = {
    connection,
    direction: from === 'p' ? 0 : 1,
    bytes,
    start: 0,
    end: bytes.length,
    seen: { time: timestampOfMillis(BEGIN_MILLIS + millis), packet: index + 1 },
    streamOffset: 0,
    resync: false,
  } as const;
  return dissect(DISSECTORS, frame, index);
}
