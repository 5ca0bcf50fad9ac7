/** The filter of the message list: text to test, and the list moved to where the user was. */

import { InputError } from '../base/problem.ts';
import { factsOf } from '../dissect/facts.ts';
import { directionName } from '../dissect/roles.ts';
import { safeText } from '../render/escape.ts';
import type { RowTest } from './history.ts';
import type { Model } from './model.ts';

/** The model with only the matching messages listed; all of them for an empty text. Throws InputError. */
export function setFilter(model: Model, text: string): Model {
  const trimmed = text.trim();
  model.history.filter(trimmed === '' ? undefined : compile(trimmed));
  const cursor = Math.max(model.history.begin, model.history.end - 1);
  return {
    ...model,
    filterText: trimmed,
    pausedAt: undefined,
    lists: { ...model.lists, messages: { cursor, top: cursor }, detail: { cursor: 0, top: 0 } },
  };
}

function compile(text: string): RowTest {
  const lease = /^lease == (\S+)$/.exec(text)?.[1];
  if (lease !== undefined) return (row) => factsOf(row.message).leases.some((one) => one.text === lease);
  const word = /^[A-Za-z>-]+$/.test(text) ? text : undefined;
  if (word === undefined) throw new InputError(`not a filter: ${safeText(text)}`);
  return (row) => row.message.msgName === word.toUpperCase() || directionName(row.message) === word;
}
