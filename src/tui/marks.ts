/** Messages that the user has marked, to come back to or to compare. */
import { InputError } from '../base/problem.ts';
import { selected } from './filtering.ts';
import type { Model } from './model.ts';

/** So many marks are for finding one's way; more are a filter. */
const MARKS_MAX = 1_000;

export function toggledMark(model: Model): Model {
  const number = model.history.numberAt(model.lists.messages.cursor);
  if (number === undefined) return model;
  if (model.marks.includes(number)) return { ...model, marks: model.marks.filter((mark) => mark !== number) };
  if (model.marks.length >= MARKS_MAX) throw new InputError(`there are ${MARKS_MAX} marks already`);
  return { ...model, marks: [...model.marks, number].sort((a, b) => a - b) };
}

/** The cursor on the next marked message that is shown, or the one before; around the ends. */
export function nextMark(model: Model, step: 1 | -1): Model {
  const { history } = model;
  const shown = model.marks.filter((mark) => history.numberAt(history.positionOf(mark)) === mark);
  const here = history.numberAt(model.lists.messages.cursor) ?? -1;
  const inOrder = step === 1 ? shown : shown.toReversed();
  const next = inOrder.find((mark) => (mark - here) * step > 0) ?? inOrder[0];
  if (next === undefined) throw new InputError('no message here is marked: m marks one');
  return { ...selected(model, history.positionOf(next)), follow: false, wanted: undefined };
}
