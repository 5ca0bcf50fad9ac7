/** Goal: the engine speaks as the message charts of RFC 8156 do: figures 1, 7, 8 and 9, message by message. */
import { describe, expect, it } from 'vitest';
import { toEpoch2000 } from '../../src/base/time.ts';
import type { Binding, FailoverMessage, LeaseInfo } from '../../src/wire/messages.ts';
import { Pair, type Side } from './pair.ts';
import { address, bind, client } from './samples.ts';

const HOUR = 3600;
const DAY = 86_400;
const LEASE = address('2001:db8::1');

function inNormal(): Pair {
  const pair = new Pair({ mclt: HOUR });
  pair.start();
  pair.advance(20);
  expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  pair.takeLog();
  return pair;
}

/** Binds `text` for client `n` at `side` for as long as it may, out of three days. */
function lease(pair: Pair, side: Side, text: string, n: number): number {
  const resource = address(text);
  const valid = pair.endpoint(side).clients.grantableLifetime(resource, client(n), 3 * DAY, pair.now);
  pair.input(side, { kind: 'client', changes: [bind(resource, client(n), valid, 3 * DAY)], reply: text });
  return valid;
}

function lastUpdate(pair: Pair, type: 'BNDUPD' | 'BNDREPLY'): LeaseInfo {
  const isIt = (message: FailoverMessage): message is Binding => message.type === type;
  const message = pair.messages.map((one) => one.message).findLast(isIt) as Binding;
  return message.clientData?.ias[0]?.leases[0] as LeaseInfo;
}

/** The log without CONTACTs, which come whenever nothing else is said. */
function said(pair: Pair): string[] {
  return pair.takeLog().filter((line) => !line.endsWith('CONTACT'));
}

describe('figure 1: MCLT example', () => {
  it('gives an hour, then three days, and keeps the partner ahead of the client', () => {
    const pair = inNormal();
    const t = toEpoch2000(pair.now);

    expect(lease(pair, 'primary', '2001:db8::1', 1)).toBe(HOUR);
    expect(pair.takeLog()).toEqual(['primary > BNDUPD', 'secondary > BNDREPLY']);
    expect(lastUpdate(pair, 'BNDUPD').partnerLifetime).toBe(t + HOUR / 2 + 3 * DAY);
    expect(lastUpdate(pair, 'BNDREPLY').partnerLifetimeSent).toBe(t + HOUR / 2 + 3 * DAY);
    expect(pair.endpoint('primary').clients.find(LEASE)?.ackedPartnerLifetime).toBe(t + HOUR / 2 + 3 * DAY);
    expect(pair.endpoint('secondary').clients.find(LEASE)?.expirationTime).toBe(t + HOUR / 2 + 3 * DAY);

    pair.advance(HOUR / 2);
    expect(lease(pair, 'primary', '2001:db8::1', 1)).toBe(3 * DAY);
    expect(lastUpdate(pair, 'BNDUPD').partnerLifetime).toBe(t + HOUR / 2 + 1.5 * DAY + 3 * DAY);

    pair.advance(1.5 * DAY);
    expect(lease(pair, 'primary', '2001:db8::1', 1)).toBe(3 * DAY);
    expect(lastUpdate(pair, 'BNDUPD').partnerLifetime).toBe(t + HOUR / 2 + 1.5 * DAY + 4.5 * DAY);
    expect(pair.endpoint('secondary').clients.find(LEASE)?.stateExpirationTime).toBe(
      t + HOUR / 2 + 4.5 * DAY,
    );
  });
});

describe('figure 7: transition out of RECOVER', () => {
  it('refreshes, waits for the MCLT from TIME-OF-FAILURE, and returns with an interlock', () => {
    const pair = inNormal();
    lease(pair, 'primary', '2001:db8::1', 1);
    const failed = pair.now;
    pair.kill('secondary');
    pair.advance(60);
    pair.input('primary', { kind: 'operator', command: { kind: 'partner-down' } });
    lease(pair, 'primary', '2001:db8::3', 3);
    pair.advance(600);
    expect(pair.states).toContain('primary PARTNER-DOWN');
    pair.takeLog();

    pair.restart('secondary');
    pair.advance(30);
    expect(said(pair)).toEqual([
      'primary > CONNECT',
      'secondary > CONNECTREPLY',
      'secondary > STATE(NORMAL, STARTUP)',
      'primary > STATE(PARTNER-DOWN)',
      'secondary RECOVER',
      'secondary > STATE(RECOVER)',
      'secondary > UPDREQ',
      'primary > BNDUPD',
      'secondary > BNDREPLY',
      'primary > UPDDONE',
      'secondary RECOVER-WAIT',
      'secondary > STATE(RECOVER-WAIT)',
    ]);
    expect(pair.endpoint('secondary').clients.find(address('2001:db8::3'))?.status).toBe('ACTIVE');

    pair.advance((failed + HOUR * 1000 - pair.now) / 1000 - 15);
    expect(pair.states).toBe('primary PARTNER-DOWN, secondary RECOVER-WAIT');
    pair.takeLog();
    pair.advance(20);
    const log = said(pair);
    expect(log.slice(0, 8)).toEqual([
      'secondary RECOVER-DONE',
      'secondary > STATE(RECOVER-DONE)',
      'primary NORMAL',
      'primary > STATE(NORMAL)',
      'secondary NORMAL',
      'secondary > STATE(NORMAL)',
      'secondary > POOLREQ',
      'primary > POOLRESP',
    ]);
  });

  it('asks for everything when its own disk knows nothing and the partner knows it', () => {
    const pair = inNormal();
    lease(pair, 'primary', '2001:db8::1', 1);
    pair.kill('secondary');
    pair.input('primary', { kind: 'operator', command: { kind: 'partner-down' } });
    pair.advance(60);
    pair.takeLog();
    pair.restart('secondary', true);
    pair.advance(30);
    const log = pair.takeLog();
    expect(log).toContain('secondary > UPDREQALL');
    expect(log).toContain('secondary RECOVER-WAIT');
    expect(pair.endpoint('secondary').clients.find(LEASE)?.status).toBe('ACTIVE');
  });
});

describe('figure 8: from NORMAL to COMMUNICATIONS-INTERRUPTED and back', () => {
  it('brings updates of both sides across, then balances the prefixes', () => {
    const pair = inNormal();
    pair.reachable = false;
    pair.cut();
    expect(pair.takeLog()).toEqual([
      'primary COMMUNICATIONS-INTERRUPTED',
      'secondary COMMUNICATIONS-INTERRUPTED',
    ]);
    expect(pair.alarms).toHaveLength(2);
    lease(pair, 'primary', '2001:db8::1', 1);
    lease(pair, 'secondary', '2001:db8::2', 2);
    pair.reachable = true;
    pair.advance(6);
    expect(pair.takeLog()).toEqual([
      'primary > CONNECT',
      'secondary > CONNECTREPLY',
      'secondary > STATE(COMMUNICATIONS-INTERRUPTED)',
      'primary > STATE(COMMUNICATIONS-INTERRUPTED)',
      'primary NORMAL',
      'primary > STATE(NORMAL)',
      'primary > BNDUPD',
      'secondary NORMAL',
      'secondary > STATE(NORMAL)',
      'secondary > BNDUPD',
      'primary > BNDREPLY',
      'secondary > BNDREPLY',
      'secondary > POOLREQ',
      'primary > POOLRESP',
    ]);
  });
});

describe('figure 9: transition out of POTENTIAL-CONFLICT', () => {
  it('resolves on the primary first, then on the secondary', () => {
    const pair = inNormal();
    pair.reachable = false;
    pair.cut();
    lease(pair, 'primary', '2001:db8::1', 1);
    pair.input('secondary', { kind: 'operator', command: { kind: 'partner-down' } });
    lease(pair, 'secondary', '2001:db8::2', 2);
    pair.takeLog();
    pair.reachable = true;
    pair.advance(6);
    expect(pair.takeLog()).toEqual([
      'primary > CONNECT',
      'secondary > CONNECTREPLY',
      'secondary > STATE(PARTNER-DOWN)',
      'primary > STATE(COMMUNICATIONS-INTERRUPTED)',
      'primary POTENTIAL-CONFLICT',
      'primary > STATE(POTENTIAL-CONFLICT)',
      'primary > UPDREQ',
      'secondary POTENTIAL-CONFLICT',
      'secondary > STATE(POTENTIAL-CONFLICT)',
      'secondary > BNDUPD',
      'primary > BNDREPLY',
      'secondary > UPDDONE',
      'primary CONFLICT-DONE',
      'primary > STATE(CONFLICT-DONE)',
      'secondary > UPDREQ',
      'primary > BNDUPD',
      'secondary > BNDREPLY',
      'primary > UPDDONE',
      'secondary NORMAL',
      'secondary > STATE(NORMAL)',
      'secondary > POOLREQ',
      'primary NORMAL',
      'primary > STATE(NORMAL)',
      'primary > POOLRESP',
    ]);
    expect(pair.endpoint('primary').clients.find(address('2001:db8::2'))?.status).toBe('ACTIVE');
    expect(pair.endpoint('secondary').clients.find(address('2001:db8::1'))?.status).toBe('ACTIVE');
  });

  it('goes on by itself in RESOLUTION-INTERRUPTED when the connection breaks', () => {
    const pair = inNormal();
    pair.reachable = false;
    pair.cut();
    pair.input('secondary', { kind: 'operator', command: { kind: 'partner-down' } });
    pair.drop = (_, message) => message.type === 'UPDDONE';
    pair.reachable = true;
    pair.advance(6);
    expect(pair.states).toBe('primary POTENTIAL-CONFLICT, secondary POTENTIAL-CONFLICT');
    pair.reachable = false;
    pair.cut();
    expect(pair.states).toBe('primary RESOLUTION-INTERRUPTED, secondary RESOLUTION-INTERRUPTED');
    pair.drop = () => false;
    pair.reachable = true;
    pair.advance(10);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });
});
