/** News of a server as a line for people and as an object for programs (its log, and the events of its control). */
import { formatSocketAddress } from '../base/socket-address.ts';
import { resourceText } from '../failover/lease.ts';
import type { ServerNews, Told } from './news.ts';
import { type LeaseStatus, leaseStatus } from './status.ts';

/** Leases of one commit that a line names. */
const LEASES_NAMED_MAX = 4;

/** One event as JSON. `kind` says what it is: a kind of note, `alarm`, `leases`, `listening`, `refused`, …. */
export interface ServerEvent {
  readonly time_iso: string;
  readonly kind: string;
  readonly relationship: string | null;
  readonly text: string;
  /** Of RFC 8156, as `§8.9.2`. */
  readonly section: string | null;
  /** For a transition. */
  readonly from: string | null;
  readonly to: string | null;
  /** For `leases`: those that are stored now. */
  readonly leases: readonly LeaseStatus[] | null;
}

export function serverEvent({ time, news }: Told): ServerEvent {
  const relationship = 'relationship' in news ? news.relationship : null;
  return {
    time_iso: new Date(time).toISOString(),
    kind: news.kind === 'note' ? news.event : news.kind,
    relationship,
    text: newsText(news),
    section: 'section' in news ? news.section : null,
    from: news.kind === 'note' ? (news.from ?? null) : null,
    to: news.kind === 'note' ? (news.to ?? null) : null,
    leases: news.kind === 'leases' ? news.leases.map((lease) => leaseStatus(news.relationship, lease)) : null,
  };
}

/** `2026-11-21T00:00:00.000Z lab transition: STARTUP -> RECOVER (…) §8.3.2`, without newline. */
export function newsLine(told: Told): string {
  const { time_iso, relationship, kind, text, section } = serverEvent(told);
  const who = relationship === null ? '' : ` ${relationship}`;
  return `${time_iso}${who} ${kind}: ${text}${section === null ? '' : ` ${section}`}`;
}

function newsText(news: ServerNews): string {
  switch (news.kind) {
    case 'listening':
      return `${news.what} on ${news.where}`;
    case 'refused':
      return `a connection from ${formatSocketAddress(news.from)}: ${news.why}`;
    case 'stopping':
      return 'telling partners and closing';
    case 'leases': {
      const named = news.leases
        .slice(0, LEASES_NAMED_MAX)
        .map((lease) => `${resourceText(lease)} ${lease.status}`);
      const more = news.leases.length - named.length;
      return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    }
    case 'alarm':
    case 'note':
      return news.text;
  }
}
