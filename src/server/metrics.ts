/** The status of a server in the text format of Prometheus (exposition format 0.0.4). */
import { BINDING_STATUSES, ENDPOINT_STATES } from '../failover/state.ts';
import type { RelationshipStatus, ServerStatus } from './status.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export function metricsText({ relationships, clients, uptime_seconds }: ServerStatus): string {
  return [
    metric('leasetap_uptime_seconds', 'gauge', 'Time since the server started.', [[{}, uptime_seconds]]),
    ...failoverMetrics(relationships),
    metric(
      'leasetap_client_answers_total',
      'counter',
      'Answers to clients.',
      counted(clients.answered, 'type'),
    ),
    metric(
      'leasetap_client_unanswered_total',
      'counter',
      'Messages of clients that were not answered.',
      counted(clients.unanswered, 'reason'),
    ),
  ].join('');
}

function failoverMetrics(relationships: readonly RelationshipStatus[]): readonly string[] {
  const each = (sample: (one: RelationshipStatus) => readonly Sample[]) => relationships.flatMap(sample);
  const gauge = (name: string, help: string, value: (one: RelationshipStatus) => number | null) => {
    const samples = each((one) => {
      const number = value(one);
      return number === null ? [] : [[{ relationship: one.name }, number] as const];
    });
    return metric(name, 'gauge', help, samples);
  };
  const states = each((one) =>
    ENDPOINT_STATES.map((state) => [{ relationship: one.name, state }, one.state === state ? 1 : 0] as const),
  );
  const messages = each(({ name: relationship, messages: { sent, received } }) => [
    ...counted(sent, 'type', { relationship, direction: 'sent' }),
    ...counted(received, 'type', { relationship, direction: 'received' }),
  ]);
  const leases = each((one) =>
    one.pools.flatMap((pool) =>
      BINDING_STATUSES.map(
        (status) => [{ relationship: one.name, pool: pool.range, status }, pool.leases[status] ?? 0] as const,
      ),
    ),
  );
  return [
    metric('leasetap_endpoint_state', 'gauge', '1 for the state that the endpoint is in.', states),
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
    metric(
      'leasetap_failover_messages_total',
      'counter',
      'Failover messages by direction and type.',
      messages,
    ),
    metric('leasetap_leases', 'gauge', 'Leases on record by pool and binding-status.', leases),
  ];
}

function counted(
  counts: Readonly<Record<string, number>>,
  label: string,
  more: Labels = {},
): readonly Sample[] {
  return Object.entries(counts).map(([kind, count]) => [{ ...more, [label]: kind }, count] as const);
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
