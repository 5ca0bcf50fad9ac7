import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/dissect/message.ts';
import type { Verdict } from '../../src/proxy/events.ts';
import { lineText } from '../../src/render/style.ts';
import { initialModel, type Model } from '../../src/tui/model.ts';
import { detailRows } from '../../src/tui/rows.ts';
import { update } from '../../src/tui/update.ts';
import { view } from '../../src/tui/view.ts';
import { conversations as all, type Conversation, messageOf } from '../support/conversations.ts';
import { clientLease, Dialogue } from '../support/dialogue.ts';
import { BEGIN_MILLIS, failoverConnection } from '../support/messages.ts';

const SIZE = { columns: 160, rows: 50 };

const conversations = all.filter(({ midStream }) => midStream !== true);

function messagesOf({ messages }: Conversation): Message[] {
  const connection = failoverConnection();
  return messages.map((said, index) => messageOf(said, index, connection));
}

function shown(
  messages: readonly Message[],
  { live = false, opened = true, verdict = (_at: number): Verdict => 'forwarded' } = {},
): Model {
  const facts = { title: 'test', live, canFault: live, compileFilter: undefined };
  let model = initialModel(facts, SIZE, BEGIN_MILLIS);
  const give = (item: Parameters<typeof update>[1] & { kind: 'item' }): void => {
    [model] = update(model, item);
  };
  const openedFlow = messages[0]?.frame.connection.flow.id as number;
  if (live && opened) {
    const text = 'connection 0 up';
    give({ kind: 'item', item: { kind: 'note', atMillis: 0, text, alarming: false, openedFlow } });
  }
  for (const [at, message] of messages.entries())
    give({ kind: 'item', item: { kind: 'message', message, verdict: verdict(at), hits: [] } });
  if (live) {
    const text = 'connection 0 down';
    const note = { kind: 'note', atMillis: 0, text, alarming: true, closedFlow: openedFlow } as const;
    give({ kind: 'item', item: note });
  }
  if (!live) {
    give({ kind: 'item', item: { kind: 'end', text: 'read' } });
    for (const look of messages) give({ kind: 'item', item: { kind: 'judge', look } });
    give({ kind: 'item', item: { kind: 'judged' } });
  }
  return model;
}

const found = (model: Model, messages: readonly Message[]): string[] =>
  messages.flatMap((message) => model.judging.of(message).map(({ id }) => `${id} #${message.index}`));

describe('conformance in the UI', () => {
  // Goal: the UI on a file knows what `leasetap check` says of it, at the same messages.
  it('finds in a file what each conversation breaks', () => {
    for (const conversation of conversations) {
      const messages = messagesOf(conversation);
      const expected = conversation.expect.map(([rule, index]) => `${rule} #${index}`);
      expect([conversation.name, ...found(shown(messages), messages).sort()]).toEqual([
        conversation.name,
        ...expected.sort(),
      ]);
    }
  });

  // Goal: what is shown can be looked for, and says which rule and where it stands.
  it('marks the message, names the rule in its detail, tells an event, and goes there with a key', () => {
    const conversation = conversations.find(({ expect: [first] }) => first?.[0] === 'connectreply-mclt');
    const messages = messagesOf(conversation as Conversation);
    let model = shown(messages);
    expect(model.lists.messages.cursor).toBe(0);
    [model] = update(model, { kind: 'key', key: '}', character: '}' });
    expect(model.lists.messages.cursor).toBe(1);
    expect(detailRows(model).map(({ line }) => lineText(line))).toContainEqual(
      expect.stringMatching(/^ {4}\[connectreply-mclt, RFC 8156 §6\.1\.2 MUST: MCLT is /),
    );
    expect(
      view(model)
        .map(lineText)
        .find((line) => /CONNECTREPLY/.test(line)),
    ).toMatch(/^>?!/);
    expect(model.events.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^connectreply-mclt \(§6\.1\.2\) #1 CONNECTREPLY: /),
    );
    [model] = update(model, { kind: 'key', key: '}', character: '}' });
    expect(model.answer?.text).toBe('no message further down: breaks a rule');
  });

  // Goal: a server is not blamed for what the proxy did to its messages, nor for what was said before somebody listened.
  it('does not judge what a fault did, nor a beginning that it did not see', () => {
    const of = (rule: string): Conversation =>
      conversations.find(({ expect: [first] }) => first?.[0] === rule) as Conversation;
    const unanswered = messagesOf(of('bndupd-no-reply'));
    const last = unanswered.length - 1;
    expect(found(shown(unanswered, { live: true }), unanswered).join()).toMatch(/bndupd-no-reply/);
    const dropping = shown(unanswered, {
      live: true,
      verdict: (at) => (at === last - 1 ? 'dropped' : 'forwarded'),
    });
    expect(found(dropping, unanswered).join()).not.toMatch(/bndupd-no-reply/);
    const begins = messagesOf(of('first-message-not-connect'));
    expect(found(shown(begins, { live: true }), begins).join()).toMatch(/first-message-not-connect/);
    expect(found(shown(begins, { live: true, opened: false }), begins).join()).not.toMatch(/first-message/);
  });

  // Goal: a server that is always wrong does not push everything else out of the events.
  it('tells so many events of a rule', () => {
    const dialogue = new Dialogue();
    const messages = Array.from({ length: 100 }, (_, at) =>
      dialogue.say('p', 24, at, at, clientLease(`2001:db8::${(at + 1).toString(16)}`)),
    );
    const model = shown(messages, { live: true });
    expect(found(model, messages).length).toBeGreaterThanOrEqual(100);
    expect(model.events.filter(({ text }) => text.startsWith('bndupd-content'))).toHaveLength(20);
  });
});
