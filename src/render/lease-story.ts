/** What both servers said about a lease, in order, and whether they can be of different minds: as lines and as JSON. */

import { divergenceOf, type LeaseView, type Statement } from '../analyze/leases.ts';
import { jsonText } from '../base/json-text.ts';
import { isoOfEpoch2000 } from '../base/time.ts';
import { timestampOfMillis } from '../base/timestamp.ts';
import { padText } from './escape.ts';
import { type Line, span } from './style.ts';
import { clientText, clockText } from './words.ts';

/** A heading and one line for each statement. `nowMillis`: when the story is told. */
export function leaseLines(lease: LeaseView, nowMillis: number): Line[] {
  const trouble = divergenceOf(lease, nowMillis);
  const agreed = lease.acked === undefined ? 'never acknowledged' : `agreed: ${lease.acked.bindingStatus}`;
  const heading: Line = [
    span(lease.text, 'address'),
    span('  '),
    trouble === undefined ? span(agreed, 'good') : span(`DIVERGES: ${trouble}`, 'bad'),
  ];
  return [heading, ...lease.statements.map(statementLine)];
}

function statementLine(statement: Statement): Line {
  const { outcome, reason, replyIndex, messageIndex } = statement;
  const answer = replyIndex === undefined ? '' : ` by #${replyIndex}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  const until =
    statement.stateExpirationTime === undefined
      ? ''
      : ` until ${isoOfEpoch2000(statement.stateExpirationTime)}`;
  const client = statement.client === undefined ? '' : ` client ${clientText(statement.client)}`;
  return [
    span(`  ${clockText(timestampOfMillis(statement.atMillis))}  ${`#${messageIndex}`.padEnd(6)} `, 'dim'),
    span(padText(statement.by, 10), statement.by === 'primary' ? 'toSecondary' : 'toPrimary'),
    span(`${padText(statement.bindingStatus, 12)}${until}${client}`),
    span(
      `  ${outcome}${why}${answer}`,
      outcome === 'acked' ? 'good' : outcome === 'pending' ? 'warn' : 'bad',
    ),
  ];
}

/** One JSON object in one line; absolute times are seconds since 2000, as in messages. */
export function leaseJson(lease: LeaseView, nowMillis: number): string {
  return jsonText({
    lease: lease.text,
    kind: lease.kind,
    divergence: divergenceOf(lease, nowMillis) ?? null,
    agreed: lease.acked?.bindingStatus ?? null,
    statements: lease.statements.map((one) => ({
      by: one.by,
      index: one.messageIndex,
      reply_index: one.replyIndex ?? null,
      time: new Date(one.atMillis).toISOString(),
      binding_status: one.bindingStatus,
      client: one.client ?? null,
      state_expiration_time: one.stateExpirationTime ?? null,
      partner_lifetime: one.partnerLifetime ?? null,
      outcome: one.outcome,
      reason: one.reason ?? null,
    })),
  });
}
