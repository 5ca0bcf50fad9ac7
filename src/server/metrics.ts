/** The status of a server as Prometheus reads it. */
import { exposition, type Family, family, type Labels, type Sample } from '../control/exposition.ts';
import { BINDING_STATUSES, ENDPOINT_STATES } from '../failover/state.ts';
import type { RelationshipStatus, ServerStatus } from './status.ts';

export function metricsText({ relationships, clients, uptime_seconds }: ServerStatus): string {
  return exposition([
    family('leasetap_uptime_seconds', 'gauge', 'Time since the server started.', [
      { labels: {}, value: uptime_seconds },
    ]),
    ...failoverMetrics(relationships),
    family(
      'leasetap_client_answers_total',
      'counter',
      'Answers to clients.',
      counted(clients.answered, 'type'),
    ),
    family(
      'leasetap_client_unanswered_total',
      'counter',
      'Messages of clients that were not answered.',
      counted(clients.unanswered, 'reason'),
    ),
  ]);
}

function failoverMetrics(relationships: readonly RelationshipStatus[]): readonly Family[] {
  const each = (sample: (one: RelationshipStatus) => readonly Sample[]) => relationships.flatMap(sample);
  const gauge = (name: string, help: string, value: (one: RelationshipStatus) => number | null) => {
    const samples = each((one) => {
      const number = value(one);
      return number === null ? [] : [{ labels: { relationship: one.name }, value: number }];
    });
    return family(name, 'gauge', help, samples);
  };
  const states = each((one) =>
    ENDPOINT_STATES.map((state) => ({
      labels: { relationship: one.name, state },
      value: one.state === state ? 1 : 0,
    })),
  );
  const messages = each(({ name: relationship, messages: { sent, received } }) => [
    ...counted(sent, 'type', { relationship, direction: 'sent' }),
    ...counted(received, 'type', { relationship, direction: 'received' }),
  ]);
  const leases = each((one) =>
    one.pools.flatMap((pool) =>
      BINDING_STATUSES.map((status) => ({
        labels: { relationship: one.name, pool: pool.range, status },
        value: pool.leases[status] ?? 0,
      })),
    ),
  );
  return [
    family('leasetap_endpoint_state', 'gauge', '1 for the state that the endpoint is in.', states),
    gauge('leasetap_communications_ok', 'Whether messages of the partner are received.', (one) =>
      one.communications === 'ok' ? 1 : 0,
    ),
    gauge('leasetap_partner_skew_seconds', "The partner's clock minus ours.", (one) => one.skew_seconds),
    gauge(
      'leasetap_updates_needed',
      'Leases that the partner has not acknowledged.',
      (one) => one.updates_needed,
    ),
    gauge('leasetap_updates_unacked', 'BNDUPDs under way.', (one) => one.updates_unacked),
    family(
      'leasetap_failover_messages_total',
      'counter',
      'Failover messages by direction and type.',
      messages,
    ),
    family('leasetap_leases', 'gauge', 'Leases on record by pool and binding-status.', leases),
  ];
}

function counted(
  counts: Readonly<Record<string, number>>,
  label: string,
  more: Labels = {},
): readonly Sample[] {
  return Object.entries(counts).map(([kind, value]) => ({ labels: { ...more, [label]: kind }, value }));
}
