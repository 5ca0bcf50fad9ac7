import { describe, expect, it } from 'vitest';
import type { FaultView } from '../../src/proxy/events.ts';
import { lineText } from '../../src/render/style.ts';
import { COMMANDS, runCommand } from '../../src/tui/commands.ts';
import { KEYMAP } from '../../src/tui/keymap.ts';
import { type Effect, initialModel, type Model } from '../../src/tui/model.ts';
import type { SessionItem } from '../../src/tui/session.ts';
import { type Input, update } from '../../src/tui/update.ts';
import { view } from '../../src/tui/view.ts';
import { clientLease, Dialogue } from '../support/dialogue.ts';
import { BEGIN_MILLIS, failoverConnection } from '../support/messages.ts';

const SIZE = { columns: 80, rows: 24 };

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
  spec: { action: 'drop', parameters: {}, direction: 'both' },
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
    expect(effects).toMatchObject([{ spec: { action: 'drop', relationship: 'campus' } }]);
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
        spec: { action: 'drop', parameters: {}, direction: 'both', types: ['BNDREPLY'], times: 3 },
      },
      { kind: 'arm', spec: { action: 'skew', parameters: { by: 7 }, direction: 's>p' } },
      { kind: 'arm', spec: { action: 'skew', parameters: { by: 7 }, direction: 'p>s' } },
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

describe('the command line', () => {
  it('runs commands, hands on what it does not know, and tells mistakes', () => {
    const line = (text: string): Input[] => keys(':', ...text, 'enter');
    const [, effects] = play(model(), line('secondary partner-down'));
    expect(effects).toEqual([{ kind: 'command', line: 'secondary partner-down' }]);
    const [paned] = play(model(), line('pane leases'));
    expect(paned.focus).toBe('leases');
    const [wrong, none] = play(model(), line('skew nobody 3'));
    expect(none).toEqual([]);
    expect(wrong.answer?.text).toBe('skew: expected primary or secondary, got "nobody"');
    const [, armed] = play(model(), line('fault delay s>p BNDREPLY 2s'));
    expect(armed).toMatchObject([
      { kind: 'arm', spec: { action: 'delay', direction: 's>p', types: ['BNDREPLY'] } },
    ]);
    const [edited] = play(model(), keys(':', 'a', 'b', 'backspace', 'c', 'escape'));
    expect(edited.prompt).toBeUndefined();
  });
});
