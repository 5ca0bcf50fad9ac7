/** STARTTLS and its answer, octet by octet: RFC 7653 §8.2, RFC 8415 §8 and §21.13 by hand. */
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { FirstMessage, StartTlsAnswer, startTlsMessage, startTlsReply } from '../../src/server/starttls.ts';

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

/** Length 4, type 23, transaction-id, no options. */
const STARTTLS = '0004 17 0000a1';
/** Length 4, type 7, no options: come on. */
const BEGIN = '0004 07 0000a1';
/** Length 10: OPTION_STATUS_CODE (13) of 2 octets, TLSConnectionRefused (15), no text. */
const REFUSED = '000a 07 0000a1 000d 0002 000f';

test('our messages have the octets of the RFC', () => {
  expect(toHex(startTlsMessage(0xa1))).toBe(STARTTLS.replaceAll(' ', ''));
  expect(toHex(startTlsReply(0xa1))).toBe(BEGIN.replaceAll(' ', ''));
  expect(toHex(startTlsReply(0xa1, ''))).toBe(REFUSED.replaceAll(' ', ''));
});

test('a STARTTLS is known when its last octet is there', () => {
  const first = new FirstMessage();
  const octets = bytes(STARTTLS);
  const verdicts = [...octets].map((octet) => first.push(Uint8Array.of(octet)));
  expect(verdicts.slice(0, -1)).toEqual(Array(octets.length - 1).fill({ kind: 'wait' }));
  expect(verdicts.at(-1)).toEqual({ kind: 'starttls', transactionId: 0xa1 });
});

test('anything else is handed on whole once its type is there', () => {
  const first = new FirstMessage();
  expect(first.push(bytes('0040'))).toEqual({ kind: 'wait' });
  expect(first.push(bytes('1f00'))).toEqual({ kind: 'plain', bytes: bytes('00401f00') });
});

test.each([
  ['octets behind it, which TLS would have to take for its own', `${STARTTLS} 16`, /octets between/],
  ['a length that no STARTTLS has', '0401 17', /1025 octets/],
  ['a header cut short', '0002 17 00', /cannot be read/],
])('a STARTTLS with %s is refused', (_, hex, why) => {
  expect(new FirstMessage().push(bytes(hex))).toMatchObject({
    kind: 'refuse',
    why: expect.stringMatching(why),
  });
});

test('the answer is known when its last octet is there', () => {
  const answer = new StartTlsAnswer();
  const verdicts = [...bytes(BEGIN)].map((octet) => answer.push(Uint8Array.of(octet)));
  expect(verdicts).toEqual([undefined, undefined, undefined, undefined, undefined, 'begin']);
});

test.each([
  ['a refusal', REFUSED, /refuses it \(status 15\)/],
  ['a status that says Success', '000a 07 0000a1 000d 0002 0000', undefined],
  ['another message', '0004 21 0000a1', /the answer to STARTTLS is/],
  ['octets behind it', `${BEGIN} 15`, /octets between REPLY and/],
  ['a length beyond reason', 'ffff', /65535 octets/],
])('of answers, %s', (_, hex, why) => {
  const verdict = new StartTlsAnswer().push(bytes(hex));
  if (why === undefined) expect(verdict).toBe('begin');
  else expect(verdict).toMatchObject({ refused: expect.stringMatching(why) });
});
