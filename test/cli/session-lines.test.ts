/** That a session without a UI tells the same in lines: messages with what became of them, and what else happened. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { sessionLines } from '../../src/cli/session-lines.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { top } from '../support/process.ts';

async function sampleMessages(): Promise<Message[]> {
  const messages: Message[] = [];
  const reader = new MessageReader(loadDissectors(), { onMessage: (message) => messages.push(message) });
  await readCapture([fileSource(join(top, 'fixtures/captures/dhcpv6/basic-all-messages.pcap'))], reader);
  return messages;
}

const [connect] = await sampleMessages();
if (connect === undefined) throw new Error('the sample has no message');
const lines = sessionLines('none');

describe('lines of a session', () => {
  it('show a message that went through as it is', () => {
    const [line] = lines.of({ kind: 'message', message: connect, verdict: 'forwarded', hits: [] }, 0);
    expect(line).toMatch(/^0 +09:00:00\.002388 p>s CONNECT +x3516e3 "site-a" .*unacked 100$/);
  });

  it('say what became of one that did not, and by which fault', () => {
    const hit = { fault: 'F1', action: 'drop', count: 1, seed: 7, detail: '' };
    const [line] = lines.of({ kind: 'message', message: connect, verdict: 'dropped', hits: [hit] }, 0);
    expect(line).toMatch(/ CONNECT .* \[dropped; F1 drop\]$/);
  });

  it('put what else happens under the messages, at its time', () => {
    // 2026-01-01T00:00:01.5Z
    const atMillis = 1_767_225_601_500;
    const [line] = lines.of({ kind: 'note', atMillis, text: 'connection 0 up', alarming: false }, 0);
    expect(line).toBe('       00:00:01.500000 -- connection 0 up');
  });

  it('let no text from elsewhere command the terminal', () => {
    const text = 'name \u001b[2J\u0007';
    const [line] = lines.of({ kind: 'note', atMillis: 0, text, alarming: true }, 0);
    expect(line).not.toMatch(/\p{Cc}/u);
  });

  it('leave tables to others', () => {
    expect(lines.of({ kind: 'faults', faults: [] }, 0)).toEqual([]);
    expect(lines.of({ kind: 'servers', servers: [] }, 0)).toEqual([]);
  });
});
