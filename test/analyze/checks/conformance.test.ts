import { describe, expect, it } from 'vitest';
import { Conformance } from '../../../src/analyze/checks/conformance.ts';
import type { Finding } from '../../../src/analyze/checks/finding.ts';
import { RULES, type RuleId } from '../../../src/analyze/checks/rules.ts';
import { type Conversation, conversations, messageOf } from '../../support/conversations.ts';
import { failoverConnection } from '../../support/messages.ts';

function judge(conversation: Conversation): Finding[] {
  const found: Finding[] = [];
  const conformance = new Conformance((finding) => found.push(finding));
  if (conversation.midStream === true) conformance.midStream(0);
  const connection = failoverConnection();
  for (const [index, said] of conversation.messages.entries())
    conformance.push(messageOf(said, index, connection));
  conformance.end();
  return found;
}

function conversationOf(name: string): Conversation {
  const found = conversations.find((conversation) => conversation.name === name);
  if (found === undefined) throw new Error(`no conversation ${name}`);
  return found;
}

describe('a conversation', () => {
  it.each(conversations.map((conversation) => [conversation.name, conversation] as const))(
    '%s is judged by message, rule and section',
    (_name, conversation) => {
      const found = judge(conversation).map(({ id, message, section }) => [id, message.index, section]);
      expect(found.sort()).toEqual([...conversation.expect].sort());
    },
  );

  it('breaks each rule at least once', () => {
    const broken = new Set(conversations.flatMap((one) => one.expect.map(([rule]) => rule as RuleId)));
    const untried = Object.keys(RULES).filter((rule) => !broken.has(rule as RuleId));
    expect(untried).toEqual([]);
  });
});

describe('what was not seen', () => {
  it('is not missed: after a gap no reply, no window and no order is judged', () => {
    const found: Finding[] = [];
    const conformance = new Conformance((finding) => found.push(finding));
    const connection = failoverConnection();
    const { messages } = conversationOf('vio-bndupd-no-reply');
    for (const [index, said] of messages.entries()) {
      conformance.push(messageOf(said, index, connection));
      if (index === 9) conformance.gap(connection.flow.id);
    }
    conformance.end();
    expect(found).toEqual([]);
  });

  it('is not made up for: of a capture of one direction only what a side says by itself is judged', () => {
    for (const { name, midStream, messages } of conversations.filter((one) => one.name.startsWith('ctl-'))) {
      for (const side of ['p', 's']) {
        const one = messages.filter(([, from]) => from === side);
        const found = judge({ name, expect: [], messages: one, ...(midStream === true && { midStream }) });
        expect([name, side, found.map(({ id, summary }) => [id, summary])]).toEqual([name, side, []]);
      }
    }
  });

  it('explains what follows, whichever message it was: a gap shows only when its sender speaks again', () => {
    for (const { name, midStream, messages } of conversations.filter((one) => one.name.startsWith('ctl-'))) {
      for (const [lost, [, sender]] of messages.entries()) {
        const found: Finding[] = [];
        const conformance = new Conformance((finding) => found.push(finding));
        const connection = failoverConnection();
        if (midStream === true) conformance.midStream(connection.flow.id);
        let told = false;
        for (const [index, said] of messages.entries()) {
          if (index === lost) continue;
          if (index > lost && said[1] === sender && !told) {
            conformance.gap(connection.flow.id);
            told = true;
          }
          conformance.push(messageOf(said, index, connection));
        }
        // What its sender never follows up is not known to be lost.
        if (told) conformance.end();
        const what = found.map(({ id, message, summary }) => [id, message.index, summary]);
        expect([name, lost, what]).toEqual([name, lost, []]);
      }
    }
  });

  it('may have changed what was known of leases and states', () => {
    for (const name of [
      'vio-other-client-while-active',
      'vio-lifetime-renewed-beyond',
      'vio-normal-to-recover',
    ]) {
      const found: Finding[] = [];
      const conformance = new Conformance((finding) => found.push(finding));
      const connection = failoverConnection();
      const { messages, expect: expected } = conversationOf(name);
      for (const [index, said] of messages.entries()) {
        if (index === expected[0]?.[1]) conformance.gap(connection.flow.id);
        conformance.push(messageOf(said, index, connection));
      }
      conformance.end();
      expect([name, found]).toEqual([name, []]);
    }
  });

  it('may have allowed more to leases when the servers have talked before', () => {
    const { messages } = conversationOf('vio-lifetime');
    const judged = (joinsLate: boolean): RuleId[] => {
      const found: RuleId[] = [];
      const conformance = new Conformance(({ id }) => found.push(id), { joinsLate });
      const connection = failoverConnection();
      for (const [index, said] of messages.entries()) conformance.push(messageOf(said, index, connection));
      conformance.end();
      return found;
    };
    expect(judged(true)).toEqual([]);
    expect(judged(false)).toEqual(['lifetime-beyond-mclt']);
  });

  // Found in a scenario that began on a running pair: a client was heard again at once, and the partner knew of it by then.
  it('may have been said of a lease that began before the pair was heard', () => {
    const { messages } = conversationOf('vio-lifetime');
    const tenSecondsLater = '2d799b9a';
    const later = messages.map(
      ([at, from, octets]) => [at, from, octets.slice(0, 8) + tenSecondsLater + octets.slice(16)] as const,
    );
    expect(judge({ name: 'later', messages: later, expect: [] })).toEqual([]);
    expect(judge({ name: 'at once', messages, expect: [] })).toHaveLength(1);
  });

  // Found in a scenario: what was acknowledged in messages that were lost allows a lease that begins later to be longer.
  it('may have allowed more to leases that begin on a later connection', () => {
    const { messages } = conversationOf('vio-lifetime');
    const later = { ...failoverConnection(), index: 1, flow: { ...failoverConnection().flow, id: 1 } };
    const judged = (lost: boolean): string[] => {
      const found: string[] = [];
      const conformance = new Conformance(({ id }) => found.push(id));
      for (const [index, said] of messages.slice(0, 6).entries())
        conformance.push(messageOf(said, index, failoverConnection()));
      if (lost) conformance.gap(0);
      for (const [index, said] of messages.entries()) conformance.push(messageOf(said, 100 + index, later));
      conformance.end();
      return found;
    };
    expect(judged(false)).toEqual(['lifetime-beyond-mclt']);
    expect(judged(true)).toEqual([]);
  });

  it('is not missed in a dialect, which is not judged', () => {
    const found: Finding[] = [];
    const conformance = new Conformance((finding) => found.push(finding));
    const connection = { ...failoverConnection(), dialect: 'unix-epoch' };
    for (const [index, said] of conversationOf('vio-silent').messages.entries())
      conformance.push(messageOf(said, index, connection));
    conformance.end();
    expect(found).toEqual([]);
  });
});

describe('octets from outside', () => {
  it('never throw, cut at any place', () => {
    for (const name of ['vio-reply-other-lifetime', 'ctl-bndupd-two-ias', 'ctl-dns-flags']) {
      const { messages } = conversationOf(name);
      for (const cut of [1, 3, 7, 9, 11, 13, 17, 30, 41, 60, 85]) {
        const conversation = {
          name,
          expect: [],
          messages: messages.map(([at, from, hex]) => [at, from, hex.slice(0, 2 * cut)] as const),
        };
        expect(() => judge(conversation)).not.toThrow();
      }
    }
  });

  // Goal: live, what is missing is told when the connection closes, and not once more when the servers come back.
  it('tells what was missing on a connection that is closed, once', () => {
    const found: string[] = [];
    const conformance = new Conformance(({ id }) => found.push(id));
    const { messages } = conversationOf('vio-bndupd-no-reply');
    const connection = failoverConnection();
    for (const [index, said] of messages.entries()) conformance.push(messageOf(said, index, connection));
    expect(found).toEqual([]);
    conformance.closed(connection.flow.id);
    expect(found).toEqual(['bndupd-no-reply']);
    conformance.closed(connection.flow.id);
    const again = { ...connection, index: 1, flow: { ...connection.flow, id: connection.flow.id + 1 } };
    const later = messages.map(([millis, from, hex]) => [millis + 600_000, from, hex] as const);
    for (const [index, said] of later.slice(0, 3).entries())
      conformance.push(messageOf(said, messages.length + index, again));
    conformance.end();
    expect(found.filter((id) => id === 'bndupd-no-reply')).toHaveLength(1);
  });
});
