/**
 * Goal: a scenario in virtual time is the same scenario: faults are armed, orders carried out, expectations judged, an
 * hour costs nothing, what must always hold is watched, and the same seed gives the same result.
 */
import { describe, expect, it } from 'vitest';
import { pairOf } from '../../src/cli/sim/play.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { scenarioFrom } from '../../src/proxy/scenario/scenario.ts';
import { parseServerConfig, type ServerConfig } from '../../src/server/config.ts';
import { type PlayedScenario, playInVirtualTime } from '../../src/sim/scenario.ts';

const dissectors = loadDissectors();
const lab = pairOf([]);
const CLIENTS = { count: 6, arrivalSeconds: 10, staySeconds: 60, awaySeconds: 15 };

function play(phases: readonly unknown[], more: object = {}, seed = 1, configs = lab): PlayedScenario {
  const scenario = scenarioFrom({ name: 'a test', about: 'of the player', phases, ...more }, dissectors);
  return playInVirtualTime({ scenario, configs, dissectors, seed, clients: CLIENTS, tell: () => undefined });
}

function failures({ result }: PlayedScenario): string[] {
  return result.phases.flatMap(({ judgements }) =>
    judgements.filter(({ ok }) => !ok).map(({ expectation, detail }) => `${expectation}: ${detail}`),
  );
}

const UP = { name: 'both come up', expect: ['both NORMAL within 90s'] };

/** A pair with the times of production: an MCLT of an hour. */
function withHours(): Readonly<Record<'primary' | 'secondary', ServerConfig>> {
  const one = (role: 'primary' | 'secondary') => `
store: /nowhere
dhcpv6: { listen: "[::1]:547" }
${role === 'secondary' ? 'failover: { listen: "[::1]:647" }' : ''}
relationships:
  - name: hours
    role: ${role}
    partner: { address: "::1" }
    security: none
    mclt: 3600
    lifetimes: { preferred: 7200, valid: 10800 }
    links:
      - { prefix: 2001:db8:1::/64, address-pools: ["2001:db8:1::1000 - 2001:db8:1::1fff"], prefix-pools: [] }
`;
  const parsed = (role: 'primary' | 'secondary') => parseServerConfig(role, one(role), (path) => path);
  return { primary: parsed('primary'), secondary: parsed('secondary') };
}

describe('a scenario in virtual time', () => {
  it('judges what comes true and what does not', () => {
    const played = play([
      UP,
      { name: 'nothing happens', expect: ['connection down within 5s', 'both stays NORMAL'] },
    ]);
    expect(played.result.ok).toBe(false);
    expect(failures(played)).toEqual(['connection down within 5s: 1 connections are open']);
  });

  it('arms faults and takes them away with their phase', () => {
    const lost = {
      name: 'lost',
      faults: ['drop s>p BNDREPLY'],
      duration: '20s',
      expect: ['no BNDREPLY s>p', '2 BNDUPD p>s within 20s'],
    };
    const back = { name: 'back', faults: ['reset'], expect: ['connection down within 5s'] };
    const heal = ['1 BNDREPLY s>p within 60s', 'no BNDUPD unanswered within 150s'];
    expect(failures(play([UP, lost, back], { heal }))).toEqual([]);
  });

  it('waits for hours in no time', () => {
    const phases = [
      UP,
      { name: 'the secondary dies', orders: ['secondary kill'], duration: '10m' },
      { name: 'the operator says so', orders: ['primary partner-down'], duration: '1m' },
      { name: 'it returns', orders: ['secondary start'], expect: ['secondary RECOVER-WAIT within 5m'] },
      { name: 'the MCLT passes', duration: '40m', expect: ['both never NORMAL'] },
      { name: 'and is over', expect: ['both NORMAL within 30m'] },
    ];
    const began = performance.now();
    const played = play(phases, { heal: ['bindings equal within 150s'] }, 3, withHours());
    expect(failures(played)).toEqual([]);
    expect(played.result.seconds).toBeGreaterThan(3600);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect([...played.transitions]).toEqual(
      expect.arrayContaining(['RECOVER to RECOVER-WAIT', 'PARTNER-DOWN to NORMAL, partner RECOVER-DONE']),
    );
  });

  it('carries out orders one after the other', () => {
    const orders = ['secondary stop', 'secondary start', 'primary restart', 'primary resync'];
    const played = play([
      UP,
      { name: 'orders', orders, expect: ['1 DISCONNECT s>p', 'both NORMAL within 90s'] },
    ]);
    expect(failures(played)).toEqual([]);
  });

  it('fails with the reason where an order cannot be carried out', () => {
    const orders = ['secondary start', 'secondary wipe', 'nobody kill'];
    expect(failures(play([UP, { name: 'orders', orders }]))).toEqual([
      'order: secondary start: the secondary is running already',
      'order: secondary wipe: the secondary is running',
      expect.stringContaining('order "nobody kill": expected primary or secondary and kill, start'),
    ]);
  });

  it('is the same for the same seed', () => {
    const phases = [
      UP,
      {
        name: 'chance',
        faults: ['delay both 1s jitter=900ms distribution=normal', 'drop both BNDREPLY probability 0.3'],
        duration: '60s',
      },
    ];
    const [one, again, other] = [5, 5, 6].map((seed) => play(phases, {}, seed).result);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});
