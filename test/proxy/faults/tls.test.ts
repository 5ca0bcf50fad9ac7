import { describe, expect, it } from 'vitest';
import { sent, testLink, told } from '../../support/link.ts';
import { option } from '../../support/messages.ts';

/** Headers of 4 octets (RFC 7653): STARTTLS is 23, REPLY is 7. */
const STARTTLS = Uint8Array.of(0, 4, 23, 0, 0, 1);
const REPLY = Uint8Array.of(0, 4, 7, 0, 0, 1);
const HELLO = Uint8Array.of(0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5);

/** A link from the secondary on which STARTTLS was asked for in the other direction. */
function afterStartTls() {
  const tested = testLink(1);
  tested.dialect.dialect = 'dhcpv6-failover';
  tested.dialect.notice(STARTTLS);
  return tested;
}

describe('refuse-starttls', () => {
  // TLSConnectionRefused is status code 15 (RFC 7653 §10).
  it('turns the acceptance into a refusal', () => {
    const { link, fault } = afterStartTls();
    fault('refuse-starttls');
    const outputs = link.receive(REPLY, 0);
    const hex = Buffer.from(sent(outputs)).toString('hex');
    expect(hex.slice(4)).toBe(
      `07000001${option(13, '000f', Buffer.from('refused by leasetap').toString('hex'))}`,
    );
    expect(told(outputs)).toEqual(['REPLY changed']);
  });
});

describe('break-tls', () => {
  it('leaves the messages before, and corrupts the chosen piece of the handshake', () => {
    const { link, fault } = afterStartTls();
    fault('break-tls corrupt record 2');
    expect(sent(link.receive(REPLY, 0))).toEqual(REPLY);
    expect(sent(link.receive(HELLO, 1))).toEqual(HELLO);
    const second = sent(link.receive(HELLO, 2));
    expect(second).not.toEqual(HELLO);
    expect(second).toHaveLength(HELLO.length);
    expect(sent(link.receive(HELLO, 3))).toEqual(HELLO);
  });

  it('stalls, and gives back what it kept', () => {
    const { link, fault, board } = afterStartTls();
    fault('break-tls stall id T');
    link.receive(REPLY, 0);
    expect(sent(link.receive(HELLO, 1))).toHaveLength(0);
    expect(link.blocksReading()).toBe(true);
    board.remove('T');
    expect(sent(link.tick(2))).toEqual(HELLO);
  });

  it('resets', () => {
    const { link, fault } = afterStartTls();
    fault('break-tls reset');
    link.receive(REPLY, 0);
    expect(link.receive(HELLO, 1)).toContainEqual(
      expect.objectContaining({ kind: 'close', leg: 'both', how: 'reset' }),
    );
  });
});
