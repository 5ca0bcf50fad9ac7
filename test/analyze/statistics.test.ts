import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyTimes } from '../../src/analyze/reply-times.ts';
import { CONNECTIONS_MAX, MINUTES_MAX, Statistics } from '../../src/analyze/statistics.ts';
import { captured } from '../dissect/captured.ts';
import { clientLease, Dialogue, status } from '../support/dialogue.ts';
import { failoverConnection } from '../support/messages.ts';

describe('statistics', () => {
  it('count messages by type and direction, rejections by code, replies with their times', () => {
    const statistics = new Statistics();
    const dialogue = new Dialogue();
    const say: Dialogue['say'] = dialogue.say.bind(dialogue);
    statistics.add(say('p', 24, 1, 0, clientLease('2001:db8::1')));
    statistics.add(say('p', 24, 2, 1, clientLease('2001:db8::2')));
    statistics.add(say('s', 25, 1, 10, clientLease('2001:db8::1')));
    statistics.add(say('s', 25, 2, 31, clientLease('2001:db8::2', status(16))));
    statistics.add(say('s', 35, 9, 61_000));
    const [connection] = statistics.connections;
    expect(connection?.messages[0][24]).toBe(2);
    expect(connection?.messages[1][25]).toBe(2);
    expect(connection?.unackedMost).toEqual([2, 0]);
    expect(connection?.unacked).toEqual([0, 0]);
    expect([...(statistics.rejects.get('dhcpv6-failover') ?? [])]).toEqual([[16, 1]]);
    expect(statistics.minutes.map(({ messages, rejects }) => [messages, rejects])).toEqual([
      [4, 1],
      [1, 0],
    ]);
    const times = statistics.replyTimes.get(24);
    expect(times?.count).toBe(2);
    expect(times?.mean).toBe(20);
    expect(times?.most).toBe(30);
  });
});

it('count a message in its own minute when clocks or merged files go back', () => {
  const statistics = new Statistics();
  const dialogue = new Dialogue();
  for (const [index, minute] of [5, 3, 9, 3, 4, 5].entries())
    statistics.add(dialogue.say('p', 35, index, minute * 60_000));
  const [connection] = statistics.connections;
  const first = statistics.minutes[0]?.minute ?? 0;
  expect(statistics.minutes.map(({ minute, messages }) => [minute - first, messages])).toEqual([
    [0, 2],
    [1, 1],
    [2, 2],
    [6, 1],
  ]);
  expect((connection?.lastMillis ?? 0) - (connection?.firstMillis ?? 0)).toBe(6 * 60_000);
});

describe('statistics of what never ends', () => {
  it('count connections beyond the thousandth with the last one, and lose no message', () => {
    const statistics = new Statistics();
    for (let index = 0; index < 1030; index++)
      statistics.add(new Dialogue(failoverConnection(index)).say('p', 35, 1, 0));
    expect(statistics.connections).toHaveLength(CONNECTIONS_MAX);
    expect(statistics.messages).toBe(1030);
    const counts = statistics.connections.map(({ messages }) => messages[0][35]);
    expect([counts[0], counts.at(-1)]).toEqual([1, 1030 - CONNECTIONS_MAX + 1]);
  });

  it('count minutes beyond two days with the last one', () => {
    const statistics = new Statistics();
    const dialogue = new Dialogue();
    for (let minute = 0; minute < 2900; minute++)
      statistics.add(dialogue.say('p', 35, minute, minute * 60_000));
    expect(statistics.minutes).toHaveLength(MINUTES_MAX);
    expect(statistics.minutes.at(-1)?.messages).toBe(2900 - MINUTES_MAX + 1);
  });
});

describe('statistics of DHCPv4 failover', () => {
  const folder = fileURLToPath(new URL('../../fixtures/captures/dhcpv4-isc/', import.meta.url));

  it('agree with what tshark found in a first start: updates, answers, refusals', async () => {
    const statistics = new Statistics();
    const { messages } = await captured(`${folder}first-start.pcap`);
    for (const message of messages) statistics.add(message);
    // Columns of the expectation: ... 9th the name; the option values hold `21=` for a reject-reason.
    const rows = readFileSync(`${folder}first-start.expect.tsv`, 'utf8').trim().split('\n').slice(1);
    const named = (name: string): number => rows.filter((row) => row.split('\t').includes(name)).length;
    const [connection] = statistics.connections;
    const count = (type: number): number =>
      (connection?.messages[0][type] ?? 0) + (connection?.messages[1][type] ?? 0);
    expect(count(3)).toBe(named('BNDUPD'));
    expect(count(4)).toBe(named('BNDACK'));
    expect(statistics.replyTimes.get(24)?.count).toBe(named('BNDACK'));
    const refused = messages.filter((message) => message.facts().statusCode !== undefined).length;
    const counted = [...(statistics.rejects.get('dhcpv4-failover')?.values() ?? [])];
    expect(counted.reduce((sum, one) => sum + one, 0)).toBe(refused);
    expect(refused).toBeGreaterThan(0);
  });
});

describe('reply times', () => {
  it('give quantiles to 2 % of those of the sorted list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.002, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (list, q) => {
          const times = new ReplyTimes();
          for (const millis of list) times.add(millis);
          const exact = [...list].sort((a, b) => a - b)[
            Math.max(1, Math.ceil(q * list.length)) - 1
          ] as number;
          expect(Math.abs((times.quantile(q) as number) / exact - 1)).toBeLessThanOrEqual(0.02);
        },
      ),
    );
  });

  it('say nothing of nothing', () => {
    expect(new ReplyTimes().quantile(0.5)).toBeUndefined();
  });
});
