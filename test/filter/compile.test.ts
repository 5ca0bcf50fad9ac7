import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Annotations } from '../../src/dissect/annotations.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { compileFilter, mistakeText, requireFilter } from '../../src/filter/compile.ts';
import { bindingStatus, clientLease, Dialogue, serverState, status, u32 } from '../support/dialogue.ts';
import { option } from '../support/messages.ts';

const dissectors = loadDissectors();

function messages(): Record<'connect' | 'state' | 'update' | 'refusal' | 'reply' | 'prefix', Message> {
  const dialogue = new Dialogue();
  dialogue.ahead.s = 7;
  const say = (...words: Parameters<Dialogue['say']>): Message => {
    const { frame, index } = dialogue.say(...words);
    return dissect(dissectors, frame, index);
  };
  return {
    connect: say('p', 31, 1, 0, u32(122, 3600), u32(128, 60), option(130, '736974652d61')),
    state: say('s', 34, 0x14a, 0, serverState(6, 3)),
    update: say('p', 24, 7, 1000, clientLease('2001:db8:1::42', bindingStatus(1))),
    refusal: say('s', 25, 7, 1001, clientLease('2001:db8:1::42', status(19, 'No (.) way'))),
    reply: say('s', 25, 8, 1002, clientLease('2001:db8:2::42')),
    // IAPREFIX 2001:db8:f001:200::/56, FREE-BACKUP
    prefix: say(
      'p',
      24,
      9,
      1003,
      option(26, '00000000', '00000000', '38', '20010db8f0010200', '0000000000000000', bindingStatus(6)),
    ),
  };
}

const all = messages();

/** Names of the messages that pass. */
function passing(text: string, context: Annotations = {}): string[] {
  const filter = requireFilter(text, dissectors);
  return Object.entries(all)
    .filter(([, message]) => filter.matches(message, context))
    .map(([name]) => name);
}

describe('a filter', () => {
  it.each([
    ['failover6.type == BNDUPD && lease in 2001:db8::/32 && !(status == Success)', ['update', 'prefix']],
    ['type == BNDUPD and lease in {2001:db8:1::/48}', ['update']],
    ['type in {CONNECT, STATE}', ['connect', 'state']],
    ['type in {CONNECT STATE}', ['connect', 'state']],
    ['type != BNDUPD && type ne BNDREPLY', ['connect', 'state']],
    ['type == 31', ['connect']],
    ['failover6.type in {24 .. 25}', ['update', 'refusal', 'reply', 'prefix']],
    ['dhcpv6.type == 24', []],
    ['failover6', ['connect', 'state', 'update', 'refusal', 'reply', 'prefix']],
    ['xid == x00014a', ['state']],
    ['xid == 0x14a or xid == 1', ['connect', 'state']],
    ['dir == s>p', ['state', 'refusal', 'reply']],
    ['not dir == s>p', ['connect', 'update', 'prefix']],
    ['src == 2001:db8::1', ['connect', 'update', 'prefix']],
    ['dst-port == 647', ['connect', 'update', 'prefix']],
    ['skew > 5', ['state', 'refusal', 'reply']],
    ['skew in {-1 .. 1}', ['connect', 'update', 'prefix']],
    ['state == RECOVER', ['state']],
    ['server-state == recover', ['state']],
    ['server_state == 6', ['state']],
    ['server-flags == STARTUP', ['state']],
    ['server-flags == ACK_STARTUP', []],
    ['status == ACTIVE', ['update']],
    ['status == OutdatedBindingInformation', ['refusal']],
    ['status-code == 19', ['refusal']],
    // A reply without a status code says Success.
    ['status == Success', ['reply']],
    ['binding-status in {ACTIVE, FREE-BACKUP}', ['update', 'prefix']],
    ['mclt >= 1h && mclt < 2h', ['connect']],
    ['OPTION_F_MCLT', ['connect']],
    ['relationship-name contains "ite"', ['connect']],
    ['status-message matches "no \\(.\\) W.y$"', ['refusal']],
    ['client == 00:03:00:01:02:00:5e:20:00:01', ['update', 'refusal', 'reply']],
    ['client contains 5e20', ['update', 'refusal', 'reply']],
    // Not at an octet: e2 of "5e20".
    ['client contains e2', []],
    ['lease == 2001:db8:1::42', ['update', 'refusal']],
    ['lease == 2001:db8:f001:200::/56', ['prefix']],
    // The prefix lease is larger than this prefix.
    ['lease in 2001:db8:f001:200::/60', []],
    ['lease > 2001:db8:1::ffff', ['reply', 'prefix']],
    ['time >= 2024-03-05T09:00:01Z', ['update', 'refusal', 'reply', 'prefix']],
    ['start-time-of-state == 2024-03-05T09:00:00Z', ['state']],
    ['frame < 3', ['connect', 'state']],
    ['conn == 1', []],
    ['(type == CONNECT or type == STATE) and xid < 2', ['connect']],
    ['type == CONNECT or type == STATE and xid > 2', ['connect', 'state']],
    ['problem', []],
    ['finding == rejected', ['refusal']],
    ['finding == skewed', ['state', 'refusal', 'reply']],
    ['finding == malformed', []],
  ])('%s', (text, expected) => {
    expect(passing(text)).toEqual(expected);
  });

  it('knows of other messages what its context says', () => {
    const context: Annotations = { replyTo: 3, rttMillis: 12, findings: ['FO-7.6-1'] };
    expect(passing('rtt > 10ms && type == CONNECT', context)).toEqual(['connect']);
    expect(passing('rtt > 13ms', context)).toEqual([]);
    expect(passing('reply_to == 3 && finding contains "7.6" && xid == 1', context)).toEqual(['connect']);
    expect(passing('rtt')).toEqual([]);
    expect(requireFilter('rtt > 1', dissectors).needsContext).toBe(true);
    expect(requireFilter('type == STATE', dissectors).needsContext).toBe(false);
  });

  it('builds no tree to look at types and leases', () => {
    const hands = new Dialogue().say('p', 24, 7, 0, clientLease('2001:db8:1::42', bindingStatus(1)));
    const guarded: Message = {
      ...hands,
      tree: () => {
        throw new Error('a tree was built');
      },
    };
    const filter = requireFilter('type == BNDUPD && lease in 2001:db8::/32 && status == ACTIVE', dissectors);
    expect(filter.matches(guarded)).toBe(true);
  });
});

describe('a mistake', () => {
  it.each([
    ['typ == BNDUPD', 0, 'unknown name "typ"; did you mean type?'],
    [
      'failover6.servr-state == NORMAL',
      0,
      'unknown name "failover6.servr-state"; did you mean server-state?',
    ],
    ['failover.type == STATE', 0, 'unknown protocol "failover"; did you mean failover6?'],
    ['type == BNDUPT', 8, 'type is never "BNDUPT"; did you mean BNDUPD?'],
    ['xid == abc', 7, 'expected a number, got "abc"'],
    [
      'lease in 2001:db8::/129',
      9,
      'expected an address or a prefix such as 2001:db8::/48, got "2001:db8::/129"',
    ],
    ['type ==', 7, 'the filter ends here: expected a value'],
    ['type == STATE STATE', 14, 'not what is expected here: expected an operator'],
    ['type == STATE &&', 16, 'the filter ends here: expected a name, not or ('],
    ['(type == STATE', 14, 'the filter ends here: expected'],
    ['', 0, 'the filter ends here: expected a name, not or ('],
    ['relationship-name matches "("', 26, '"(" is not a regular expression'],
    ['frame contains 1', 0, 'contains needs text or octets, and frame is a number; use ==, < or in'],
    ['xid == 1 && rtt matches "1"', 12, 'matches needs text or octets, and rtt is a number of seconds'],
    ['mclt contains 36', 0, 'contains needs text or octets, and mclt is a number'],
    [
      'lease contains 2001',
      0,
      'contains needs text or octets, and lease is an address; use in with a prefix',
    ],
    ['relationship-name < abc', 20, '< needs numbers, and relationship-name is text'],
  ])('in %s is told with its place', (text, offset, message) => {
    const filter = compileFilter(text, dissectors);
    if (filter.ok) throw new Error('it compiled');
    expect(filter.problem.offset).toBe(offset);
    expect(filter.problem.message.startsWith(message)).toBe(true);
  });

  it('on a command line shows the place in one line', () => {
    const filter = compileFilter('type == BNDUPT', dissectors);
    if (filter.ok) throw new Error('it compiled');
    expect(mistakeText('type == BNDUPT', filter.problem)).toBe(
      'filter: type is never "BNDUPT"; did you mean BNDUPD? (at character 9: type == >>>BNDUPT)',
    );
  });

  it('of any kind never throws, and a deep nest is refused, not followed', () => {
    const pieces = [
      'type',
      '==',
      'BNDUPD',
      '(',
      ')',
      '!',
      '&&',
      'or',
      'in',
      '{',
      '}',
      '"',
      '::1/12',
      '..',
      'xid',
      '<',
      '5',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (words) => {
        const filter = compileFilter(words.join(' '), dissectors);
        if (filter.ok) filter.matches(all.update);
        else expect(filter.problem.offset).toBeGreaterThanOrEqual(0);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void compileFilter(text, dissectors)));
    for (const deep of ['('.repeat(4000), '!'.repeat(4000), 'not '.repeat(1000), 'a'.repeat(5000)]) {
      expect(compileFilter(deep, dissectors).ok).toBe(false);
    }
  });
});
