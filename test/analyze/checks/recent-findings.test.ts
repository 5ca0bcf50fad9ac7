import { expect, it } from 'vitest';
import { makeFinding } from '../../../src/analyze/checks/finding.ts';
import { FINDINGS_OF_MESSAGE_MAX, RecentFindings } from '../../../src/analyze/checks/recent-findings.ts';

function finding(index: number) {
  const said = {
    index,
    packet: 1,
    connection: 0,
    role: 'primary',
    type: 24,
    name: 'BNDUPD',
    transactionId: 1,
    sentTime: 0,
    atMillis: 0,
  } as const;
  return makeFinding('bndupd-no-reply', said, `seen at ${index}`);
}

const about = (index: number) => ({ protocol: 'dhcpv6-failover', index }) as const;

// Goal: an endless conversation that is always wrong takes no more memory than one of some thousand messages.
it('knows what was found last, and forgets what was found first', () => {
  const recent = new RecentFindings();
  for (let index = 0; index < 100_000; index++) recent.add(finding(index));
  expect(recent.of(about(99_999))[0]).toMatchObject({ id: 'bndupd-no-reply', summary: 'seen at 99999' });
  expect(recent.of(about(97_000))).toHaveLength(1);
  expect(recent.of(about(90_000))).toEqual([]);
  expect(recent.of({ protocol: 'dhcpv4-failover', index: 99_999 })).toEqual([]);
  for (let times = 0; times < 1_000; times++) recent.add(finding(5));
  expect(recent.of(about(5))).toHaveLength(FINDINGS_OF_MESSAGE_MAX);
});
