/** Goal: a new connection finds its endpoint by partner address and relationship name, or is refused (RFC 8156 §6.1, §6.2). */
import { describe, expect, it } from 'vitest';
import { toEpoch2000 } from '../../src/base/time.ts';
import { Acceptor, isPartner } from '../../src/failover/acceptor.ts';
import { decodeFailoverMessage, encodeFailoverFrame } from '../../src/wire/failover.ts';
import { START } from './pair.ts';

const RELATIONSHIPS = [
  { partnerAddress: '2001:db8::1', name: 'east', endpoint: 'E' },
  { partnerAddress: '2001:db8::1', name: 'west', endpoint: 'W' },
  { partnerAddress: '2001:db8::2', name: undefined, endpoint: 'only' },
];
const connect = (relationshipName?: string) =>
  encodeFailoverFrame({
    type: 'CONNECT',
    transactionId: 5,
    sentTime: toEpoch2000(START),
    ...(relationshipName !== undefined && { relationshipName }),
  });

describe('Acceptor', () => {
  it('chooses by name, and gives back the octets', () => {
    const bytes = connect('west');
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::1').bytes(bytes, START)).toEqual({
      kind: 'admit',
      endpoint: 'W',
      bytes,
    });
  });

  it('waits for the whole CONNECT', () => {
    const bytes = connect('east');
    const acceptor = new Acceptor(RELATIONSHIPS, '2001:db8::1');
    for (let at = 0; at < bytes.length - 1; at++) {
      expect(acceptor.bytes(bytes.subarray(at, at + 1), START)).toEqual({ kind: 'wait' });
    }
    expect(acceptor.bytes(bytes.subarray(-1), START)).toEqual({ kind: 'admit', endpoint: 'E', bytes });
  });

  it('takes a CONNECT without name if there is one relationship only', () => {
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::2').bytes(connect(), START)).toMatchObject({
      endpoint: 'only',
    });
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::1').bytes(connect(), START)).toMatchObject({
      kind: 'refuse',
    });
  });

  it('does not take a name that is no UTF-8 for none', () => {
    const bytes = encodeFailoverFrame({
      type: 'CONNECT',
      transactionId: 5,
      sentTime: toEpoch2000(START),
      extra: [{ code: 130, bytes: Uint8Array.of(0xff, 0xfe) }],
    });
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::2').bytes(bytes, START).kind).toBe('refuse');
  });

  it('rejects an unknown name with a CONNECTREPLY', () => {
    const refused = new Acceptor(RELATIONSHIPS, '2001:db8::1').bytes(connect('north'), START);
    if (refused.kind !== 'refuse' || refused.bytes === undefined) throw new Error(refused.kind);
    const { message } = decodeFailoverMessage(refused.bytes, 2);
    expect(message).toMatchObject({ type: 'CONNECTREPLY', transactionId: 5, status: { code: 10 } });
  });

  it('drops who is no partner, who begins with something else, and who sends too much', () => {
    expect(isPartner(RELATIONSHIPS, '2001:db8::3')).toBe(false);
    expect(isPartner(RELATIONSHIPS, '2001:db8::2')).toBe(true);
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::3').bytes(connect(), START).kind).toBe('refuse');
    const contact = encodeFailoverFrame({ type: 'CONTACT', transactionId: 1, sentTime: 0 });
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::2').bytes(contact, START).kind).toBe('refuse');
    expect(new Acceptor(RELATIONSHIPS, '2001:db8::2').bytes(Uint8Array.of(0xff, 0xff, 31), START).kind).toBe(
      'refuse',
    );
  });
});
