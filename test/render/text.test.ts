import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import type { Connection } from '../../src/base/frame.ts';
import type { Annotations } from '../../src/dissect/annotations.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { type Column, DEFAULT_COLUMNS, TEXT_COLUMNS, textLine } from '../../src/render/text.ts';
import { clockText, durationText } from '../../src/render/words.ts';
import { BEGIN_MILLIS, failoverConnection, handMessage, option } from '../support/messages.ts';

const DISSECTORS = loadDissectors();

/** A message as the dissector reads it, whatever it is. */
function dissected(hex: string, connection: Connection): Message {
  const bytes = fromHex(hex) as Uint8Array;
  return dissect(
    DISSECTORS,
    { ...handMessage({ hex: '00' }).frame, connection, bytes, end: bytes.length },
    0,
  );
}

const columns = DEFAULT_COLUMNS.map((name) => TEXT_COLUMNS.get(name) as Column);
const line = (message: Message, notes: Annotations = {}): string =>
  textLine(message, columns, { beginMillis: BEGIN_MILLIS }, notes);

// The sent-time of all of these is 2d799b90: 2024-03-05T09:00:00Z, counted from 2000.
describe('a line of text', () => {
  it('tells what two servers agree on when they connect', () => {
    const connect = handMessage({
      hex: '1f 35170 3 2d799b90 007f 0004 0001 0000 007a 0004 00000e10 0080 0004 0000003c 0079 0004 00000064 0082 0006 736974652d61',
    });
    expect(line(connect)).toBe(
      '0      09:00:00.000000 p>s CONNECT      x351703 "site-a" v1.0 mclt 3600s keepalive 60s unacked 100',
    );
  });

  it('tells the state of a server with its flags and since when', () => {
    const state = handMessage({
      hex: '22 000007 2d799b90 0084 0001 03 0083 0001 05 0085 0004 2d799b90',
      direction: 1,
      index: 12,
      atMillis: 1.25,
    });
    expect(line(state)).toBe(
      '12     09:00:00.001250 s>p STATE        x000007 COMMUNICATIONS-INTERRUPTED +COMMUNICATED +ACK-STARTUP since 2024-03-05T09:00:00Z',
    );
  });

  it('tells lease, client and lifetime of an update, and to whom a reply belongs', () => {
    const update = handMessage({
      hex: `18 000142 2d799b90 ${option(
        45,
        option(1, '0003000102005e200001'),
        option(
          3,
          '0a000001 00000708 00000b40',
          option(5, '20010db8000100000000000000000042 00000bb8 00000e10', option(114, '01')),
        ),
      )}`,
    });
    expect(line(update)).toBe(
      '0      09:00:00.000000 p>s BNDUPD       x000142 2001:db8:1::42 ACTIVE valid 3600s client 0003000102005e200001',
    );
  });

  it('tells why an update was refused, with the words of the server made safe', () => {
    // IAPREFIX 2001:db8:f001::/56 { STATUS_CODE ConfigurationConflict "no\x1b" }
    const reply = handMessage({
      hex: '19 000142 2d799b90 001a 0022 00000000 00000000 38 20010db8f00100000000000000000000 000d 0005 0011 6e6f1b',
      direction: 1,
      index: 3,
    });
    expect(line(reply, { replyTo: 1, rttMillis: 1.2, findings: ['FO-7.6-1'] })).toBe(
      '3      09:00:00.000000 s>p BNDREPLY     x000142 2001:db8:f001::/56 ConfigurationConflict "no\\x1b" [to #1 after 1.20 ms] !FO-7.6-1',
    );
  });

  it('tells what a relay message carries, through all relay agents', () => {
    // SOLICIT x000005 of a client, in a RELAY-FORW, in a RELAY-FORW (RFC 8415 §9.1).
    const header = `0c01 20010db8000000000000000000000001 fe800000000000000000000000000002`;
    const relay = (inner: string): string => `${header} ${option(9, inner)}`;
    const connection: Connection = { ...failoverConnection(), protocol: 'dhcpv6' };
    const solicit = `01000005 ${option(1, '0003000102005e200001')}`;
    expect(line(dissected(relay(relay(solicit)), connection))).toBe(
      '0      09:00:00.000000 c>s RELAY-FORW   -       SOLICIT x000005 client 0003000102005e200001',
    );
    expect(line(dissected(relay('63000005'), connection))).toBe(
      '0      09:00:00.000000 c>s RELAY-FORW   -       type 99 x000005',
    );
    // Nothing inside, and a datagram that holds nothing at all.
    expect(line(dissected(header, connection))).toBe('0      09:00:00.000000 c>s RELAY-FORW   -       ');
    expect(line(dissected('', connection))).toBe(
      '0      09:00:00.000000 c>s empty        -       [malformed: message-too-short]',
    );
  });

  it('gives a message without options an empty last column', () => {
    expect(line(handMessage({ hex: '23 000001 2d799b90' }))).toBe(
      '0      09:00:00.000000 p>s CONTACT      x000001 ',
    );
  });
});

describe('times', () => {
  it('writes the time of day to the microsecond, whatever the resolution', () => {
    const resolution = { ticksPerSecond: 1e9, digits: 9 };
    expect(clockText({ unixSeconds: 86_399, ticks: 999_999_999, resolution })).toBe('23:59:59.999999');
  });

  it('writes durations in the unit that a reader wants', () => {
    expect(durationText(0.87)).toBe('870 us');
    expect(durationText(1.2)).toBe('1.20 ms');
    expect(durationText(12_400)).toBe('12.4 s');
    expect(durationText(3_720_000)).toBe('1h 02m');
  });
});
