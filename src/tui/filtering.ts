/**
 * The filter of the message list, and the search in it: text to a test, and the cursor moved to what was looked for. Both
 * go through many rows, so they do it in pieces: `work` does the next one, while there is `hasWork`.
 */
import { InputError } from '../base/problem.ts';
import { clamp } from './draw.ts';
import { type RowTest, SCAN_ROWS } from './history.ts';
import { contentRows, placeOf } from './layout.ts';
import type { ListState, Model, Search } from './model.ts';
import { notesOf, rangeOf } from './rows.ts';

/** The model with only the matching messages listed; all of them for an empty text. Throws InputError. */
export function setFilter(model: Model, text: string): Model {
  const trimmed = text.trim();
  const { history, live, lists } = model;
  const selected = live ? undefined : history.numberAt(lists.messages.cursor);
  history.filter(trimmed === '' ? undefined : rowTest(model, trimmed));
  return settled({
    ...model,
    filterText: trimmed,
    pausedAt: undefined,
    search: undefined,
    // A live list shows what came last; in a capture one stays where one was.
    wanted: selected ?? Number.POSITIVE_INFINITY,
  });
}

/** Looks for a message with the text last looked for, or another. Throws InputError. */
export function find(model: Model, step: 1 | -1, text = model.findText): Model {
  if (text.trim() === '') throw new InputError('nothing was looked for yet: f asks for a filter');
  return searching({ ...model, findText: text.trim() }, step, text.trim(), rowTest(model, text));
}

/** Looks for a message that breaks a rule of RFC 8156. */
export function findBreach(model: Model, step: 1 | -1): Model {
  return searching(model, step, 'breaks a rule', (row) => model.judging.of(row.message).length > 0);
}

function searching(model: Model, step: 1 | -1, text: string, test: RowTest): Model {
  const search: Search = { text, test, position: model.lists.messages.cursor + step, step };
  return searched({ ...model, search, follow: false });
}

export function hasWork(model: Model): boolean {
  return model.search !== undefined || model.history.untried > 0;
}

/** The next piece of what there is to do. */
export function work(model: Model): Model {
  if (model.search !== undefined) return searched(model);
  model.history.scan(SCAN_ROWS);
  return settled(model);
}

/** The cursor of the message list moved to a position, what is below it shown from its beginning. */
export function selected(model: Model, cursor: number, top = model.lists.messages.top): Model {
  const list: ListState = { cursor, top };
  const rows = contentRows(placeOf(model.size, 'messages'));
  const messages = clamp(list, rangeOf(model, 'messages'), rows);
  return { ...model, lists: { ...model.lists, messages, detail: { cursor: 0, top: 0 } } };
}

/** The cursor on the row that was selected before the filter, or the next one that passes, as soon as there is one. */
function settled(model: Model): Model {
  const { history, wanted } = model;
  if (wanted === undefined) return model;
  const position = history.positionOf(wanted);
  const last = Math.max(history.begin, history.end - 1);
  const found = position < history.end;
  const next = selected(model, found ? position : last, found ? position : last);
  return { ...next, wanted: found || history.untried === 0 ? undefined : wanted };
}

function searched(model: Model): Model {
  const { search } = model;
  if (search === undefined) return model;
  const { begin, end } = rangeOf(model, 'messages');
  let { position } = search;
  for (let tried = 0; tried < SCAN_ROWS; tried++, position += search.step) {
    if (position < begin || position >= end) {
      const where = search.step === 1 ? 'further down' : 'further up';
      const answer = {
        text: `no message ${where}: ${search.text}`,
        alarming: true,
        untilMillis: model.nowMillis + NOT_FOUND_MILLIS,
      };
      return { ...model, search: undefined, answer };
    }
    const row = model.history.at(position);
    if (row !== undefined && search.test(row)) {
      return selected({ ...model, search: undefined }, position);
    }
  }
  return { ...model, search: { ...search, position } };
}

const NOT_FOUND_MILLIS = 6_000;

function rowTest(model: Model, text: string): RowTest {
  if (model.compileFilter === undefined) throw new InputError('there are no filters here');
  const matches = model.compileFilter(text);
  return (row) => matches(row.message, notesOf(model, row));
}
