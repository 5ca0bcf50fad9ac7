/** That the listing and the explanations say what the files say. */
import { describe, expect, it } from 'vitest';
import { listLines, showLines } from '../../../src/cli/dissectors/describe.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';

const dissectors = loadDissectors();

describe('dissectors list', () => {
  it('has one line a file', () => {
    const lines = listLines(dissectors);
    expect(lines).toHaveLength(dissectors.files.length);
    // RFC 8156 §5.3 defines twelve messages; STARTTLS and REPLY may come before them (RFC 7653 §8.2, §9.1).
    expect(lines.find((line) => line.startsWith('dhcpv6-failover '))).toMatch(
      /^dhcpv6-failover +14 messages, 21 options +dissectors\/dhcpv6-failover\.yaml +.*RFC 8156$/,
    );
  });
});

describe('dissectors show', () => {
  it('explains a message with its header', () => {
    expect(showLines(dissectors, 'bndupd').join('\n')).toMatch(
      /message 24 BNDUPD.*\n.*msg-type: u8\n.*transaction-id: u24/,
    );
  });

  it('explains an option by name and by number alike', () => {
    const byName = showLines(dissectors, 'OPTION_F_SERVER_STATE');
    expect(byName.join('\n')).toContain(
      'server-state: u8, 1 STARTUP | 2 NORMAL | 3 COMMUNICATIONS-INTERRUPTED',
    );
    expect(showLines(dissectors, '132')).toEqual(expect.arrayContaining(byName));
  });

  it('lists what a protocol consists of', () => {
    const lines = showLines(dissectors, 'dhcpv6-failover');
    expect(lines).toContainEqual(expect.stringContaining('message 35 CONTACT'));
    expect(lines).toContainEqual(expect.stringContaining('option 134 '));
  });

  it('suggests the nearest name for a slip', () => {
    expect(() => showLines(dissectors, 'OPTION_F_MLCT')).toThrow('did you mean OPTION_F_MCLT?');
  });
});
