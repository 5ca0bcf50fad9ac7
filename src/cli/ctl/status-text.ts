/** The status of a server and its leases as lines for people. The same as JSON: `--json`. */
import { safeText } from '../../render/escape.ts';
import type { LeaseStatus, PoolStatus, RelationshipStatus, ServerStatus } from '../../server/status.ts';

/** Transitions and alarms that are shown of each relationship. */
const HISTORY_SHOWN = 5;

export function statusLines(status: ServerStatus): readonly string[] {
  const { failover, dhcpv6 } = status.listening;
  const listening = [...failover.map((on) => `failover on ${on}`), ...dhcpv6.map((on) => `dhcpv6 on ${on}`)];
  const answers = countsText(status.clients.answered);
  const silences = countsText(status.clients.unanswered);
  return [
    `leasetap ${status.version}, DUID ${status.duid}, up ${durationText(status.uptime_seconds)}`,
    `listening: ${listening.join(', ') || 'nowhere'}`,
    `clients: ${answers === '' ? 'nothing answered yet' : `answered ${answers}`}`,
    ...(silences === '' ? [] : [`  not answered: ${silences}`]),
    ...status.relationships.flatMap((relationship) => ['', ...relationshipLines(relationship)]),
  ];
}

function relationshipLines(one: RelationshipStatus): readonly string[] {
  const partner =
    one.partner_state === null
      ? 'never heard of'
      : `${one.partner_state} since ${timeText(one.partner_since_iso)}`;
  const skew = one.skew_seconds === null ? '' : `, its clock ${signed(one.skew_seconds)} s`;
  return [
    `${safeText(one.name)}: ${one.role}, ${one.state} since ${timeText(one.since_iso)}, ${one.responsiveness}`,
    `  partner ${one.partner_address}: ${partner}, communications ${one.communications}${skew}`,
    ...troubleLines(one.connection_trouble),
    ...(['sent', 'received'] as const).flatMap((direction) => {
      const counts = countsText(one.messages[direction]);
      return counts === '' ? [] : [`  ${direction}: ${counts}`];
    }),
    `  updates: ${one.updates_needed} to be acknowledged, ${one.updates_unacked} under way`,
    ...one.next.map(({ what, section, in_seconds }) => {
      const when = in_seconds === null ? 'then' : `in ${durationText(in_seconds)}`;
      return `  ${when.padEnd(10)} ${what} (RFC 8156 ${section})`;
    }),
    ...one.pools.map(poolLine),
    ...one.history
      .slice(-HISTORY_SHOWN)
      .map(
        ({ time_iso, kind, text, section }) =>
          `  ${timeText(time_iso)} ${kind}: ${safeText(text)} (${section})`,
      ),
  ];
}

function troubleLines(trouble: RelationshipStatus['connection_trouble']): readonly string[] {
  if (trouble === null) return [];
  const { why, attempts, since_iso } = trouble;
  return [
    `  NO CONNECTION: ${safeText(why)} (${attempts === 1 ? 'once' : `${attempts} times`} since ${timeText(since_iso)})`,
  ];
}

function poolLine({ kind, range, size, leases }: PoolStatus): string {
  const onRecord = Object.values(leases).reduce((sum, count) => sum + count, 0);
  const counts = [...Object.entries(leases), ['never leased', size - onRecord] as const];
  const what = kind === 'address' ? 'addresses' : 'prefixes';
  return `  pool ${range}: ${size} ${what}: ${counts.map(([status, count]) => `${count} ${status}`).join(', ')}`;
}

/** One lease on one line; `leaseHeading` names the columns. */
export function leaseLine(lease: LeaseStatus): string {
  const client = lease.client === null ? '-' : `${lease.client} ${lease.ia} ${lease.iaid}`;
  const until = lease.state_expiration_time_iso === null ? '-' : timeText(lease.state_expiration_time_iso);
  const told = lease.update_needed ? 'no' : 'yes';
  const rejected = lease.rejected_with === null ? '' : ` (rejected with status ${lease.rejected_with})`;
  return `${lease.resource.padEnd(28)} ${lease.binding_status.padEnd(12)} ${until.padEnd(19)} ${told.padEnd(5)} ${client}${rejected}`;
}

export const leaseHeading = `${'LEASE'.padEnd(28)} ${'STATUS'.padEnd(12)} ${'UNTIL (UTC)'.padEnd(19)} ACKED CLIENT`;

function timeText(iso: string | null): string {
  return iso === null ? '?' : iso.slice(0, 19).replace('T', ' ');
}

function durationText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(1)}`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} ${safeText(kind)}`)
    .join(', ');
}
