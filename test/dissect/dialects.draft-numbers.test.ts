/**
 * That a server which frames as RFC 8156 and numbers as the draft for DHCPv4 is understood, not only named: what its
 * messages mean, which reply answers which request, and states of which RFC 8156 knows nothing.
 */
import { describe, expect, it } from 'vitest';
import { asksForReply, Exchanges } from '../../src/analyze/exchanges.ts';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import type { Flow } from '../../src/base/flow.ts';
import type { Message } from '../../src/dissect/message.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { infoOf } from '../../src/render/info.ts';
import { DISSECTORS } from './captured.ts';
import { SEEN } from './made.ts';

const FLOW: Flow = {
  id: 0,
  transport: 'tcp',
  ends: [
    { address: '2001:db8::1', port: 40_000 },
    { address: '2001:db8::2', port: 647 },
  ],
};

/** Length, type by the draft, transaction-id 2, sent-time 2024-03-05T09:00:00Z, options. */
function message(type: number, options = ''): Uint8Array {
  const body = fromHex(`000002 2d79a9a0 ${options}`) as Uint8Array;
  const length = body.length + 1;
  return concatBytes([Uint8Array.of(length >> 8, length & 255, type), body]);
}

function read(...messages: readonly [direction: 0 | 1, bytes: Uint8Array][]): Message[] {
  const found: Message[] = [];
  const reader = new MessageReader(DISSECTORS, {
    onMessage: (one) => found.push(one),
    onNotice: () => undefined,
  });
  reader.open(FLOW, SEEN, false);
  for (const [direction, bytes] of messages) reader.data(FLOW, direction, bytes, 0, bytes.length, SEEN);
  return found;
}

/** CONNECT of the draft, type 5: protocol version 1.0, MCLT 3600, keepalive 60. */
const CONNECT = message(5, '007f 0004 00010000 007a 0004 00000e10 0080 0004 0000003c');

describe('the dialect of draft numbers', () => {
  it('says in a line what RFC 8156 would', () => {
    const [connect, state, paused, shutdown] = read(
      [0, CONNECT],
      [0, message(10, '0084 0001 09')],
      [0, message(10, '0084 0001 07')],
      [0, message(10, '0084 0001 08')],
    );
    expect(infoOf(connect as Message)).toContain('mclt 3600s');
    expect(infoOf(state as Message)).toMatch(/^RECOVER-DONE/);
    expect(infoOf(paused as Message)).toMatch(/^PAUSED/);
    expect(infoOf(shutdown as Message)).toMatch(/^SHUTDOWN/);
  });

  it('matches replies with their requests', () => {
    const messages = read([0, CONNECT], [0, message(3)], [1, message(4)], [1, message(9)], [0, message(8)]);
    expect(messages.map(({ msgName }) => msgName)).toEqual([
      'CONNECT',
      'BNDUPD',
      'BNDREPLY',
      'UPDREQ',
      'UPDDONE',
    ]);
    const exchanges = new Exchanges();
    expect(messages.map((one) => exchanges.push(one)?.request.index)).toEqual([
      undefined,
      undefined,
      1,
      undefined,
      3,
    ]);
    expect(messages.map(asksForReply)).toEqual([true, true, false, true, false]);
  });
});
