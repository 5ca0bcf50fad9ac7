/** The lease table: what each server holds, what was acknowledged, and where the two may disagree. */
import { divergenceOf, heldBy, type LeaseView, type Statement } from '../../analyze/leases.ts';
import { padText } from '../../render/escape.ts';
import { type Line, type Span, span } from '../../render/style.ts';
import { clientText } from '../../render/words.ts';
import { block, fitLine, listLines } from '../draw.ts';
import { contentRows, LEASE_HEADINGS, type Place } from '../layout.ts';
import type { Model } from '../model.ts';
import { leaseRows, rangeOf, timeOf } from '../rows.ts';

/** Of the lease itself, by the longest one on the screen. */
const LEASE_COLUMNS_MIN = 12;
const LEASE_COLUMNS_MAX = 30;
/** `PENDING-FREE` and a space. */
const STATUS_COLUMNS = 13;

export function leasesTitle(model: Model): string {
  return model.onlyDivergent ? 'Leases that diverge' : 'Leases';
}

export function leasesLines(model: Model, place: Place, focused: boolean): Line[] {
  const rows = leaseRows(model);
  const size = { columns: place.columns, rows: contentRows(place) - LEASE_HEADINGS };
  const { top } = model.lists.leases;
  const widths = widthsOf(rows.slice(top, top + size.rows));
  const lines = listLines(model.lists.leases, rangeOf(model, 'leases'), size, focused, (at) => {
    const lease = rows[at];
    return lease === undefined ? [] : leaseLine(lease, timeOf(model), widths);
  });
  const selected = rows[model.lists.leases.cursor];
  const story = selected === undefined ? [] : [span(storyOf(selected), 'dim')];
  return [
    fitLine(headingLine(widths), place.columns),
    ...block(lines, place.columns, size.rows),
    fitLine(story, place.columns),
  ];
}

interface Widths {
  readonly lease: number;
  readonly status: number;
}

/** As narrow as the rows on the screen allow, so that there is room for the trouble. */
function widthsOf(shown: readonly LeaseView[]): Widths {
  const statusOf = (lease: LeaseView): number =>
    Math.max(...lease.statements.map((statement) => statement.bindingStatus.length));
  return {
    lease: Math.min(
      LEASE_COLUMNS_MAX,
      Math.max(LEASE_COLUMNS_MIN, ...shown.map((lease) => lease.text.length + 1)),
    ),
    status: Math.min(
      STATUS_COLUMNS,
      Math.max('secondary '.length, ...shown.map((lease) => statusOf(lease) + 1)),
    ),
  };
}

function headingLine({ lease, status }: Widths): Line {
  return [
    span(padText('   lease', lease + 3), 'dim'),
    span(padText('primary', status), 'dim'),
    span(padText('secondary', status), 'dim'),
    span(padText('acked', status), 'dim'),
    span('client or trouble', 'dim'),
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

function leaseLine(lease: LeaseView, now: number, widths: Widths): Line {
  const trouble = divergenceOf(lease, now);
  const parts: Span[] = [
    span(trouble === undefined ? '  ' : '! ', 'bad'),
    span(padText(lease.text, widths.lease), 'address'),
    statusSpan(heldBy(lease, 'primary'), widths.status),
    statusSpan(heldBy(lease, 'secondary'), widths.status),
    statusSpan(lease.acked, widths.status),
  ];
  if (trouble !== undefined) parts.push(span(trouble, 'bad'));
  else parts.push(span(clientText(lease.statements.at(-1)?.client ?? ''), 'dim'));
  return parts;
}

function statusSpan(statement: Statement | undefined, columns: number): Span {
  return span(padText(statement?.bindingStatus ?? '-', columns), statement === undefined ? 'dim' : 'plain');
}
