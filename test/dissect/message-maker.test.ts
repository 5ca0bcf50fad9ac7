/** A reader that overwrites its one message says of each what one that makes messages says, while it is at hand. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import type { Message } from '../../src/dissect/message.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { captured, DISSECTORS } from './captured.ts';

const FIXTURES = new URL('../../fixtures/captures/', import.meta.url);

/** In an order in which what was found for the message before could be taken for this one's. */
function said(message: Message): unknown {
  const { index, msgType, msgName, transactionId, sentTime, protocol, frame } = message;
  const { connection, direction, streamOffset, resync, claimed, seen } = frame;
  const where = [connection.index, direction, streamOffset, resync, claimed, seen.packet];
  const problems = message.problems().map(({ code, path }) => [code, path]);
  const header = { index, msgType, msgName, transactionId, sentTime, protocol };
  return { header, where, problems, facts: message.facts(), json: message.json(), tree: message.tree() };
}

describe('a message that is overwritten', () => {
  it.each(['dhcpv6/', 'dhcpv4-isc/'])(
    'says what messages of their own say in every file of %s',
    async (folder) => {
      let compared = 0;
      for (const name of readdirSync(new URL(folder, FIXTURES)).filter((one) => /\.pcap(ng)?$/.test(one))) {
        const path = new URL(folder + name, FIXTURES).pathname;
        const overwritten: unknown[] = [];
        const objects = new Set<Message>();
        const onMessage = (message: Message): void => {
          objects.add(message);
          overwritten.push(said(message));
        };
        const reader = new MessageReader(DISSECTORS, { onMessage }, { overwrite: true });
        await readCapture([fileSource(path)], reader);
        const { messages } = await captured(path);
        expect(overwritten).toEqual(messages.map(said));
        expect(objects.size).toBeLessThanOrEqual(1);
        compared += messages.length;
      }
      expect(compared).toBeGreaterThan(50);
    },
  );
});
