/** Goal: states with their time and memory: STARTUP, alarms, auto-partner-down, restarts (RFC 8156 §8). */
import { describe, expect, it } from 'vitest';
import { Pair } from './pair.ts';
import { address, bind, client } from './samples.ts';

function alone(more: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(more);
  pair.reachable = false;
  pair.start();
  return pair;
}

describe('STARTUP without a partner', () => {
  it('ends in PREVIOUS-STATE: §8.2 for empty disks', () => {
    const pair = alone();
    pair.advance(9);
    expect(pair.states).toBe('primary STARTUP, secondary STARTUP');
    pair.advance(2);
    expect(pair.states).toBe('primary PARTNER-DOWN, secondary RECOVER');
    expect(pair.endpoint('primary').clients.responsiveness(pair.now)).toBe('responsive');
    expect(pair.endpoint('secondary').clients.responsiveness(pair.now)).toBe('unresponsive');
  });

  it('ends in PARTNER-DOWN for a secondary that is configured so', () => {
    const pair = alone({ partnerDownIfAlone: true });
    pair.advance(11);
    expect(pair.endpoint('secondary').state).toBe('PARTNER-DOWN');
    expect(pair.endpoint('secondary').clients.responsiveness(pair.now)).toBe('responsive');
  });
});

describe('a primary that lost its disk and cannot hear its partner', () => {
  /** A pair that has given one lease; then the primary comes back with an empty disk, alone. */
  function lost(partnerDownIfAlone?: boolean): Pair {
    const pair = new Pair(partnerDownIfAlone === undefined ? {} : { partnerDownIfAlone });
    pair.start();
    const change = bind(address('2001:db8::1'), client(1), 3600, 86_400);
    pair.input('primary', { kind: 'client', reply: 'told', changes: [change] });
    pair.kill('primary');
    pair.reachable = false;
    pair.restart('primary', true);
    pair.advance(11);
    return pair;
  }

  it('serves as §8.2 has it, and says that it knows nothing', () => {
    const pair = lost();
    expect(pair.endpoint('primary').state).toBe('PARTNER-DOWN');
    expect(pair.alarms).toContainEqual(
      expect.stringContaining('primary: clients are served with no lease on record'),
    );
  });

  it('waits as §8.3.2 has it if configured so, and gets back what its partner knows', () => {
    const pair = lost(false);
    expect(pair.endpoint('primary').state).toBe('RECOVER');
    expect(pair.endpoint('primary').clients.responsiveness(pair.now)).toBe('unresponsive');
    pair.reachable = true;
    pair.advance(10);
    expect(pair.log).toContain('primary > UPDREQALL');
    expect(pair.endpoint('primary').state).toBe('RECOVER-WAIT');
    expect(pair.endpoint('primary').clients.find(address('2001:db8::1'))?.status).toBe('ACTIVE');
    pair.advance(3600);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });

  it('waits on its first day too if configured so, and both begin as soon as they meet', () => {
    const pair = alone({ partnerDownIfAlone: false });
    pair.advance(60);
    expect(pair.states).toBe('primary RECOVER, secondary RECOVER');
    pair.reachable = true;
    pair.advance(10);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });
});

describe('STATE (§6.3)', () => {
  it('says state, flags and start time, and in PARTNER-DOWN since when', () => {
    const pair = alone();
    pair.advance(11);
    pair.reachable = true;
    pair.advance(10);
    const states = pair.messages.flatMap(({ from, message }) =>
      message.type === 'STATE' ? [{ from, ...message }] : [],
    );
    // An empty disk is in PARTNER-DOWN (4) since the server began (§8.2), and nobody had heard of the other.
    const [first] = states.filter(({ from }) => from === 'primary');
    const since = 820_540_800;
    expect(first).toMatchObject({
      serverState: 4,
      serverFlags: 0,
      startTimeOfState: since,
      partnerDownTime: since,
    });
    expect(states.length).toBeGreaterThan(4);
    for (const { serverState, serverFlags, startTimeOfState, partnerDownTime } of states) {
      expect([serverFlags, startTimeOfState].map((value) => typeof value)).toEqual(['number', 'number']);
      expect(partnerDownTime).toBe(serverState === 4 ? since : undefined);
    }
  });
});

describe('an UPDREQ (§8.5.2)', () => {
  it('without an UPDDONE, nor any BNDUPD, ends the connection after a while', () => {
    const pair = new Pair();
    pair.drop = (_, { type }) => type === 'UPDDONE';
    pair.start();
    expect(pair.states).toBe('primary PARTNER-DOWN, secondary RECOVER');
    const ends = () => pair.notes.filter(({ side, text }) => side === 'secondary' && text.includes('ended'));
    pair.advance(59);
    expect(ends()).toEqual([]);
    pair.advance(1);
    expect(ends().map(({ text }) => text)).toEqual(['connection ended: no BNDUPD and no UPDDONE for 60 s']);
    pair.drop = () => false;
    pair.advance(120);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });
});

describe('an UPDREQ of a partner whose STATE was lost', () => {
  /** Whoever answered would let the primary serve its clients, while it goes on serving them all itself. */
  it('is not answered', () => {
    const pair = new Pair();
    pair.start();
    pair.reachable = false;
    pair.cut();
    pair.input('secondary', { kind: 'operator', command: { kind: 'partner-down' } });
    pair.drop = (from, { type }) => from === 'primary' && type === 'STATE';
    pair.reachable = true;
    pair.takeLog();
    pair.advance(6);
    expect(pair.takeLog()).toContain('primary > UPDREQ');
    expect(pair.states).toBe('primary POTENTIAL-CONFLICT, secondary PARTNER-DOWN');
    expect(pair.notes.at(-1)).toMatchObject({ side: 'secondary', event: 'protocol', section: '§6.1' });
    pair.drop = () => false;
    pair.advance(120);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });
});

describe('COMMUNICATIONS-INTERRUPTED', () => {
  it('raises an alarm, and leads to PARTNER-DOWN by itself if configured', () => {
    const pair = new Pair({ autoPartnerDownSeconds: 300 });
    pair.start();
    pair.reachable = false;
    pair.cut();
    expect(pair.alarms).toHaveLength(2);
    pair.advance(299);
    expect(pair.endpoint('primary').state).toBe('COMMUNICATIONS-INTERRUPTED');
    pair.advance(2);
    expect(pair.endpoint('primary').state).toBe('PARTNER-DOWN');
  });

  it('says what comes next, and when', () => {
    const pair = new Pair({ autoPartnerDownSeconds: 300 });
    pair.start();
    pair.reachable = false;
    pair.cut();
    const { next, communicationsOk } = pair.endpoint('primary').explain();
    expect(communicationsOk).toBe(false);
    expect(next).toContainEqual({
      what: 'enter PARTNER-DOWN by itself',
      section: '§8.9.2',
      at: pair.now + 300_000,
    });
  });
});

describe('a restart', () => {
  it('out of NORMAL returns to it by COMMUNICATIONS-INTERRUPTED, with the leases', () => {
    const pair = new Pair();
    pair.start();
    pair.input('primary', {
      kind: 'client',
      changes: [bind(address('2001:db8::1'), client(1), 3600, 86400)],
      reply: '',
    });
    pair.takeLog();
    pair.restart('primary');
    expect(pair.takeLog()).toContain('primary COMMUNICATIONS-INTERRUPTED');
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
    expect(pair.endpoint('primary').clients.find(address('2001:db8::1'))?.status).toBe('ACTIVE');
  });

  it('of a primary that lost its disk recovers everything from a partner that knows it', () => {
    const pair = new Pair();
    pair.start();
    pair.input('primary', {
      kind: 'client',
      changes: [bind(address('2001:db8::1'), client(1), 3600, 86400)],
      reply: '',
    });
    pair.takeLog();
    pair.restart('primary', true);
    pair.advance(30);
    expect(pair.takeLog()).toEqual(expect.arrayContaining(['primary RECOVER', 'primary > UPDREQALL']));
    expect(pair.endpoint('primary').clients.find(address('2001:db8::1'))?.status).toBe('ACTIVE');
    pair.advance(3700);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });

  it('does not begin a wait anew that had begun', () => {
    const pair = new Pair();
    pair.start();
    pair.kill('secondary');
    const died = pair.now;
    pair.advance(30);
    pair.input('primary', { kind: 'operator', command: { kind: 'partner-down' } });
    pair.advance(70);
    pair.restart('secondary');
    pair.advance(600);
    expect(pair.endpoint('secondary').state).toBe('RECOVER-WAIT');
    pair.restart('secondary');
    pair.advance((died + 3600_000 - pair.now) / 1000 + 15);
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
  });
});

describe('PARTNER-DOWN', () => {
  /**
   * The partner asks for updates once. If this server dies as soon as both are in NORMAL, the partner goes on alone and
   * knows only that nothing was given for longer than the MCLT since (§4.4).
   */
  it('has no MCLT and, in time, both pools, but only until the partner is back', () => {
    const pair = new Pair();
    pair.start();
    pair.advance(60);
    pair.kill('secondary');
    const primary = () => pair.endpoint('primary').clients;
    const longest = () => primary().grantableLifetime(address('2001:db8::1'), client(1), 86_400, pair.now);
    expect(longest()).toBe(3600);
    pair.advance(30);
    pair.input('primary', { kind: 'operator', command: { kind: 'partner-down' } });
    expect(longest()).toBe(86_400);
    const partners = [...pair.endpoint('primary').allLeases()].find(({ status }) => status === 'FREE-BACKUP');
    if (partners === undefined) throw new Error('the secondary has prefixes');
    const mayUsePartners = () => primary().mayBind(partners, client(1, 'IA_PD'), pair.now);
    expect(mayUsePartners()).toBe(false);
    pair.advance(3601);
    expect(mayUsePartners()).toBe(true);
    // It comes back after so long that it has nothing to wait for, but UPDDONE is lost.
    pair.drop = (from, { type }) => from === 'primary' && type === 'UPDDONE';
    pair.restart('secondary');
    pair.advance(9);
    expect(pair.states).toBe('primary PARTNER-DOWN, secondary RECOVER');
    expect([longest(), mayUsePartners()]).toEqual([3600, false]);
    pair.reachable = false;
    pair.cut();
    pair.restart('primary');
    pair.advance(11);
    expect(pair.endpoint('primary').state).toBe('PARTNER-DOWN');
    expect([longest(), mayUsePartners()]).toEqual([3600, false]);
  });

  it('counts anew the next time', () => {
    const pair = new Pair();
    pair.start();
    for (let time = 0; time < 2; time++) {
      pair.kill('secondary');
      pair.advance(30);
      pair.input('primary', { kind: 'operator', command: { kind: 'partner-down' } });
      const { clients } = pair.endpoint('primary');
      expect(clients.grantableLifetime(address('2001:db8::1'), client(1), 86_400, pair.now)).toBe(86_400);
      pair.advance(60);
      pair.restart('secondary');
      pair.advance(3700);
      expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
    }
  });
});

describe('an alarm in RESOLUTION-INTERRUPTED', () => {
  it('is raised when the partner is lost while conflicts are being resolved', () => {
    const pair = new Pair();
    pair.start();
    pair.reachable = false;
    pair.cut();
    pair.input('secondary', { kind: 'operator', command: { kind: 'partner-down' } });
    pair.drop = (_, message) => message.type === 'UPDDONE';
    pair.reachable = true;
    pair.advance(6);
    pair.alarms.length = 0;
    pair.cut();
    expect(pair.alarms).toEqual(
      expect.arrayContaining([expect.stringContaining('while conflicts were being resolved')]),
    );
  });
});
