/** What each pane lists at this moment: shared by the drawing and by the moving of cursors. */
import { divergenceOf, type LeaseView } from '../analyze/leases.ts';
import type { Relationship } from '../analyze/relationships.ts';
import { isUnanswered, requestFindings } from '../analyze/request-findings.ts';
import type { Annotations } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import { type TreeRow, treeRows } from '../render/tree.ts';
import { comparedRows } from './comparing.ts';
import type { Model, PaneName } from './model.ts';
import { annotationsOf, type Row } from './row-store.ts';

/** The relationship at the top of the screen: the chosen one, or the one whose connection is the newest. */
export function shownRelationship({ analysis, shown }: Model): Relationship | undefined {
  const all = analysis.relationships();
  return all.find(({ key }) => key === shown) ?? all.at(-1);
}

/** Positions `[begin, end)` of a pane's rows. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

export function rangeOf(model: Model, pane: PaneName): Range {
  switch (pane) {
    case 'messages':
      return {
        begin: model.history.begin,
        end: Math.min(model.history.end, model.pausedAt ?? model.history.end),
      };
    case 'detail':
      return { begin: 0, end: (comparedRows(model) ?? detailRows(model)).length };
    case 'leases':
      return { begin: 0, end: leaseRows(model).length };
    case 'faults':
      return { begin: 0, end: model.faults.length };
    case 'events':
      return { begin: 0, end: model.events.length };
  }
}

export function selectedRow(model: Model): Row | undefined {
  return model.history.at(model.lists.messages.cursor);
}

/** With how many breaches they tell of. */
const trees = new WeakMap<Message, { readonly rows: readonly TreeRow[]; readonly breaches: number }>();

/** What is known of a row's message, with what follows for a request: that it asks again, that nobody answered. */
export function notesOf(model: Model, row: Row): Annotations {
  const notes = annotationsOf(row);
  const unanswered = isUnanswered(row.message, notes.replyIn, timeOf(model));
  const findings = requestFindings(row.repeats === true, unanswered);
  return model.judging.annotated(row.message, findings === undefined ? notes : { ...notes, findings });
}

/** The tree of the selected message. */
export function detailRows(model: Model): readonly TreeRow[] {
  const message = selectedRow(model)?.message;
  if (message === undefined) return [];
  const breaches = model.judging.of(message);
  const known = trees.get(message);
  if (known?.breaches === breaches.length) return known.rows;
  const rows = treeRows(message, model.judging.annotated(message, {}));
  trees.set(message, { rows, breaches: breaches.length });
  return rows;
}

interface LeaseList {
  readonly version: number;
  readonly onlyDivergent: boolean;
  readonly nowSeconds: number;
  readonly rows: readonly LeaseView[];
}

const leaseLists = new WeakMap<Model['analysis'], LeaseList>();

/** Leases, the newest first; only divergent ones if so chosen. Made anew when something changed, at most once a second. */
export function leaseRows(model: Model): readonly LeaseView[] {
  const { leases } = model.analysis;
  const nowSeconds = Math.floor(timeOf(model) / 1000);
  const known = leaseLists.get(model.analysis);
  if (
    known !== undefined &&
    known.version === leases.version &&
    known.onlyDivergent === model.onlyDivergent &&
    (known.nowSeconds === nowSeconds || !model.onlyDivergent)
  ) {
    return known.rows;
  }
  const all = [...leases.all()].reverse();
  const rows = model.onlyDivergent
    ? all.filter((lease) => divergenceOf(lease, timeOf(model)) !== undefined)
    : all;
  leaseLists.set(model.analysis, {
    version: leases.version,
    onlyDivergent: model.onlyDivergent,
    nowSeconds,
    rows,
  });
  return rows;
}

/** Now, for a live session; the time of the last message, for a file. */
export function timeOf(model: Model): number {
  if (model.live && model.ended === undefined) return model.nowMillis;
  return model.analysis.lastMillis;
}
