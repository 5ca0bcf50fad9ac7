/** The status of a server in the text format of Prometheus (exposition format 0.0.4). */
import { BINDING_STATUSES, ENDPOINT_STATES } from '../failover/state.ts';
import type { RelationshipStatus, ServerStatus } from './status.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export function metricsText(status: ServerStatus): string {
  const { relationships, clients } = status;
  const each = (sample: (one: RelationshipStatus) => readonly Sample[]) => relationships.flatMap(sample);
  const gauge = (value: (one: RelationshipStatus) => number | null) =>
    each((one) => {
      const number = value(one);
      return number === null ? [] : [[{ relationship: one.name }, number] as const];
    });
  const states = each((one) =>
    ENDPOINT_STATES.map((state) => [{ relationship: one.name, state }, one.state === state ? 1 : 0] as const),
  );
  const leases = each((one) =>
    one.pools.flatMap((pool) =>
      BINDING_STATUSES.map(
        (status) => [{ relationship: one.name, pool: pool.range, status }, pool.leases[status] ?? 0] as const,
      ),
    ),
  );
  const counted = (counts: Readonly<Record<string, number>>, label: string): readonly Sample[] =>
    Object.entries(counts).map(([kind, count]) => [{ [label]: kind }, count] as const);
  return [
    metric('leasetap_uptime_seconds', 'gauge', 'Time since the server started.', [
      [{}, status.uptime_seconds],
    ]),
    metric('leasetap_endpoint_state', 'gauge', '1 for the state that the endpoint is in.', states),
    metric(
      'leasetap_communications_ok',
      'gauge',
      'Whether messages of the partner are received.',
      gauge((one) => (one.communications === 'ok' ? 1 : 0)),
    ),
    metric(
      'leasetap_partner_skew_seconds',
      'gauge',
      "The partner's clock minus ours.",
      gauge((one) => one.skew_seconds),
    ),
    metric(
      'leasetap_updates_needed',
      'gauge',
      'Leases that the partner has not acknowledged.',
      gauge((one) => one.updates_needed),
    ),
    metric(
      'leasetap_updates_unacked',
      'gauge',
      'BNDUPDs under way.',
      gauge((one) => one.updates_unacked),
    ),
    metric('leasetap_leases', 'gauge', 'Leases on record by pool and binding-status.', leases),
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
