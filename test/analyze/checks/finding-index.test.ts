import { describe, expect, it } from 'vitest';
import { type Finding, makeFinding } from '../../../src/analyze/checks/finding.ts';
import { FindingIndex, SENTENCES_MAX } from '../../../src/analyze/checks/finding-index.ts';
import { RULES, type RuleId } from '../../../src/analyze/checks/rules.ts';

function finding(id: RuleId, index: number, summary: string, section?: string): Finding {
  const said = {
    index,
    packet: index + 1,
    connection: 0,
    role: 'primary',
    type: 24,
    name: 'BNDUPD',
    transactionId: 1,
    sentTime: 0,
    atMillis: 0,
  } as const;
  return makeFinding(id, said, summary, section === undefined ? {} : { section });
}

const about = (index: number) => ({ protocol: 'dhcpv6-failover', index }) as const;

describe('FindingIndex', () => {
  // Goal: findings come late and out of order, and each is found at its message, with what was seen there.
  it('knows what was found about each message, in the order of finding', () => {
    const index = new FindingIndex();
    index.add(finding('bndupd-no-reply', 100_000, 'no answer'));
    index.add(finding('state-time-future', 3, 'tomorrow'));
    index.add(finding('disconnect-no-status', 100_000, 'no reason', '6.3'));
    expect(index.of(about(100_000))).toEqual([
      {
        id: 'bndupd-no-reply',
        severity: 'error',
        rfc: 'RFC 8156',
        section: '7.6',
        keyword: 'MUST',
        summary: 'no answer',
      },
      {
        id: 'disconnect-no-status',
        severity: 'warning',
        rfc: 'RFC 8156',
        section: '6.3',
        keyword: 'SHOULD',
        summary: 'no reason',
      },
    ]);
    expect(index.of(about(3)).map(({ id }) => id)).toEqual(['state-time-future']);
    expect(index.of(about(4))).toEqual([]);
    expect(index.of(about(9_999_999))).toEqual([]);
  });

  // Goal: messages of another protocol have the same numbers, and are not judged.
  it('says nothing of other protocols', () => {
    const index = new FindingIndex();
    index.add(finding('bndupd-no-reply', 0, 'no answer'));
    expect(index.of({ protocol: 'dhcpv4-failover', index: 0 })).toEqual([]);
  });

  // Goal: a capture full of faults costs some octets a fault; which rule it was is known of all.
  it('keeps the sentences of so many findings, and the rule of all', () => {
    const index = new FindingIndex();
    for (let at = 0; at <= SENTENCES_MAX; at++) index.add(finding('bndupd-no-reply', at, `seen ${at}`));
    const told = (at: number) => index.of(about(at))[0]?.summary;
    expect(told(SENTENCES_MAX - 1)).toBe(`seen ${SENTENCES_MAX - 1}`);
    expect(told(SENTENCES_MAX)).toContain(RULES['bndupd-no-reply'].asks);
  });
});
