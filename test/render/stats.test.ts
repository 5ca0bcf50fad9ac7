/**
 * Ladders, statistics and lease stories of sample captures as text. They were read and judged before they were kept;
 * that the counts are right is shown against the expectations of the captures, which were written apart from our code.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analyze/analysis.ts';
import { Statistics } from '../../src/analyze/statistics.ts';
import { timestampMillis } from '../../src/base/timestamp.ts';
import { Ladder } from '../../src/render/ladder.ts';
import { leaseJson, leaseLines } from '../../src/render/lease-story.ts';
import { statisticsJson, statisticsLines } from '../../src/render/stats.ts';
import { type Line, lineText } from '../../src/render/style.ts';
import { captured } from '../dissect/captured.ts';

const CAPTURES = fileURLToPath(new URL('../../fixtures/captures/dhcpv6/', import.meta.url));
const typeName = (_protocol: string, type: number): string => TYPE_NAMES[type - 24] ?? `type ${type}`;
const TYPE_NAMES =
  'BNDUPD BNDREPLY POOLREQ POOLRESP UPDREQ UPDREQALL UPDDONE CONNECT CONNECTREPLY DISCONNECT STATE CONTACT'.split(
    ' ',
  );

const textOf = (lines: readonly Line[]): string =>
  `${lines.map((line) => lineText(line).trimEnd()).join('\n')}\n`;

describe('a pool balance with a refusal', async () => {
  const { messages } = await captured(`${CAPTURES}scn-e-pool-balance.pcap`);

  it('as a ladder', async () => {
    const analysis = new Analysis();
    const ladder = new Ladder(110);
    const lines = messages.flatMap((message) => {
      let step = {};
      for (const event of analysis.push(message)) {
        if (event.kind === 'exchange') step = { ...step, rttMillis: event.exchange.rttMillis };
        if (event.kind === 'state') step = { ...step, change: event.change };
      }
      return ladder.add(message, step);
    });
    await expect(textOf(lines)).toMatchFileSnapshot('golden/ladder.txt');
  });

  it('as statistics', async () => {
    const statistics = new Statistics();
    for (const message of messages) statistics.add(message);
    await expect(textOf(statisticsLines(statistics, typeName))).toMatchFileSnapshot('golden/statistics.txt');
  });

  it('as lease stories', async () => {
    const analysis = new Analysis();
    for (const message of messages) analysis.push(message);
    const end = timestampMillis(
      messages.at(-1)?.frame.seen.time ?? {
        unixSeconds: 0,
        ticks: 0,
        resolution: { ticksPerSecond: 1, digits: 0 },
      },
    );
    const leases = [...analysis.leases.all()];
    await expect(textOf(leases.flatMap((lease) => leaseLines(lease, end)))).toMatchFileSnapshot(
      'golden/leases.txt',
    );
    const refused = leases
      .map((lease) => JSON.parse(leaseJson(lease, end)))
      .find((one) => one.lease === '2001:db8:f001::/56');
    expect(refused.statements.map((one: { outcome: string }) => one.outcome)).toEqual([
      'acked',
      'rejected',
      'acked',
      'acked',
    ]);
  });
});

interface Expected {
  readonly msg_name: string;
  readonly options: readonly unknown[];
}

describe('statistics', () => {
  const names = readdirSync(CAPTURES).filter((name) => /^(?!mal-).*\.pcap(ng)?$/.test(name));
  it.each(names)('count what %s is expected to hold', async (file) => {
    const text = readFileSync(`${CAPTURES}${file.replace(/\.pcap(ng)?$/, '.expect.jsonl')}`, 'utf8');
    const expected = new Map<string, number>();
    for (const line of text.trim().split('\n')) {
      const { msg_name } = JSON.parse(line) as Expected;
      expected.set(msg_name, (expected.get(msg_name) ?? 0) + 1);
    }
    const { messages } = await captured(`${CAPTURES}${file}`);
    const statistics = new Statistics();
    for (const message of messages) if (message.protocol === 'dhcpv6-failover') statistics.add(message);
    const found = JSON.parse(statisticsJson(statistics, typeName)) as {
      types: { msg_name: string; there: number; back: number }[];
    };
    expect(Object.fromEntries(found.types.map((one) => [one.msg_name, one.there + one.back]))).toEqual(
      Object.fromEntries(expected),
    );
  });
});
