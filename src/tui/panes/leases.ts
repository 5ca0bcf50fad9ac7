/** The lease table: what each server holds, what was acknowledged, and where the two may disagree. */
import { divergenceOf, heldBy, type LeaseView, type Statement } from '../../analyze/leases.ts';
import { padText } from '../../render/escape.ts';
import { type Line, type Span, span } from '../../render/style.ts';
import { clientText } from '../../render/text.ts';
import { block, fitLine, listLines } from '../draw.ts';
import { contentRows, LEASE_HEADINGS, type Place } from '../layout.ts';
import type { Model } from '../model.ts';
import { leaseRows, rangeOf, timeOf } from '../rows.ts';

const LEASE_COLUMNS = 23;
const STATUS_COLUMNS = 13;

export function leasesTitle(model: Model): string {
  return model.onlyDivergent ? 'Leases that diverge' : 'Leases';
}

export function leasesLines(model: Model, place: Place, focused: boolean): Line[] {
  const rows = leaseRows(model);
  const heading: Line = [
    span(padText('   lease', LEASE_COLUMNS + 3), 'dim'),
    span(padText('primary', STATUS_COLUMNS), 'dim'),
    span(padText('secondary', STATUS_COLUMNS), 'dim'),
    span(padText('acked', STATUS_COLUMNS), 'dim'),
    span('client or trouble', 'dim'),
  ];
  const size = { columns: place.columns, rows: contentRows(place) - LEASE_HEADINGS };
  const lines = listLines(model.lists.leases, rangeOf(model, 'leases'), size, focused, (at) => {
    const lease = rows[at];
    return lease === undefined ? [] : leaseLine(lease, timeOf(model));
  });
  const selected = rows[model.lists.leases.cursor];
  const story = selected === undefined ? [] : [span(storyOf(selected), 'dim')];
  return [
    fitLine(heading, place.columns),
    ...block(lines, place.columns, size.rows),
    fitLine(story, place.columns),
  ];
}

/** The newest statement about the lease and what became of it, in full. */
function storyOf(lease: LeaseView): string {
  const newest = lease.statements.at(-1);
  if (newest === undefined) return '';
  const answer = newest.replyIndex === undefined ? '' : ` in #${newest.replyIndex}`;
  const reason = newest.reason === undefined ? '' : ` (${newest.reason})`;
  return `   #${newest.messageIndex} ${newest.by} said ${newest.bindingStatus}: ${newest.outcome}${reason}${answer}`;
}

function leaseLine(lease: LeaseView, now: number): Line {
  const trouble = divergenceOf(lease, now);
  const parts: Span[] = [
    span(trouble === undefined ? '  ' : '! ', 'bad'),
    span(padText(lease.text, LEASE_COLUMNS), 'address'),
    statusSpan(heldBy(lease, 'primary')),
    statusSpan(heldBy(lease, 'secondary')),
    statusSpan(lease.acked),
  ];
  if (trouble !== undefined) parts.push(span(trouble, 'bad'));
  else parts.push(span(clientText(lease.statements.at(-1)?.client ?? ''), 'dim'));
  return parts;
}

function statusSpan(statement: Statement | undefined): Span {
  return span(
    padText(statement?.bindingStatus ?? '-', STATUS_COLUMNS),
    statement === undefined ? 'dim' : 'plain',
  );
}
