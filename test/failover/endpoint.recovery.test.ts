/**
 * Goal: what a server gave before it failed, and is over, may be another client's by now (RFC 8156 §8.4.1): a server that comes
 * back from RECOVER neither renews it nor tells it as ACTIVE before its partner has told what it knows.
 */
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import { toEpoch2000 } from '../../src/base/time.ts';
import type { EndpointConfig } from '../../src/failover/config.ts';
import { sameClientIa } from '../../src/failover/lease.ts';
import { type BindingStatus, bindingStatusOf } from '../../src/failover/state.ts';
import { encodeFailoverFrame } from '../../src/wire/failover.ts';
import { Pair, type Side } from './pair.ts';
import { address, bind, client } from './samples.ts';

const MCLT = 3600;
/** By its low-order bit it is the secondary's to give (§4.2.1). */
const X = address('2001:db8::2');
/** The client’s other address, given before X and for a day. */
const Y = address('2001:db8::4');
const DAY = 86_400;

function gives(pair: Pair, side: Side, who: number, what = X, desired = MCLT): void {
  const { clients } = pair.endpoint(side);
  const valid = clients.grantableLifetime(what, client(who), desired, pair.now);
  const change = bind(what, client(who), valid, desired);
  pair.input(side, { kind: 'client', reply: `${side} gave it to ${who}`, changes: [change] });
}

function mayGive(pair: Pair, side: Side, who: number): boolean {
  return pair.endpoint(side).clients.mayBind(X, client(who), pair.now);
}

function holderOn(pair: Pair, side: Side): string | undefined {
  const lease = pair.endpoint(side).clients.find(X);
  const who = [1, 2].find((n) => lease?.holder !== undefined && sameClientIa(lease.holder, client(n)));
  return `${lease?.status} client ${who}`;
}

/** The binding-status of X, or of another, in each update that `from` has sent. */
function told(pair: Pair, from: Side, of = X): (BindingStatus | undefined)[] {
  return pair.messages.flatMap(({ from: sender, message }) => {
    if (sender !== from || message.type !== 'BNDUPD') return [];
    const leases = (message.clientData?.ias ?? []).flatMap((ia) => ia.leases);
    return leases
      .filter(({ address: one }) => equalBytes(one, of.address))
      .map(({ bindingStatus }) => bindingStatusOf(bindingStatus ?? 0));
  });
}

/**
 * Both knew that client 1 has X. The primary alone renewed it, until 7100, and then failed; the secondary, which holds it for
 * expired, went to PARTNER-DOWN. The primary comes back at 6020 and has its updates; then they lose each other.
 */
function lostInRecoverWait(more: Partial<EndpointConfig> = {}): Pair {
  const pair = new Pair({ mclt: MCLT, ...more });
  pair.start();
  pair.kill('primary');
  gives(pair, 'secondary', 1, Y, DAY);
  gives(pair, 'secondary', 1);
  pair.restart('primary');
  pair.advance(3400);
  pair.kill('secondary');
  pair.advance(100);
  gives(pair, 'primary', 1, Y, DAY);
  gives(pair, 'primary', 1);
  pair.reachable = false;
  pair.advance(2000);
  pair.restart('secondary');
  pair.advance(500);
  pair.kill('primary');
  pair.advance(10);
  pair.input('secondary', { kind: 'operator', command: { kind: 'partner-down' } });
  pair.reachable = true;
  pair.advance(10);
  pair.restart('primary');
  expect(pair.states).toBe('primary RECOVER-WAIT, secondary PARTNER-DOWN');
  pair.advance(80);
  pair.reachable = false;
  pair.cut();
  return pair;
}

describe('a lease that the partner gave to another client while this server waited in RECOVER-WAIT', () => {
  /** The MCLT after PARTNER-DOWN, whatever the primary promised is over, and X is given to client 2. */
  function givenAnew(more: Partial<EndpointConfig> = {}): Pair {
    const pair = lostInRecoverWait(more);
    pair.advance(MCLT - 80);
    expect(mayGive(pair, 'secondary', 2)).toBe(true);
    gives(pair, 'secondary', 2);
    pair.advance(30);
    expect(pair.states).toBe('primary RECOVER-DONE, secondary PARTNER-DOWN');
    pair.reachable = true;
    return pair;
  }

  it('stays that client’s on both servers when they meet again', () => {
    const pair = givenAnew();
    pair.advance(60);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
    expect([holderOn(pair, 'primary'), holderOn(pair, 'secondary')]).toEqual([
      'ACTIVE client 2',
      'ACTIVE client 2',
    ]);
  });

  /** Both in NORMAL, and the secondary is slow to tell what it gave. */
  function metAgain(more: Partial<EndpointConfig> = {}): Pair {
    const pair = givenAnew(more);
    pair.drop = (from, { type }) => from === 'secondary' && type === 'BNDUPD';
    pair.messages.splice(0);
    pair.advance(10);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
    return pair;
  }

  it('is told as EXPIRED once the partner has had its say, and never as ACTIVE', () => {
    const pair = metAgain();
    expect(told(pair, 'primary', Y)).toEqual(['ACTIVE']);
    expect(told(pair, 'primary')).toEqual([]);
    pair.advance(20);
    expect(told(pair, 'primary')).toEqual(['EXPIRED']);
    expect(holderOn(pair, 'secondary')).toBe('ACTIVE client 2');
    expect(pair.record('primary')?.timeOfFailure).toBeUndefined();
  });

  it('is told as it is if the partner asks for it (§5.3.6)', () => {
    const pair = metAgain();
    const sentTime = toEpoch2000(pair.now);
    const bytes = encodeFailoverFrame({ type: 'UPDREQALL', transactionId: 77, sentTime });
    pair.input('primary', { kind: 'bytes', bytes });
    expect(told(pair, 'primary')).toEqual(['ACTIVE']);
    // Figure 4, footnote 3, would have the secondary accept it.
    expect(holderOn(pair, 'secondary')).toBe('ACTIVE client 2');
  });

  it('is not its former client’s again while its end waits to be told', () => {
    const pair = metAgain({ maxUnackedBndupd: 1 });
    pair.drop = (from, { type }) => from === 'secondary' && (type === 'BNDUPD' || type === 'BNDREPLY');
    gives(pair, 'primary', 3, address('2001:db8::1'));
    pair.advance(20);
    expect(holderOn(pair, 'primary')).toBe('EXPIRED client 1');
    expect(told(pair, 'primary')).toEqual([]);
    expect(mayGive(pair, 'primary', 1)).toBe(false);
  });

  it('is not renewed for its former client, neither before that nor after', () => {
    const pair = metAgain();
    expect(mayGive(pair, 'primary', 1)).toBe(false);
    pair.advance(20);
    expect(holderOn(pair, 'primary')).toBe('EXPIRED client 1');
    expect(mayGive(pair, 'primary', 1)).toBe(false);
  });

  it.each([
    ['lose each other', (pair: Pair) => pair.cut()],
    ['the primary fails', (pair: Pair) => pair.restart('primary')],
  ])('nor when, before anything was told, %s again', (_, fail) => {
    const pair = metAgain();
    pair.reachable = false;
    fail(pair);
    pair.advance(60);
    expect(pair.states).toBe('primary COMMUNICATIONS-INTERRUPTED, secondary COMMUNICATIONS-INTERRUPTED');
    expect(holderOn(pair, 'primary')).toBe('EXPIRED client 1');
    expect(mayGive(pair, 'primary', 1)).toBe(false);
    pair.drop = () => false;
    pair.reachable = true;
    pair.advance(60);
    expect([holderOn(pair, 'primary'), holderOn(pair, 'secondary')]).toEqual([
      'ACTIVE client 2',
      'ACTIVE client 2',
    ]);
  });
});

describe('a lease that the partner renewed while this server waited in RECOVER-WAIT', () => {
  it('is renewed here again as soon as the partner has told of it', () => {
    const pair = lostInRecoverWait();
    pair.advance(MCLT - 80);
    gives(pair, 'secondary', 1);
    pair.advance(30);
    pair.reachable = true;
    pair.advance(10);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
    expect([holderOn(pair, 'primary'), mayGive(pair, 'primary', 1)]).toEqual(['ACTIVE client 1', true]);
  });
});

describe('TIME-OF-FAILURE (§8.3.2 step 1)', () => {
  /** The secondary fails and its partner goes to PARTNER-DOWN; when the secondary's RECOVER-WAIT ends, Unix milliseconds. */
  function failsAndWaitsUntil(pair: Pair): number | undefined {
    pair.kill('secondary');
    pair.advance(100);
    pair.input('primary', { kind: 'operator', command: { kind: 'partner-down' } });
    pair.restart('secondary');
    pair.advance(10);
    expect(pair.states).toBe('primary PARTNER-DOWN, secondary RECOVER-WAIT');
    const { next } = pair.endpoint('secondary').explain();
    return next.find(({ section }) => section === '§8.6.2')?.at;
  }

  it('is no earlier than the last lease that was given, however long ago the heartbeat was recorded', () => {
    const pair = new Pair({ mclt: MCLT, heartbeatSeconds: 100_000 });
    pair.start();
    pair.advance(500);
    gives(pair, 'secondary', 1);
    expect(failsAndWaitsUntil(pair)).toBe(pair.now - 110_000 + MCLT * 1000);
  });

  it('counts from the second failure of a server that was back only for a moment', () => {
    const pair = new Pair({ mclt: MCLT });
    pair.start();
    failsAndWaitsUntil(pair);
    while (pair.states !== 'primary NORMAL, secondary NORMAL') pair.advance(1);
    expect(failsAndWaitsUntil(pair)).toBeGreaterThan(pair.now - 112_000 + MCLT * 1000);
  });
});
