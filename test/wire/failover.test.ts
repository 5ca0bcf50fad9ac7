/** Failover messages as octets: layouts by hand from RFC 8156 §5, and that nothing is lost on the way. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import {
  decodeFailoverMessage,
  encodeFailoverFrame,
  encodeFailoverMessage,
} from '../../src/wire/failover.ts';

function bytes(hex: string): Uint8Array {
  const value = fromHex(hex);
  if (value === undefined) throw new Error(`not hex: ${hex}`);
  return value;
}

describe('a message that nothing is wrong with', () => {
  const STATE = '22 00002a 2d79d210 0084 0001 02 0083 0001 01 0085 0004 2d79d200';

  it('reads a STATE', () => {
    expect(decodeFailoverMessage(bytes(STATE))).toEqual({
      message: {
        type: 'STATE',
        transactionId: 42,
        sentTime: 0x2d79d210,
        serverState: 2,
        serverFlags: 1,
        startTimeOfState: 0x2d79d200,
      },
      problems: [],
    });
  });

  it('writes a STATE', () => {
    const message = {
      type: 'STATE',
      transactionId: 42,
      sentTime: 0x2d79d210,
      serverState: 2,
      serverFlags: 1,
      startTimeOfState: 0x2d79d200,
    } as const;
    expect(toHex(encodeFailoverMessage(message))).toBe(STATE.replaceAll(' ', ''));
    expect(toHex(encodeFailoverFrame(message))).toBe(`001a${STATE.replaceAll(' ', '')}`);
  });

  it('gives STARTTLS a header without sent-time', () => {
    const octets = encodeFailoverMessage({ type: 'STARTTLS', transactionId: 0x010203 });
    expect(toHex(octets)).toBe('17010203');
    expect(decodeFailoverMessage(octets)).toEqual({
      message: { type: 'STARTTLS', transactionId: 0x010203 },
      problems: [],
    });
  });
});

describe('octets that are not as they should be', () => {
  it('keeps options that it does not know, comes upon twice or finds too short', () => {
    const octets = bytes('23 000001 2d79d210 ffee 0002 abcd 000d 0002 0000 000d 0002 0001 000d 0001 09');
    const { message, problems } = decodeFailoverMessage(octets);
    expect(message).toMatchObject({
      type: 'CONTACT',
      status: { code: 0, message: '' },
      extra: [
        { code: 0xffee, bytes: bytes('abcd') },
        { code: 13, bytes: bytes('0001') },
        { code: 13, bytes: bytes('09') },
      ],
    });
    expect(problems.map(({ code, offset }) => [code, offset])).toEqual([
      ['duplicate-option', 20],
      ['duplicate-option', 26],
    ]);
    if (message.type === 'unknown') throw new Error('CONTACT is known');
    expect(decodeFailoverMessage(encodeFailoverMessage(message)).message).toEqual(message);
  });

  it('says where an option reaches past the end', () => {
    const { message, problems } = decodeFailoverMessage(bytes('23 000001 2d79d210 000d 0004 0000'));
    expect(message).toEqual({ type: 'CONTACT', transactionId: 1, sentTime: 0x2d79d210 });
    expect(problems).toMatchObject([{ code: 'option-past-end', path: 'OPTION_STATUS_CODE', offset: 12 }]);
  });

  it('keeps a message that it does not know or whose header is short', () => {
    for (const hex of ['', '22', '22000001', '2200000100', 'fe0000010000']) {
      const { message, problems } = decodeFailoverMessage(bytes(hex));
      expect(message).toEqual({ type: 'unknown', msgType: bytes(hex)[0] ?? 0, bytes: bytes(hex) });
      expect(problems).toHaveLength(1);
    }
  });
});
