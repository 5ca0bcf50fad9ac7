/**
 * That ISC dhcpd 3.0, which kept the numbers of early drafts, is named by its first message and read by its own numbers, and
 * Windows by any message, because all of them say that options begin at 8. The messages are put together by hand.
 */
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import type { Flow } from '../../src/base/flow.ts';
import type { Message } from '../../src/dissect/message.ts';
import type { Notice } from '../../src/dissect/notice.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { infoOf } from '../../src/render/info.ts';
import { DISSECTORS } from './captured.ts';
import { SEEN } from './made.ts';

const FLOW: Flow = {
  id: 0,
  transport: 'tcp',
  ends: [
    { address: '192.0.2.1', port: 40_000 },
    { address: '192.0.2.2', port: 647 },
  ],
};

/** Length, type, payload offset, time 2024-03-05T09:00:00Z, xid 1, options. */
function message(type: number, options: string, offset = '0c'): Uint8Array {
  const body = fromHex(`${offset} 65e6df20 00000001 ${options}`) as Uint8Array;
  const length = body.length + 3;
  return concatBytes([Uint8Array.of(length >> 8, length & 255, type), body]);
}

function read(...messages: Uint8Array[]) {
  return readFrom(false, messages);
}

function readFrom(
  midStream: boolean,
  messages: readonly Uint8Array[],
): { messages: Message[]; notices: Notice[] } {
  const found: { messages: Message[]; notices: Notice[] } = { messages: [], notices: [] };
  const reader = new MessageReader(DISSECTORS, {
    onMessage: (one) => found.messages.push(one),
    onNotice: (one) => found.notices.push(one),
  });
  reader.open(FLOW, SEEN, midStream);
  for (const bytes of messages) reader.data(FLOW, 0, bytes, 0, bytes.length, SEEN);
  return found;
}

/** sending server 192.0.2.1, MCLT 1800, `isc-V3.0.4`, receive timer 60, version 1. */
const CONNECT = message(
  5,
  '0003 0004 c0000201 000a 0004 00000708 000b 000a 6973632d56332e302e34 0017 0004 0000003c 001a 0001 01',
);

describe('the dialect of ISC dhcpd 3.0', () => {
  it('is named by its vendor class, and the message that shows it is read by its numbers', () => {
    const { messages, notices } = read(CONNECT);
    expect(notices.filter(({ kind }) => kind === 'dialect').map(({ message: text }) => text)).toEqual([
      expect.stringContaining('isc-3.0: option 11 is isc-V3.0.4'),
    ]);
    const [connect] = messages;
    expect(connect?.problems()).toEqual([]);
    expect(connect?.tree().children.map(({ name }) => name)).toEqual([
      'sending-server-IP-address',
      'MCLT',
      'vendor-class-identifier',
      'receive-timer',
      'protocol-version',
    ]);
    expect(connect?.facts()).toMatchObject({ mclt: 1800, keepaliveTime: 60 });
    expect(JSON.parse(connect?.json() ?? '')).toMatchObject({ dialect: 'isc-3.0', msg_name: 'CONNECT' });
  });

  it('has states, types and options of its own', () => {
    const { messages } = read(
      CONNECT,
      message(10, '0012 0001 01 0013 0001 01'),
      message(10, '0012 0001 0b'),
      message(7, ''),
      message(9, ''),
      message(3, '0002 0004 c0000264 0001 0001 02 000e 0004 65e6ee30'),
      message(11, '000c 0002 0001'),
    );
    const [, down, wait, updates, all, update, contact] = messages;
    expect(infoOf(down as Message)).toMatch(/^PARTNER-DOWN \+STARTUP/);
    expect(infoOf(wait as Message)).toMatch(/^RECOVER-WAIT/);
    expect([updates?.msgName, all?.msgName]).toEqual(['UPDREQ', 'UPDREQALL']);
    // 2024-03-05T10:04:16Z, counted from 2000.
    const partnerLifetime = 0x65e6ee30 - 946_684_800;
    expect(update?.facts().leases[0]).toMatchObject({
      text: '192.0.2.100',
      bindingStatus: 2,
      partnerLifetime,
    });
    expect(contact?.tree().children[0]).toMatchObject({ code: 12, name: null });
    for (const one of messages) expect(one.problems()).toEqual([]);
  });
});

describe('the dialect of Windows', () => {
  // CONTACT, then STATE with server-state 2.
  const contact = message(11, '', '08');
  const state = message(10, '0018 0001 02', '08');

  it.each([
    ['from its beginning', false, contact],
    ['within a message', true, contact.subarray(5)],
  ])('is named on a connection that was seen %s', (_, midStream, first) => {
    const { messages, notices } = readFrom(midStream, [concatBytes([first, state, state, state])]);
    expect(notices.filter(({ kind }) => kind === 'dialect').map(({ message: text }) => text)).toEqual([
      expect.stringContaining('dialect microsoft: payload offset 8'),
    ]);
    expect(messages.map(({ msgName }) => msgName).slice(-3)).toEqual(['STATE', 'STATE', 'STATE']);
    for (const one of messages) {
      expect(one.problems()).toEqual([]);
      expect(JSON.parse(one.json())).toMatchObject({ dialect: 'microsoft' });
    }
  });
});
