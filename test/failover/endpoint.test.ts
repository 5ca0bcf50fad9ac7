/** Goal: two endpoints that never met come to NORMAL and tell each other about leases. */
import { describe, expect, it } from 'vitest';
import { Pair } from './pair.ts';
import { address, bind, client } from './samples.ts';

describe('two endpoints on empty disks', () => {
  it('come to NORMAL as figure 7 has it, without waiting for an MCLT that nobody can have used', () => {
    const pair = new Pair();
    pair.start();
    expect(pair.states).toBe('primary NORMAL, secondary NORMAL');
    expect(pair.log.slice(0, 19)).toEqual([
      'primary > CONNECT',
      'secondary > CONNECTREPLY',
      'secondary > STATE(RECOVER, STARTUP)',
      'primary > STATE(PARTNER-DOWN, STARTUP)',
      'primary PARTNER-DOWN',
      'primary > STATE(PARTNER-DOWN)',
      'secondary RECOVER',
      'secondary > STATE(RECOVER)',
      'secondary > UPDREQ',
      'primary > UPDDONE',
      'secondary RECOVER-WAIT',
      'secondary RECOVER-DONE',
      'secondary > STATE(RECOVER-WAIT)',
      'secondary > STATE(RECOVER-DONE)',
      'primary NORMAL',
      'primary > STATE(NORMAL)',
      'secondary NORMAL',
      'secondary > STATE(NORMAL)',
      'secondary > POOLREQ',
    ]);
    // Sixteen delegable prefixes, half of them for the secondary.
    const rest = pair.log.slice(19);
    expect(rest[0]).toBe('primary > POOLRESP');
    expect(rest.filter((line) => line === 'primary > BNDUPD')).toHaveLength(8);
    expect(rest.filter((line) => line === 'secondary > BNDREPLY')).toHaveLength(8);
    expect(rest).toHaveLength(17);
  });

  it('exchange a binding', () => {
    const pair = new Pair();
    pair.start();
    pair.takeLog();
    pair.input('primary', {
      kind: 'client',
      changes: [bind(address('2001:db8::1'), client(1), 3600, 86400)],
      reply: 'REPLY',
    });
    expect(pair.replies).toEqual(['REPLY']);
    expect(pair.log).toEqual(['primary > BNDUPD', 'secondary > BNDREPLY']);
    expect(pair.endpoint('secondary').clients.find(address('2001:db8::1'))?.status).toBe('ACTIVE');
  });
});
