/** What Prometheus is told of messages: by meaning, for both protocols, each relationship for itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import type { ProxyStats, Verdict } from '../../src/proxy/events.ts';
import { GroupMetrics } from '../../src/proxy/metrics.ts';
import { Tally } from '../../src/proxy/tally.ts';
import { Dialogue, status, u32 } from '../support/dialogue.ts';
import { readExposition } from '../support/exposition.ts';
import { BEGIN_MILLIS } from '../support/messages.ts';
import { top } from '../support/process.ts';

const dissectors = loadDissectors();
const end = { address: '::1', port: 647 };

function eventOf(message: Message, verdict: Verdict, relationship?: string) {
  const name = relationship === undefined ? {} : { relationship };
  return { kind: 'message', message, verdict, hits: [], atMillis: BEGIN_MILLIS, ...name } as const;
}

const NOTHING = { findings: [], limits: [], counts: {}, notJudged: 0 };

/** The page of a proxy that serves these relationships, read strictly. */
function page(metrics: GroupMetrics, names: readonly string[]) {
  const tally = new Tally(dissectors);
  tally.judged({ ...NOTHING, counts: { 'state-time-future 5.5.17 primary': 2 }, notJudged: 7 });
  tally.judged({ ...NOTHING, counts: { 'state-time-future 5.5.17 primary': 1 }, notJudged: 0 });
  const stats: ProxyStats = tally.stats({ primary: 'NORMAL', secondary: null });
  const settings = names.map((name) => ({ name, listen: end, to: end, enabled: true, faults: [] }));
  const text = metrics.text({
    relationships: () => settings.map((each) => ({ settings: each, listening: end })),
    of: () => ({ stats: () => stats, listFaults: () => [] }),
  });
  return readExposition(text);
}

it('counts only so many kinds of rejections, whatever a server invents', () => {
  const metrics = new GroupMetrics();
  const dialogue = new Dialogue();
  for (let code = 1; code <= 100; code++) {
    metrics.event(eventOf(dialogue.say('p', 24, code, code), 'forwarded', 'campus'));
    metrics.event(eventOf(dialogue.say('s', 25, code, code, status(1000 + code)), 'forwarded', 'campus'));
  }
  const { samples = [] } = page(metrics, ['campus']).get('leasetap_rejects_total') ?? {};
  expect([...samples]).toHaveLength(64);
});

it('tells window, skew, answers and rejections of each relationship', () => {
  const metrics = new GroupMetrics();
  const dialogue = new Dialogue();
  dialogue.ahead.s = 7;
  const [connect, reply] = [u32(121, 10), u32(121, 20)];
  const said: readonly (readonly [Message, Verdict])[] = [
    [dialogue.say('p', 31, 1, 0, connect), 'forwarded'],
    [dialogue.say('s', 32, 1, 3, reply), 'forwarded'],
    [dialogue.say('p', 24, 2, 10), 'forwarded'],
    [dialogue.say('p', 24, 3, 10), 'forwarded'],
    [dialogue.say('p', 24, 4, 10), 'dropped'],
    // Answered in 60 ms and in 2 s; the second answer gets lost.
    [dialogue.say('s', 25, 2, 70, status(19)), 'forwarded'],
    [dialogue.say('s', 25, 3, 2010), 'dropped'],
  ];
  for (const [message, verdict] of said) metrics.event(eventOf(message, verdict, 'campus'));
  metrics.event(eventOf(dialogue.say('p', 24, 5, 0), 'forwarded', 'branch'));
  const families = page(metrics, ['campus', 'branch']);
  const of = (name: string) => Object.fromEntries(families.get(name)?.samples ?? []);
  expect(of('leasetap_findings_total')).toMatchObject({
    'leasetap_findings_total{relationship="campus",rule="state-time-future",section="5.5.17",sender="primary"}': 3,
  });
  expect(of('leasetap_messages_not_judged_total')).toMatchObject({
    'leasetap_messages_not_judged_total{relationship="campus"}': 7,
  });
  expect(of('leasetap_updates_unacked')).toMatchObject({
    'leasetap_updates_unacked{relationship="campus",direction="p>s"}': 2,
    'leasetap_updates_unacked{relationship="campus",direction="s>p"}': 0,
    'leasetap_updates_unacked{relationship="branch",direction="p>s"}': 1,
  });
  expect(of('leasetap_updates_unacked_max')).toEqual({
    'leasetap_updates_unacked_max{relationship="campus",direction="p>s"}': 20,
    'leasetap_updates_unacked_max{relationship="campus",direction="s>p"}': 10,
  });
  expect(of('leasetap_rejects_total')).toEqual({
    'leasetap_rejects_total{relationship="campus",type="BNDREPLY",status="OutdatedBindingInformation"}': 1,
  });
  expect(of('leasetap_reply_seconds')).toMatchObject({
    'leasetap_reply_seconds_bucket{relationship="campus",type="CONNECTREPLY",le="0.001"}': 0,
    'leasetap_reply_seconds_bucket{relationship="campus",type="CONNECTREPLY",le="0.005"}': 1,
    'leasetap_reply_seconds_bucket{relationship="campus",type="BNDREPLY",le="0.05"}': 0,
    'leasetap_reply_seconds_bucket{relationship="campus",type="BNDREPLY",le="0.1"}': 1,
    'leasetap_reply_seconds_bucket{relationship="campus",type="BNDREPLY",le="1"}': 1,
    'leasetap_reply_seconds_bucket{relationship="campus",type="BNDREPLY",le="5"}': 2,
    'leasetap_reply_seconds_sum{relationship="campus",type="BNDREPLY"}': 2.06,
    'leasetap_reply_seconds_count{relationship="campus",type="BNDREPLY"}': 2,
  });
});

// BNDACK answers there what BNDREPLY answers here.
it('follows DHCPv4 failover, too', async () => {
  const capture = 'fixtures/captures/dhcpv4-isc/first-start';
  const metrics = new GroupMetrics();
  const reader = new MessageReader(dissectors, {
    onMessage: (message) => metrics.event(eventOf(message, 'forwarded')),
  });
  await readCapture([fileSource(join(top, `${capture}.pcap`))], reader);
  const families = page(metrics, ['main']);
  expect(Object.fromEntries(families.get('leasetap_updates_unacked')?.samples ?? [])).toEqual({
    'leasetap_updates_unacked{direction="p>s"}': 0,
    'leasetap_updates_unacked{direction="s>p"}': 0,
  });
  // As Wireshark counts them.
  const told = readFileSync(join(top, `${capture}.tshark.json`), 'utf8');
  const rejected = told.match(/"dhcpfo.rejectreason": "[^"]+"/g)?.length ?? 0;
  const rejects = [...(families.get('leasetap_rejects_total')?.samples.values() ?? [])];
  expect(rejects.reduce((sum, count) => sum + count, 0)).toBe(rejected);
});
