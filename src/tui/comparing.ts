/** Which two messages the user wants to see beside each other, and their rows. */
import { InputError } from '../base/problem.ts';
import { type ComparedRow, comparedMessages } from '../render/compare.ts';
import { typeText } from '../render/words.ts';
import type { ComparedMessage, Model } from './model.ts';
import type { Row } from './row-store.ts';

/** The rows of the comparison that is shown, if one is. */
export function comparedRows({ comparison }: Model): readonly ComparedRow[] | undefined {
  return comparison?.rows;
}

/**
 * Shows the comparison that suggests itself, or none if one is shown: two marked messages, else what was sent and what a
 * fault made of it, else a request and its reply. Throws InputError if there is none.
 */
export function comparing(model: Model): Model {
  const detail = { cursor: 0, top: 0 };
  const lists = { ...model.lists, detail };
  if (model.comparison !== undefined) return { ...model, lists, comparison: undefined };
  const [left, right] = sidesOf(model);
  const rows = comparedMessages(left.message, right.message);
  return { ...model, lists, focus: 'detail', comparison: { left, right, rows } };
}

function sidesOf(model: Model): readonly [ComparedMessage, ComparedMessage] {
  const { history, marks } = model;
  const marked = marks.flatMap((number) => history.row(number) ?? []);
  const [first, second] = marked;
  if (marked.length === 2 && first !== undefined && second !== undefined) return [side(first), side(second)];
  const row = history.at(model.lists.messages.cursor);
  if (row?.onward !== undefined) {
    const name = `#${row.message.index}`;
    return [
      { name: `${name} as sent`, message: row.message },
      { name: 'as received', message: row.onward },
    ];
  }
  const asked = row?.replyTo === undefined ? undefined : rowOf(model, row, row.replyTo);
  if (row !== undefined && asked !== undefined) return [side(asked), side(row)];
  const answer = row?.replyIn === undefined ? undefined : rowOf(model, row, row.replyIn);
  if (row !== undefined && answer !== undefined) return [side(row), side(answer)];
  throw new InputError('mark two messages with m, or select one that was answered or changed');
}

function side({ message }: Row): ComparedMessage {
  return { name: `#${message.index} ${typeText(message)}`, message };
}

function rowOf({ history }: Model, { message }: Row, index: number): Row | undefined {
  const number = history.numberOf(message.protocol, index);
  return number === undefined ? undefined : history.row(number);
}
