import { describe, expect, it } from 'vitest';
import { loadDissectors } from '../../src/dissect/load.ts';
import { requireFilter } from '../../src/filter/compile.ts';
import type { FaultView } from '../../src/proxy/events.ts';
import { lineText } from '../../src/render/style.ts';
import { COMMANDS, didYouMean, runCommand } from '../../src/tui/commands.ts';
import { hasWork } from '../../src/tui/filtering.ts';
import { SCAN_ROWS } from '../../src/tui/history.ts';
import { KEYMAP } from '../../src/tui/keymap.ts';
import { type Effect, initialModel, type Model } from '../../src/tui/model.ts';
import type { SessionItem } from '../../src/tui/session.ts';
import { type Input, update } from '../../src/tui/update.ts';
import { view } from '../../src/tui/view.ts';
import { clientLease, Dialogue } from '../support/dialogue.ts';
import { BEGIN_MILLIS, failoverConnection } from '../support/messages.ts';

const SIZE = { columns: 80, rows: 24 };
const dissectors = loadDissectors();
const compileFilter = (text: string) => requireFilter(text, dissectors).matches;

function model(live = true): Model {
  return initialModel({ title: 'test', live, canFault: live, compileFilter: undefined }, SIZE, BEGIN_MILLIS);
}

/** The model after all inputs, and every effect on the way. */
function play(from: Model, inputs: readonly Input[]): readonly [Model, readonly Effect[]] {
  let at = from;
  const effects: Effect[] = [];
  for (const input of inputs) {
    const [next, asked] = update(at, input);
    at = next;
    effects.push(...asked);
  }
  return [at, effects];
}

const keys = (...names: string[]): Input[] => names.map((key) => ({ kind: 'key', key, character: key }));

function updates(count: number): Input[] {
  const dialogue = new Dialogue();
  return Array.from({ length: count }, (_, at): Input => {
    const message = dialogue.say('p', 24, at, at, clientLease(`2001:db8::${(at + 1).toString(16)}`));
    return { kind: 'item', item: { kind: 'message', message, verdict: 'forwarded', hits: [] } };
  });
}

const fault = (id: string): FaultView => ({
  id,
  spec: { do: 'drop', parameters: {}, direction: 'both' },
  sentence: 'drops everything',
  seed: 1,
  matched: 0,
  hits: 0,
  heldOctets: 0,
  armedMillis: 0,
});

describe('several relationships of one proxy', () => {
  /** A message in each of two relationships. */
  const both = ['campus', 'branch'].map((relationship, id): Input => {
    const made = failoverConnection();
    const [primary, secondary] = made.flow.ends;
    const ends = [primary, { ...secondary, port: secondary.port + id }] as const;
    const connection = { ...made, index: id, relationship, flow: { ...made.flow, id, ends } };
    const message = new Dialogue(connection).say('p', 35, 1, 0);
    return { kind: 'item', item: { kind: 'message', message, verdict: 'forwarded', hits: [] } };
  });
  const screen = (at: Model): string[] => view(at).map(lineText);

  it('are shown one after the other, and named in the list', () => {
    const [newest] = play(model(), both);
    expect(screen(newest)[0]).toContain('test "branch" (one of 2)');
    expect(screen(newest).filter((line) => /(campus|branch) .*CONTACT/.test(line))).toHaveLength(2);
    const [other] = play(newest, keys('r'));
    expect(screen(other)[0]).toContain('test "campus" (one of 2)');
    expect(screen(play(other, keys('r'))[0])[0]).toContain('test "branch" (one of 2)');
  });

  it('are faulted where one looks, unless a fault names another', () => {
    const [, effects] = play(model(), [...both, ...keys('r', 'd')]);
    expect(effects).toMatchObject([{ spec: { do: 'drop', relationship: 'campus' } }]);
    const [at] = play(model(), both);
    expect(runCommand(at, 'fault drop relationship campus')[1]).toMatchObject([
      { spec: { relationship: 'campus' } },
    ]);
  });
});

describe('keys', () => {
  it('are bound to commands that exist, and every command has a help line', () => {
    for (const { command } of KEYMAP) expect(COMMANDS.has(command.split(' ')[0] ?? '')).toBe(true);
    for (const command of COMMANDS.values()) expect(command.help).not.toBe('');
  });

  it('drop replies, skew clocks, heal and leave', () => {
    const armed: Input = { kind: 'item', item: { kind: 'faults', faults: [fault('F1'), fault('F2')] } };
    const [, effects] = play(model(), [armed, ...keys('d', 's', 'S-s', 'S-r', 'q')]);
    expect(effects).toEqual([
      {
        kind: 'arm',
        spec: { do: 'drop', parameters: {}, direction: 'both', types: ['BNDREPLY'], times: 3 },
      },
      { kind: 'arm', spec: { do: 'skew', parameters: { by: 7 }, direction: 's>p' } },
      { kind: 'arm', spec: { do: 'skew', parameters: { by: 7 }, direction: 'p>s' } },
      { kind: 'remove', ids: ['F1', 'F2'] },
      { kind: 'quit' },
    ]);
  });

  it('disarm the selected fault in the pane of faults', () => {
    const armed: Input = { kind: 'item', item: { kind: 'faults', faults: [fault('F1'), fault('F2')] } };
    const [, effects] = play(model(), [armed, ...keys('4', 'down', 'enter')]);
    expect(effects).toEqual([{ kind: 'remove', ids: ['F2'] }]);
  });

  it('fault nothing where there is no proxy, and say so', () => {
    const [after, effects] = play(model(false), keys('d'));
    expect(effects).toEqual([]);
    expect(after.answer).toMatchObject({ alarming: true });
  });
});

describe('the list of messages', () => {
  it('follows what comes, stands still while paused, and follows again', () => {
    const all = updates(30);
    const [first] = play(model(), all.slice(0, 10));
    expect(first.lists.messages.cursor).toBe(9);
    const [paused] = play(first, [...keys('p'), ...all.slice(10, 20)]);
    expect(paused.lists.messages.cursor).toBe(9);
    expect(paused.pausedAt).toBe(10);
    const [following] = play(paused, [...keys('a'), ...all.slice(20)]);
    expect(following.pausedAt).toBeUndefined();
    expect(following.lists.messages.cursor).toBe(29);
  });

  it('stops following when the cursor goes up, and never leaves the rows', () => {
    const [up] = play(model(), [...updates(5), ...keys('up')]);
    expect(up.follow).toBe(false);
    expect(up.lists.messages.cursor).toBe(3);
    const [top] = play(up, keys('home', 'up', 'pageup'));
    expect(top.lists.messages.cursor).toBe(0);
    const [bottom] = play(top, keys('end', 'down', 'pagedown'));
    expect(bottom.lists.messages.cursor).toBe(4);
  });

  it('knows which message answers which, and takes a skewed message as its receiver does', () => {
    const dialogue = new Dialogue();
    const ask = dialogue.say('p', 24, 7, 0, clientLease('2001:db8::1'));
    const answer = dialogue.say('s', 25, 7, 4, clientLease('2001:db8::1'));
    const skewed = new Dialogue();
    skewed.ahead.s = 7;
    const onward = { ...skewed.say('s', 25, 7, 4, clientLease('2001:db8::1')), index: 1 };
    const item = (one: SessionItem): Input => ({ kind: 'item', item: one });
    const [after] = play(model(), [
      item({ kind: 'message', message: ask, verdict: 'forwarded', hits: [] }),
      item({ kind: 'message', message: answer, onward, verdict: 'changed', hits: [] }),
    ]);
    expect(after.history.at(0)?.replyIn).toBe(1);
    expect(after.history.at(1)).toMatchObject({ replyTo: 0, rttMillis: 4 });
    expect(after.analysis.relationships()[0]?.secondary.skewSeconds).toBeCloseTo(7.5, 1);
  });
});

describe("finding one's way in a capture", () => {
  const SLICES = 3;
  const many = updates(SLICES * SCAN_ROWS);

  function capture(inputs: readonly Input[]): Model {
    const facts = { title: 'test', live: false, canFault: false, compileFilter };
    return play(initialModel(facts, SIZE, BEGIN_MILLIS), inputs)[0];
  }
  const asked = (key: string, text: string): Input[] => keys(key, ...text, 'enter');
  function worked(from: Model): Model {
    let at = from;
    while (hasWork(at)) [at] = update(at, { kind: 'work' });
    return at;
  }
  const selectedIndex = (at: Model) => at.history.at(at.lists.messages.cursor)?.message.index;

  it('looks for the next message that matches, further, back, and says when there is none', () => {
    const wanted = (SLICES - 1) * SCAN_ROWS + 7;
    const begun = capture([...many, ...asked('f', `xid in {${wanted} ${wanted + 3}}`)]);
    expect(view(begun).map(lineText).join('')).toContain('searching');
    const found = worked(begun);
    expect(selectedIndex(found)).toBe(wanted);
    const further = worked(play(found, keys('n'))[0]);
    expect(selectedIndex(further)).toBe(wanted + 3);
    const none = worked(play(further, keys('n'))[0]);
    expect(selectedIndex(none)).toBe(wanted + 3);
    expect(none.answer?.text).toContain('no message further down');
    expect(selectedIndex(worked(play(none, keys('S-n'))[0]))).toBe(wanted);
    const stopped = play(begun, keys('escape'))[0];
    expect([hasWork(stopped), selectedIndex(stopped)]).toEqual([false, 0]);
    expect(capture(keys('n')).answer).toMatchObject({ alarming: true });
  });

  it('stays on its message when the list is filtered, or goes to the next that is left', () => {
    const down = capture([...many, ...keys('end', 'up', 'up')]);
    const wanted = SLICES * SCAN_ROWS - 3;
    expect(selectedIndex(down)).toBe(wanted);
    const same = worked(play(down, asked('/', `xid >= ${wanted}`))[0]);
    expect([selectedIndex(same), same.history.end]).toEqual([wanted, 3]);
    const next = worked(play(down, asked('/', `xid in {1 ${wanted + 1}}`))[0]);
    expect(selectedIndex(next)).toBe(wanted + 1);
    const last = worked(play(down, asked('/', 'xid in {1 2}'))[0]);
    expect(selectedIndex(last)).toBe(2);
    expect(selectedIndex(worked(play(last, keys('escape'))[0]))).toBe(2);
  });

  it('marks messages and goes from mark to mark, around the ends and through filters', () => {
    const marked = capture([...many.slice(0, 9), ...keys('down', 'm', 'down', 'down', 'm', 'down', 'm')]);
    expect(marked.marks).toEqual([1, 3, 4]);
    const around = ['[', '[', '[', ']', ']'].map((_, at, all) =>
      selectedIndex(play(marked, keys(...all.slice(0, at + 1)))[0]),
    );
    expect(around).toEqual([3, 1, 4, 1, 3]);
    expect(play(marked, keys('m'))[0].marks).toEqual([1, 3]);
    expect(capture(keys(']')).answer).toMatchObject({ alarming: true });
    expect(
      view(marked)
        .map(lineText)
        .filter((line) => /^[> ]M/.test(line)),
    ).toHaveLength(3);
    // The list is the same one in every model, so this comes last.
    const [filtered] = play(marked, [...asked('/', 'xid in {0 3 8}'), ...keys(']')]);
    expect(selectedIndex(filtered)).toBe(3);
  });

  it('marks a thousand messages, and says so when there are more', () => {
    const count = 1001;
    const all = Array.from({ length: count }, () => keys('m', 'down')).flat();
    const marked = capture([...updates(count), ...keys('home'), ...all]);
    expect(marked.marks).toHaveLength(1000);
    expect(marked.answer?.text).toBe('mark: there are 1000 marks already');
  });

  it('compares two marked messages, a request with its reply, and what was sent with what came', () => {
    const dialogue = new Dialogue();
    const ask = dialogue.say('p', 24, 7, 0, clientLease('2001:db8::1'));
    const answer = dialogue.say('s', 25, 7, 4, clientLease('2001:db8::1'));
    const other = dialogue.say('p', 24, 8, 5, clientLease('2001:db8::2'));
    const skewed = new Dialogue();
    skewed.ahead.p = 7;
    const onward = { ...skewed.say('p', 24, 8, 5, clientLease('2001:db8::2')), index: 2 };
    const items = [ask, answer, other].map(
      (message): Input => ({
        kind: 'item',
        item: {
          kind: 'message',
          message,
          verdict: 'forwarded',
          hits: [],
          ...(message === other && { onward }),
        },
      }),
    );
    const names = (at: Model) => [at.comparison?.left.name, at.comparison?.right.name];
    const pair = ['#0 BNDUPD', '#1 BNDREPLY'];
    expect(names(capture([...items, ...keys('=')]))).toEqual(pair);
    expect(names(capture([...items, ...keys('down', '=')]))).toEqual(pair);
    expect(names(capture([...items, ...keys('end', '=')]))).toEqual(['#2 as sent', 'as received']);
    const two = capture([...items, ...keys('m', 'end', 'm', '=')]);
    expect(names(two)).toEqual(['#0 BNDUPD', '#2 BNDUPD']);
    expect(play(two, keys('='))[0].comparison).toBeUndefined();
    expect(play(two, keys('escape'))[0].comparison).toBeUndefined();
    expect(capture([...many.slice(0, 1), ...keys('=')]).answer).toMatchObject({ alarming: true });
  });
});

describe('colour rules', () => {
  it('give the whole line the style of the first rule that fits, unanswered and repeated requests too', () => {
    const texts = { good: 'finding == repeated', warn: 'finding == unanswered', bad: 'type == BNDREPLY' };
    const rules = (['good', 'warn', 'bad'] as const).map((style) => ({
      name: style,
      style,
      matches: compileFilter(texts[style]),
      needsReplies: false,
      needsChecks: false,
    }));
    const facts = { title: 'test', live: false, canFault: false, compileFilter, colourRules: rules };
    const dialogue = new Dialogue();
    const lease = clientLease('2001:db8::1');
    const messages = [
      dialogue.say('p', 24, 1, 0, lease),
      dialogue.say('p', 24, 2, 1, lease),
      dialogue.say('s', 25, 2, 2, lease),
      dialogue.say('p', 24, 1, 3, lease),
      dialogue.say('p', 24, 3, 9_000, lease),
    ];
    const items = messages.map(
      (message): Input => ({
        kind: 'item',
        item: { kind: 'message', message, verdict: 'forwarded', hits: [] },
      }),
    );
    const [at] = play(initialModel(facts, SIZE, BEGIN_MILLIS), [...items, ...keys('end')]);
    const styles = view(at)
      .filter((line) => /BND(UPD|REPLY) +x/.test(lineText(line)))
      .map((line) => line.find((part) => part.text.startsWith('BND'))?.style);
    expect(styles).toEqual(['warn', 'strong', 'bad', 'good', 'selected']);
  });
});

describe('the command line', () => {
  it('runs commands, hands on what it does not know, and tells mistakes', () => {
    const line = (text: string): Input[] => keys(':', ...text, 'enter');
    const [, effects] = play(model(), line('secondary partner-down'));
    expect(effects).toEqual([{ kind: 'command', line: 'secondary partner-down' }]);
    const [paned] = play(model(), line('pane leases'));
    expect(paned.focus).toBe('leases');
    const [wrong, none] = play(model(), line('skew nobody 3'));
    expect(none).toEqual([]);
    expect(wrong.answer?.text).toBe('skew: expected primary or secondary, found "nobody"');
    const [, armed] = play(model(), line('fault delay s>p BNDREPLY 2s'));
    expect(armed).toMatchObject([
      { kind: 'arm', spec: { do: 'delay', direction: 's>p', types: ['BNDREPLY'] } },
    ]);
    expect(didYouMean('fautl drop BNDREPLY')).toBe('; did you mean fault?');
    expect(didYouMean('secondary kill')).toBe('');
    const [edited] = play(model(), keys(':', 'a', 'b', 'backspace', 'c', 'escape'));
    expect(edited.prompt).toBeUndefined();
  });

  it('takes five hundred characters, however many are pasted', () => {
    const [pasted] = play(model(), [...keys(':'), { kind: 'key', key: 'x', character: 'x'.repeat(10_000) }]);
    expect(pasted.prompt?.text).toHaveLength(500);
  });
});
