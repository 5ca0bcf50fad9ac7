/**
 * Golden screens: what the user sees after a story, as text. They were written by looking at them and saying that this
 * is what should be seen; a difference is a decision, not an accident.
 */
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { requireFilter } from '../../src/filter/compile.ts';
import type { FaultView } from '../../src/proxy/events.ts';
import { Judge } from '../../src/proxy/judge/judge.ts';
import { displayWidth } from '../../src/render/escape.ts';
import { lineText } from '../../src/render/style.ts';
import { initialModel, type Model, type Size } from '../../src/tui/model.ts';
import type { SessionItem } from '../../src/tui/session.ts';
import { type Input, update } from '../../src/tui/update.ts';
import { view } from '../../src/tui/view.ts';
import { bindingStatus, clientLease, Dialogue, serverState, status, u32 } from '../support/dialogue.ts';
import { BEGIN_MILLIS, option } from '../support/messages.ts';

const dissectors = loadDissectors();
const SMALL: Size = { columns: 80, rows: 24 };
const LARGE: Size = { columns: 160, rows: 50 };

const DROP: FaultView = {
  id: 'F1',
  spec: { do: 'drop', parameters: {}, direction: 'both', types: ['BNDREPLY'], times: 3 },
  sentence: 'drops BNDREPLY in both directions, 3 times',
  seed: 1,
  matched: 1,
  hits: 1,
  heldOctets: 0,
  armedMillis: BEGIN_MILLIS,
};

/** A pair connects, becomes NORMAL, updates three leases; one reply is dropped and one update is refused. */
function story(): SessionItem[] {
  const dialogue = new Dialogue();
  dialogue.ahead.s = 2;
  const judge = new Judge();
  const items: SessionItem[] = [{ kind: 'faults', faults: [DROP] }];
  const say = (dropped: boolean, ...words: Parameters<Dialogue['say']>): void => {
    const { frame, index } = dialogue.say(...words);
    const message = dissect(dissectors, frame, index);
    const hits = dropped ? [{ fault: 'F1', action: 'drop', count: 1, seed: 1, detail: '' }] : [];
    const verdict = dropped ? 'dropped' : 'forwarded';
    items.push({ kind: 'message', message, verdict, hits });
    judge.push(message, verdict);
    for (const finding of judge.take()?.findings ?? []) items.push({ kind: 'finding', finding });
  };
  const name = option(130, '736974652d61');
  say(false, 'p', 31, 1, 0, option(127, '00010000'), u32(122, 3600), u32(128, 60), u32(121, 10), name);
  say(false, 's', 32, 1, 2, option(127, '00010000'), u32(122, 3600), u32(128, 60), u32(121, 10));
  say(false, 'p', 34, 2, 3, serverState(3));
  say(false, 's', 34, 1, 4, serverState(3));
  say(false, 'p', 34, 3, 6, serverState(2));
  say(false, 's', 34, 2, 7, serverState(2));
  items.push({
    kind: 'note',
    atMillis: BEGIN_MILLIS + 5000,
    text: 'F1 armed: drops BNDREPLY',
    alarming: false,
  });
  say(false, 'p', 24, 4, 8000, clientLease('2001:db8:1::43', bindingStatus(1)));
  say(false, 's', 25, 4, 8003, clientLease('2001:db8:1::43', bindingStatus(1)));
  say(false, 's', 24, 5, 9000, clientLease('2001:db8:1::44', bindingStatus(1)));
  say(true, 'p', 25, 5, 9002, clientLease('2001:db8:1::44', bindingStatus(1)));
  say(false, 'p', 24, 6, 9500, clientLease('2001:db8:1::45', bindingStatus(3)));
  say(false, 's', 25, 6, 9501, clientLease('2001:db8:1::45', status(19, 'I know better')));
  return items;
}

function screenAfter(size: Size, inputs: readonly Input[]): string {
  let model: Model = initialModel(
    { title: 'lab', live: true, canFault: true, compileFilter },
    size,
    BEGIN_MILLIS,
  );
  const all: Input[] = [
    ...story().map((item): Input => ({ kind: 'item', item })),
    { kind: 'tick', nowMillis: BEGIN_MILLIS + 12_000 },
    ...inputs,
  ];
  for (const input of all) [model] = update(model, input);
  const lines = view(model).map(lineText);
  expect(lines.length).toBe(size.rows);
  for (const line of lines) expect(displayWidth(line)).toBe(size.columns);
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const compileFilter = (text: string) => {
  const filter = requireFilter(text, dissectors);
  return filter.matches.bind(filter);
};

const press = (...keys: string[]): Input[] => keys.map((key) => ({ kind: 'key', key, character: key }));

const SCREENS: readonly (readonly [string, Size, readonly Input[]])[] = [
  ['messages-80x24', SMALL, []],
  ['detail-80x24', SMALL, press('enter', ...Array<string>(8).fill('down'))],
  ['leases-80x24', SMALL, press('3')],
  ['leases-divergent-80x24', SMALL, press('3', 'v')],
  ['faults-80x24', SMALL, press('4')],
  ['events-80x24', SMALL, press('5')],
  ['help-80x24', SMALL, press('?')],
  ['help-more-80x24', SMALL, press('?', '?')],
  ['compared-80x24', SMALL, press('end', '=')],
  ['compared-160x50', LARGE, press('end', '=')],
  ['marked-80x24', SMALL, press('m', 'up', 'up', 'm')],
  ['command-80x24', SMALL, press(':', 's', 'k', 'e', 'w')],
  ['filter-80x24', SMALL, press('/', ...'type == BNDUPD', 'enter')],
  ['filter-mistake-80x24', SMALL, press('/', ...'type == BNDUPT', 'enter')],
  ['lease-messages-80x24', SMALL, press('3', 'enter')],
  ['everything-160x50', LARGE, []],
  ['detail-160x50', LARGE, press('enter', ...Array<string>(8).fill('down'))],
  ['too-small', { columns: 60, rows: 10 }, []],
];

describe('screens', () => {
  for (const [name, size, inputs] of SCREENS) {
    it(name, async () => {
      await expect(screenAfter(size, inputs)).toMatchFileSnapshot(`golden/${name}.txt`);
    });
  }
});
