import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Annotations } from '../../src/dissect/annotations.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { compileFilter, mistakeText, requireFilter, requireFilterOfOne } from '../../src/filter/compile.ts';
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
    // As engineers write it in Wireshark.
    ['type == CONNECT xor type == STATE xor xid == 1', ['state']],
    ["type == 'CONNECT' or relationship-name == 'x'", ['connect']],
    ['type == CONNECT ^^ failover6', ['state', 'update', 'refusal', 'reply', 'prefix']],
    // and before xor before or
    ['type == CONNECT or type == CONNECT xor type == CONNECT', ['connect']],
    ['type == CONNECT xor type == STATE and xid == 1', ['connect']],
    ['xid not in {1, 7}', ['state', 'reply', 'prefix']],
    ['all lease in 2001:db8:1::/48', ['update', 'refusal']],
    ['any lease != 2001:db8:1::42', ['reply', 'prefix']],
    ['type === BNDUPD', ['update', 'prefix']],
    ['type !== BNDUPD', ['connect', 'state', 'refusal', 'reply']],
    ['type any_ne 24 and type all_ne CONNECT', ['state', 'refusal', 'reply']],
    ['xid any_eq 1', ['connect']],
    ['tcp.port == 647 && tcp.dstport != 647', ['state', 'refusal', 'reply']],
    ['tcp.port !== 647', ['connect', 'state', 'update', 'refusal', 'reply', 'prefix']],
    ['tcp.port == 547 or udp or udp.port or ip or ip.addr', []],
    ['ipv6.addr == 2001:db8::1 and ipv6.src == 2001:db8::2', ['state', 'refusal', 'reply']],
    ['ipv6 and tcp and addr == 2001:db8::2 and port == 647 and xid == 1', ['connect']],
    ['frame.number == 2', ['state']],
    ['frame.time >= "2024-03-05 09:00:01"', ['update', 'refusal', 'reply', 'prefix']],
    ['time >= "2024-03-05T10:00:01.0005+01:00"', ['refusal', 'reply', 'prefix']],
    ['time >= 2024-03-05T09:00:01', ['update', 'refusal', 'reply', 'prefix']],
    ['sent-time > time', ['state', 'refusal', 'reply']],
    ['dhcpv6.msgtype == 31', ['connect']],
    ['dhcpv6.iaid.t1 >= 0', ['update', 'refusal', 'reply']],
    ['dhcpv6.iaprefix.pref_lifetime or dhcpv6.hopcount or dhcpv6.dns_server', ['prefix']],
    ['dhcpv6.failover.server_state == 6', ['state']],
    // RFC 7598 spells a field of its own with small letters.
    ['IPv6-prefix == 2001:db8:f001:200:: and ipv6_prefix', ['prefix']],
    // What is missing on either side is neither the same nor another.
    ['xid == mclt or xid != mclt or xid !== mclt', ['connect']],
    ['all lease === ipv6-address', ['update', 'refusal', 'reply']],
    ['mclt != keepalive-time and not mclt !== mclt', ['connect']],
    // Octets are characters to a regular expression: 5e 20 of the DUID.
    ['client matches r"\\x02.\\^ " and client matches "^\\x00\\x03"', ['update', 'refusal', 'reply']],
    ['client matches "5e20"', []],
    [
      'client > 00:03:00:01 and client <= 0003000102005e200001 and client < "b"',
      ['update', 'refusal', 'reply'],
    ],
    ['relationship-name >= "site" and relationship-name < "site-b"', ['connect']],
    ['lease[4:2] == 00:01 and lease[:2] == 20.01 and lease[15] == 0x42', ['update', 'refusal']],
    ['client[1] == 3 and client contains 5', []],
    ['client[1] == 3 and client contains 0 and xid == 0b111', ['update', 'refusal']],
    ['max(server-state) == 6 and min(server_flags) < 4', ['state']],
    ['dhcpfo', []],
    ['dhcpfo.type == 1', []],
    ['len(relationship-name) == 6', ['connect']],
    ['len(client) == 10', ['update', 'refusal', 'reply']],
    ['count(lease) == 1', ['update', 'refusal', 'reply', 'prefix']],
    ['count(type) == 1 and xid == 1', ['connect']],
    ['upper(relationship-name) == "SITE-A"', ['connect']],
    ['lower(type) contains "upd"', ['update', 'prefix']],
    ['abs(skew) > 5', ['state', 'refusal', 'reply']],
    ['max(valid-lifetime) == 1h', ['update', 'refusal', 'reply']],
    ['min(valid-lifetime) < 1h', ['prefix']],
    // The preferred lifetime is 3000 s, T1 1800 s.
    ['preferred-lifetime < valid-lifetime', ['update', 'refusal', 'reply']],
    ['src-port == dst-port', []],
    ['src != dst and xid == 1', ['connect']],
    ['client[0:2] == 00:03', ['update', 'refusal', 'reply']],
    ['client[0-1] == 00:03 and client[-1] == 01 and client[-2:] == 00:01', ['update', 'refusal', 'reply']],
    ['client[9:2] == 01', []],
    ['client[0,2,-1] == 000001', ['update', 'refusal', 'reply']],
    ['failover6[0] == 1f', ['connect']],
    ['failover6 contains "site-a"', ['connect']],
    ['failover6 contains 00:84:00:01:06', ['state']],
    ['relationship-name == "site\\x2da"', ['connect']],
    ['relationship-name matches r"^SITE\\-A$"', ['connect']],
    ['status-message matches "^no \\(\\.\\)\\s"', ['refusal']],
  ])('%s', (text, expected) => {
    expect(passing(text)).toEqual(expected);
  });

  it('knows of other messages what its context says', () => {
    const context: Annotations = { replyTo: 3, rttMillis: 12.3456, findings: ['unanswered'] };
    expect(passing('rtt > 10ms && type == CONNECT', context)).toEqual(['connect']);
    expect(passing('rtt > 13ms', context)).toEqual([]);
    expect(passing('rtt == 0.012346 && type == CONNECT', context)).toEqual(['connect']);
    expect(passing('reply_to == 3 && finding == unanswered && xid == 1', context)).toEqual(['connect']);
    expect(passing('rtt')).toEqual([]);
    expect(requireFilter('rtt > 1', dissectors).needsContext).toBe(true);
    expect(requireFilter('type == STATE', dissectors).needsContext).toBe(false);
  });

  it.each([
    ['finding == rejected', false, false, false],
    ['finding in {malformed, skewed}', false, false, false],
    ['finding == repeated', true, false, false],
    ['finding in {malformed, unanswered}', true, true, false],
    ['finding == bndupd-no-reply', true, true, true],
    ['finding in {malformed, BNDUPD-no-reply}', true, true, true],
    ['finding matches "^transition-"', true, true, true],
    ['finding', true, true, true],
    ['finding != malformed', true, true, true],
    ['count(finding) > 1', true, true, true],
    ['rtt > reply_to', true, false, false],
    ['xid == reply-in', true, true, false],
  ])('says what it needs to know of other messages: %s', (text, context, replies, checks) => {
    const filter = requireFilter(text, dissectors);
    expect([filter.needsContext, filter.needsReplies, filter.needsChecks]).toEqual([
      context,
      replies,
      checks,
    ]);
    const alone = (): unknown => requireFilterOfOne(text, dissectors);
    if (context) expect(alone).toThrow('each message is judged by itself here');
    else expect(alone()).toMatchObject({ text });
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
    ['finding == bndupd-no-replie', 11, 'finding is never "bndupd-no-replie"; did you mean BNDUPD-NO-REPLY?'],
    ['finding == unansweredd', 11, 'finding is never "unansweredd"; did you mean UNANSWERED?'],
    ['tcp.prt == 1', 0, 'unknown name "tcp.prt"; did you mean tcp.port?'],
    [
      'xid == 1 and tcp.stream == 3',
      13,
      'there is no tcp.stream here: it counts all connections of a capture',
    ],
    ['leng(client) > 3', 0, 'there is no function "leng"; there are len, count, upper, lower, abs, max, min'],
    ['xid == 1 or len(xid) > 3', 12, 'len needs octets or text, and xid is a number'],
    ['xid[0:2] == 2001', 4, '[0:2] needs octets or text, and xid is a number'],
    ['client[] == 00', 7, '[]: expected a place such as 0, 0:4, 2-5, :4 or -2:'],
    ['client[5-2] == 00', 7, '[5-2]: expected the first and the last place, e.g. 2-5'],
    ['valid-lifetime > sent-time', 17, 'valid-lifetime and sent-time cannot be compared'],
    ['server-flags & 1', 13, 'there is no arithmetic here, only names, values and comparisons'],
    ['xid + 1 == 2', 4, 'there is no arithmetic here, only names, values and comparisons'],
    ['type == BNDUPD)', 14, 'this ) has no ('],
    ['(type == "B("', 13, 'the filter ends here: expected ), or and, or, xor'],
    ['BNDUPD and xid == 1', 0, 'unknown name "BNDUPD"; did you mean type == BNDUPD?'],
    ['!unanswered', 1, 'unknown name "unanswered"; did you mean finding == unanswered?'],
    ['NoBinding', 0, 'unknown name "NoBinding"; did you mean status == NoBinding?'],
    ['NORMAL', 0, 'unknown name "NORMAL"; did you mean state == NORMAL?'],
    ['eth.src == 1', 0, 'unknown protocol "eth"; there are failover6, failover4, dhcpv6, leasequery'],
    ['time > yesterday', 7, 'expected a time such as 2024-03-05T09:00:00Z'],
    ['time > "2024-13-05 09:00"', 7, 'expected a time such as 2024-03-05T09:00:00Z'],
    ['type == BNDUPT', 8, 'type is never "BNDUPT"; did you mean BNDUPD?'],
    ['xid == abc', 7, 'expected a number, found "abc"'],
    [
      'lease in 2001:db8::/129',
      9,
      'expected an address or a prefix such as 2001:db8::/48, found "2001:db8::/129"',
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
    ['type < abc', 7, '< needs numbers, and type is a name'],
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
      'any ',
      'all ',
      'len(',
      'count(',
      '[0:4]',
      '[',
      ']',
      'xor',
      '===',
      'r"x"',
      "'x'",
      'client',
      'matches',
      'finding',
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
