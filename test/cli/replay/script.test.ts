/** Goal: a replay plays one connection of a capture from its beginning, not more than it can hold, and says what it leaves out. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readScript } from '../../../src/cli/replay/script.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';

const DISSECTORS = loadDissectors();
const stem = fileURLToPath(new URL('../../../fixtures/captures/dhcpv6/basic-all-messages', import.meta.url));
const capture = `${stem}.pcap`;
/** What is in the capture, as those who made it say. */
const names = readFileSync(`${stem}.expect.jsonl`, 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { msg_name: string }).msg_name);

describe('what is played', () => {
  it('is all of the connection', async () => {
    const { messages, leftOut } = await readScript(capture, { connection: 0 }, DISSECTORS);
    expect(messages.map(({ msgName }) => msgName)).toEqual(names);
    expect(leftOut).toBe(0);
  });

  it('is not more than the limit, and the rest is counted', async () => {
    const choice = { connection: 0, messagesMax: 5 };
    const { messages, leftOut } = await readScript(capture, choice, DISSECTORS);
    expect(messages.map(({ msgName }) => msgName)).toEqual(names.slice(0, 5));
    expect(leftOut).toBe(names.length - 5);
  });

  it('is refused if it is nothing, with what there is', async () => {
    await expect(readScript(capture, { connection: 1 }, DISSECTORS)).rejects.toThrow(
      `${capture}: nothing to play: ${names.length} messages are on other connections (--connection)`,
    );
  });
});
