import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/clock.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { ProxyEngine } from '../../../src/proxy/engine.ts';
import { checkFault } from '../../../src/proxy/faults/armed.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';
import { sent, testLink, told } from '../../support/link.ts';
import { option } from '../../support/messages.ts';

const dissectors = loadDissectors();

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

describe('what is not TLS', () => {
  // STARTTLS comes the other way before it, and messages without TLS use up nothing.
  it('leaves a fault that is to be applied once for its purpose', () => {
    const asked = testLink(0);
    const answered = testLink(1, asked);
    asked.fault('refuse-starttls times 1');
    asked.link.receive(STARTTLS, 0);
    answered.dialect.dialect = 'dhcpv6-failover';
    answered.dialect.notice(STARTTLS);
    expect(told(answered.link.receive(REPLY, 1))).toEqual(['REPLY changed']);
  });

  it('is counted for none, nor is another piece than the chosen one', () => {
    const { link, fault, board } = afterStartTls();
    fault('break-tls reset record 2 times 1 id T');
    link.receive(REPLY, 0);
    expect(link.receive(HELLO, 1)).not.toContainEqual(expect.objectContaining({ kind: 'hit' }));
    expect(board.get('T')?.view(0)).toMatchObject({ hits: 0, matched: 0 });
    expect(link.receive(HELLO, 2)).toContainEqual(expect.objectContaining({ kind: 'close', leg: 'both' }));
    expect(board.get('T')?.view(0)).toMatchObject({ hits: 1, matched: 1 });
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

describe('a fault that is about other TLS than there is', () => {
  // It was armed, and waited for ever.
  it.each([
    ['wrong-certificate', 'passed', 'it is about TLS that is terminated; here it is passed'],
    ['break-tls', 'terminated', 'it is about TLS that is passed; here it is terminated'],
  ] as const)('%s is refused where TLS is %s', (fault, tls, message) => {
    expect(() => checkFault(parseFault(fault), dissectors, tls)).toThrow(message);
  });

  it('is refused by a proxy that passes TLS on', () => {
    const setup = { clock: { nowMillis: () => 0 }, random: seededRandom(1), dissectors };
    expect(() => new ProxyEngine(setup).armFault(parseFault('wrong-certificate'))).toThrow(/terminated/);
  });
});
