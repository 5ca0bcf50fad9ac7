/** The top of the screen: what this is, both servers with state, skew and window, and what happens next. */
import { type EndpointView, otherRole, type Relationship } from '../../analyze/relationships.ts';
import { type Timer, timersOf } from '../../analyze/timers.ts';
import { SAME_TIME_SECONDS } from '../../base/time.ts';
import { padText, safeText } from '../../render/escape.ts';
import { type Line, type Span, type Style, span } from '../../render/style.ts';
import { durationText } from '../../render/words.ts';
import { fitLine } from '../draw.ts';
import { HEADER_ROWS } from '../layout.ts';
import type { Model } from '../model.ts';
import { shownRelationship, timeOf } from '../rows.ts';

export function headerLines(model: Model): Line[] {
  const relationship = shownRelationship(model);
  const now = timeOf(model);
  const lines = [
    titleRow(model, relationship),
    endpointRow('primary', relationship, model, now),
    endpointRow('secondary', relationship, model, now),
    nextRow(model, relationship, now),
  ];
  return lines.slice(0, HEADER_ROWS).map((line) => fitLine(line, model.size.columns));
}

function titleRow(model: Model, relationship: Relationship | undefined): Line {
  const of = model.analysis.relationships().length;
  // The name that its user gave it tells more than the one that the servers agreed on, of which there may be several.
  const given = relationship?.connection.relationship ?? relationship?.name ?? '';
  const name = given === '' ? '' : ` "${safeText(given)}"`;
  const others = of > 1 ? ` (one of ${of})` : '';
  const mode = model.ended ?? (model.pausedAt !== undefined ? 'PAUSED' : model.live ? 'live' : 'reading');
  const { size, total } = model.history;
  const count = total === 1 ? '1 message' : `${total} messages`;
  const kept = size < total ? `${count}, the last ${size} kept` : count;
  return [
    span('leasetap ', 'title'),
    span(`${safeText(model.title)}${name}`, 'strong'),
    span(others, 'dim'),
    span(`  ${clock(timeOf(model))} UTC  ${kept}  `),
    span(safeText(mode), model.pausedAt === undefined ? 'dim' : 'warn'),
  ];
}

function clock(millis: number): string {
  return millis === 0 ? '--:--:--' : new Date(millis).toISOString().slice(11, 19);
}

/** What a state means for clients: good, worth a look, or a reason to act. */
const STATE_STYLE: Readonly<Record<string, Style>> = {
  NORMAL: 'good',
  'PARTNER-DOWN': 'bad',
  'COMMUNICATIONS-INTERRUPTED': 'bad',
  'POTENTIAL-CONFLICT': 'bad',
  'RESOLUTION-INTERRUPTED': 'bad',
};

/** From this width on there is room for the number of leases. */
const LEASES_FROM_COLUMNS = 100;

function endpointRow(
  role: 'primary' | 'secondary',
  relationship: Relationship | undefined,
  { servers, size: { columns } }: Model,
  now: number,
): Line {
  const view = relationship?.[role];
  const server = servers.find((one) => one.role === role);
  const state = server?.state ?? view?.state ?? 'not heard yet';
  const onWire = server !== undefined && view?.state !== undefined && view.state !== server.state;
  const parts: Span[] = [
    span(padText(role, 10), 'strong'),
    span(padText(safeText(state), 26), STATE_STYLE[state] ?? 'warn'),
    span(` ${padText(sinceText(view, now), 7)}`),
  ];
  if (view !== undefined) parts.push(...wireSpans(view, relationship, now));
  if (onWire) parts.push(span(` announced ${view.state}`, 'warn'));
  if (server?.leases !== undefined && columns >= LEASES_FROM_COLUMNS)
    parts.push(span(server.leases === 1 ? '  1 lease' : `  ${server.leases} leases`));
  return parts;
}

function sinceText(view: EndpointView | undefined, now: number): string {
  if (view?.stateSeenMillis === undefined || now < view.stateSeenMillis) return '';
  return shortDuration(now - view.stateSeenMillis);
}

function wireSpans(view: EndpointView, relationship: Relationship | undefined, now: number): Span[] {
  const partner = relationship?.[otherRole(view.role)];
  const spans: Span[] = [];
  if (view.skewSeconds !== undefined) {
    const style: Style = Math.abs(view.skewSeconds) > SAME_TIME_SECONDS ? 'bad' : 'plain';
    spans.push(span(padText(`skew ${signed(view.skewSeconds)}s`, 12), style));
  }
  const window = partner?.maxUnackedBndupd;
  const full = window !== undefined && view.unacked >= window;
  spans.push(span(padText(`window ${view.unacked}/${window ?? '?'}`, 13), full ? 'warn' : 'plain'));
  if (view.lastHeardMillis !== undefined) {
    spans.push(span(`heard ${shortDuration(Math.max(0, now - view.lastHeardMillis))}`, 'dim'));
  }
  return spans;
}

function signed(seconds: number): string {
  const text = Math.abs(seconds) >= 1000 ? seconds.toFixed(0) : seconds.toFixed(1);
  return seconds < 0 ? text : `+${text}`;
}

function nextRow(model: Model, relationship: Relationship | undefined, now: number): Line {
  if (!model.live || relationship === undefined) return [];
  const parts: Span[] = [];
  if (!relationship.up) parts.push(span('no connection', 'bad'));
  const telling = model.servers.filter((server) => server.next !== undefined);
  for (const { role, next, nextAtMillis } of telling) {
    parts.push(span(`${role}: ${safeText(next ?? '')}${inText(nextAtMillis, now)}`));
  }
  for (const timer of timersOf(relationship)) {
    // A server that tells its plans knows them better than the wire does.
    const told = telling.some((server) => server.role === timer.role) && !timer.alarming;
    if (told || timer.atMillis < now - PASSED_MILLIS) continue;
    const near = timer.alarming && timer.atMillis - now < NEAR_MILLIS;
    parts.push(span(timerText(timer, now), near ? 'bad' : 'plain'));
  }
  return [
    span('next  ', 'dim'),
    ...parts.flatMap((part, index) => (index === 0 ? part : [span('; '), part])),
  ];
}

/** How long a timer that ran out is still shown. */
const PASSED_MILLIS = 1_000;
/** A bad end that is nearer than this stands out. */
const NEAR_MILLIS = 10_000;

function timerText(timer: Timer, now: number): string {
  return `${timer.role}: ${timer.what}${inText(timer.atMillis, now)}`;
}

function inText(atMillis: number | undefined, now: number): string {
  return atMillis === undefined ? '' : ` in ${shortDuration(Math.max(0, atMillis - now))}`;
}

/** Whole seconds below a minute: a countdown, not a measurement. */
function shortDuration(millis: number): string {
  return millis < 60_000 ? `${Math.floor(millis / 1000)}s` : durationText(millis);
}
