/** Judging what passes through a proxy: as `leasetap check` judges a capture of it, but for what faults did. */
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/analyze/checks/rules.ts';
import type { Message } from '../../../src/dissect/message.ts';
import type { Verdict } from '../../../src/proxy/events.ts';
import { Judge, TOLD_OF_RULE_MAX } from '../../../src/proxy/judge/judge.ts';
import type { JudgeReport } from '../../../src/proxy/judge/report.ts';
import { type Conversation, conversations, messageOf } from '../../support/conversations.ts';
import { clientLease, Dialogue } from '../../support/dialogue.ts';
import { failoverConnection } from '../../support/messages.ts';

const connection = failoverConnection();
const NOTHING: JudgeReport = { findings: [], counts: {}, limits: [] };

function messagesOf({ messages }: Conversation): Message[] {
  return messages.map((said, index) => messageOf(said, index, connection));
}

function breaking(rule: string): Conversation {
  return conversations.find(({ expect: [first] }) => first?.[0] === rule) as Conversation;
}

/** What is found if a fault does this to the message at `at`. */
function judged(
  { midStream, ...conversation }: Conversation,
  { at = -1, verdict = 'forwarded' as Verdict, fault = undefined as string | undefined } = {},
): JudgeReport {
  const judge = new Judge();
  if (midStream !== true) judge.opened(connection);
  for (const [index, message] of messagesOf(conversation).entries())
    index === at ? judge.push(message, verdict, fault) : judge.push(message, 'forwarded');
  judge.closed(connection);
  return judge.take() ?? NOTHING;
}

const rulesOf = ({ findings }: JudgeReport): string[] =>
  findings.map(({ id, message }) => `${id} #${message.index}`).sort();

describe('a judge', () => {
  it('finds what leasetap check finds, and counts it by rule, section and sender', () => {
    for (const conversation of conversations) {
      const expected = conversation.expect.map(([rule, index]) => `${rule} #${index}`).sort();
      expect([conversation.name, ...rulesOf(judged(conversation))]).toEqual([conversation.name, ...expected]);
    }
    expect(judged(breaking('connectreply-mclt')).counts).toEqual({ 'connectreply-mclt 6.1.2 secondary': 1 });
  });

  // Goal: whatever follows from what a fault did, however wrong it looks, is blamed on nobody.
  it('blames nobody for what may have come of a fault', () => {
    for (const conversation of conversations) {
      const messages = messagesOf(conversation);
      const alone = messages.flatMap((message) => {
        const judge = new Judge();
        judge.push(message, 'forwarded');
        return rulesOf(judge.take() ?? NOTHING);
      });
      for (const verdict of ['dropped', 'late'] as const) {
        const found = rulesOf(judged(conversation, { at: 0, verdict }));
        expect([conversation.name, verdict, ...found]).toEqual([conversation.name, verdict, ...alone.sort()]);
      }
      const [, ...changed] = messages;
      const indices = changed.map(({ index }) => index);
      const found = judged(conversation, { at: 0, verdict: 'changed' }).findings;
      expect(found.filter(({ message }) => indices.includes(message.index))).toEqual([]);
    }
  });

  it('says once from where on, and why, less of a connection is judged', () => {
    const judge = new Judge();
    judge.opened(connection);
    const [first, second, third] = messagesOf(breaking('bndupd-no-reply')) as [Message, Message, Message];
    judge.push(first, 'forwarded');
    expect(judge.take()).toBeUndefined();
    judge.push(second, 'dropped', 'F1 drop');
    judge.push(third, 'late', 'F2 delay');
    judge.push(third, 'changed', 'F3 edit');
    judge.push(third, 'dropped', 'F1 drop');
    expect(judge.take()?.limits).toEqual([
      { connection: 0, extent: 'alone', reason: 'F1 drop' },
      { connection: 0, extent: 'nothing', reason: 'F3 edit' },
    ]);
  });

  it('judges each message by itself once a fault has dropped one or stopped a direction', () => {
    const alone = breaking('state-undefined');
    const [[, at] = []] = alone.expect;
    expect(at).toBeGreaterThan(0);
    const counted = { 'state-undefined 5.5.16 secondary': 1, 'state-undefined 5.5.16 primary': 1 };
    const dropped = judged(alone, { at: 0, verdict: 'dropped', fault: 'F1 drop' });
    expect(rulesOf(dropped)).toEqual([`state-undefined #${at}`]);
    expect(Object.keys(counted)).toContain(Object.keys(dropped.counts)[0]);
    expect(rulesOf(judged(alone, { at: 0, verdict: 'changed' }))).toEqual([]);
    const judge = new Judge();
    judge.opened(connection);
    judge.interfered('F1 stall');
    for (const message of messagesOf(breaking('bndupd-no-reply'))) judge.push(message, 'forwarded');
    judge.closed(connection);
    expect(judge.take()).toEqual({
      findings: [],
      counts: {},
      limits: [{ connection: 0, extent: 'alone', reason: 'F1 stall' }],
    });
  });

  // Goal: a fault on one connection does not keep the next one from being judged, by what was said there.
  it('judges the next connection again, but for what servers may have believed of a changed message', () => {
    const next = { ...failoverConnection(), index: 1, flow: { ...connection.flow, id: 1 } };
    for (const rule of ['bndupd-no-reply', 'connectreply-mclt', 'state-time-future']) {
      const touched = breaking(rule);
      for (const verdict of ['dropped', 'changed'] as const) {
        const judge = new Judge();
        judge.opened(connection);
        for (const message of messagesOf(touched)) judge.push(message, verdict, 'F1');
        judge.closed(connection);
        judge.take();
        judge.opened(next);
        for (const [index, said] of touched.messages.entries())
          judge.push(messageOf(said, 100 + index, next), 'forwarded');
        judge.closed(next);
        const { limits, ...report } = judge.take() ?? NOTHING;
        const isUpdate = (at: number): boolean =>
          ['18', '19'].includes(touched.messages[at]?.[2].slice(0, 2) ?? '');
        const expected = touched.expect.filter(([, at]) => verdict === 'dropped' || !isUpdate(at));
        expect(rulesOf({ ...report, limits })).toEqual(expected.map(([id, at]) => `${id} #${100 + at}`));
        const limit = { connection: 1, extent: 'no-updates', reason: 'F1' };
        expect(limits).toEqual(verdict === 'dropped' ? [] : [limit]);
      }
    }
  });

  it('takes a connection that it finds on its way for one in mid-stream', () => {
    const judge = new Judge();
    for (const message of messagesOf(breaking('first-message-not-connect'))) judge.push(message, 'forwarded');
    judge.closed(connection);
    expect(judge.take()).toBeUndefined();
  });

  it('tells so many findings of a rule, and counts all', () => {
    const judge = new Judge();
    const dialogue = new Dialogue();
    const many = TOLD_OF_RULE_MAX + 10;
    for (let at = 0; at < many; at++) {
      const address = `2001:db8::${(at + 1).toString(16)}`;
      judge.push(dialogue.say('p', 24, at, at, clientLease(address)), 'forwarded');
    }
    const { findings, counts } = judge.take() as JudgeReport;
    const rule = 'bndupd-content';
    expect(findings.filter(({ id }) => id === rule)).toHaveLength(TOLD_OF_RULE_MAX);
    expect(counts[`${rule} ${RULES[rule].section} primary`]).toBe(many);
  });
});
