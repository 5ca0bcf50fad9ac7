/** The filter of the message list: text to test, and the list moved to where the user was. */
import { InputError } from '../base/problem.ts';
import { annotationsOf, type RowTest } from './history.ts';
import type { Model } from './model.ts';

/** The model with only the matching messages listed; all of them for an empty text. Throws InputError. */
export function setFilter(model: Model, text: string): Model {
  const trimmed = text.trim();
  model.history.filter(trimmed === '' ? undefined : rowTest(model, trimmed));
  const cursor = Math.max(model.history.begin, model.history.end - 1);
  return {
    ...model,
    filterText: trimmed,
    pausedAt: undefined,
    lists: { ...model.lists, messages: { cursor, top: cursor }, detail: { cursor: 0, top: 0 } },
  };
}

function rowTest(model: Model, text: string): RowTest {
  if (model.compileFilter === undefined) throw new InputError('there are no filters here');
  const matches = model.compileFilter(text);
  return (row) => matches(row.message, annotationsOf(row));
}
