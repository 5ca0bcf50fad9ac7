import { describe, expect, it } from 'vitest';
import { Conformance } from '../../src/analyze/checks/conformance.ts';
import type { Finding } from '../../src/analyze/checks/finding.ts';
import type { Message } from '../../src/dissect/message.ts';
import { lineText } from '../../src/render/style.ts';
import { initialModel, type Model } from '../../src/tui/model.ts';
import { detailRows } from '../../src/tui/rows.ts';
import type { SessionItem } from '../../src/tui/session.ts';
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

function shown(messages: readonly Message[]): Model {
  const facts = { title: 'test', live: false, canFault: false, compileFilter: undefined };
  return played(initialModel(facts, SIZE, BEGIN_MILLIS), [
    ...messages.map(itemOf),
    { kind: 'end', text: 'read' },
    ...messages.map((look): SessionItem => ({ kind: 'judge', look })),
    { kind: 'judged' },
  ]);
}

/** What a proxy tells that has judged these messages itself. */
function shownLive(messages: readonly Message[], findings: readonly Finding[]): Model {
  const facts = { title: 'test', live: true, canFault: true, compileFilter: undefined };
  const items = findings.map(
    (finding): SessionItem => ({ kind: 'finding', finding, relationship: 'campus' }),
  );
  return played(initialModel(facts, SIZE, BEGIN_MILLIS), [...messages.map(itemOf), ...items]);
}

function itemOf(message: Message): SessionItem {
  return { kind: 'message', message, verdict: 'forwarded', hits: [] };
}

function played(model: Model, items: readonly SessionItem[]): Model {
  return items.reduce((before, item) => update(before, { kind: 'item', item })[0], model);
}

function judged(messages: readonly Message[]): Finding[] {
  const findings: Finding[] = [];
  const conformance = new Conformance((finding) => findings.push(finding));
  for (const message of messages) conformance.push(message);
  conformance.end();
  return findings;
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

  // Goal: a running proxy judges what it has seen from the beginning; the UI shows that and has no judge of its own.
  it('shows of a running proxy what that has found, where it belongs', () => {
    const conversation = conversations.find(({ expect: [first] }) => first?.[0] === 'connectreply-mclt');
    const messages = messagesOf(conversation as Conversation);
    expect(found(shownLive(messages, []), messages)).toEqual([]);
    const model = shownLive(messages, judged(messages));
    expect(found(model, messages)).toEqual(['connectreply-mclt #1']);
    expect(model.events.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^campus: connectreply-mclt \(§6\.1\.2\) #1 CONNECTREPLY: /),
    );
  });

  // Goal: a server that is always wrong does not push everything else out of the events.
  it('tells so many events of a rule', () => {
    const dialogue = new Dialogue();
    const messages = Array.from({ length: 100 }, (_, at) =>
      dialogue.say('p', 24, at, at, clientLease(`2001:db8::${(at + 1).toString(16)}`)),
    );
    const model = shownLive(messages, judged(messages));
    expect(found(model, messages).length).toBeGreaterThanOrEqual(100);
    expect(model.events.filter(({ text }) => text.startsWith('campus: bndupd-content'))).toHaveLength(20);
  });
});
