/**
 * What happens next, as far as the wire tells: which timers run in the two servers and when they end. A deadline
 * is what the RFC makes of what was announced; a server's own configuration may be stricter.
 */
import type { EndpointView, Relationship, Role } from './relationships.ts';

export interface Timer {
  readonly role: Role;
  /** One short phrase, e.g. `drops the connection`. */
  readonly what: string;
  /** Unix milliseconds, by the capture's clock. */
  readonly atMillis: number;
  readonly section: string;
  /** Whether passing it is bad news. */
  readonly alarming: boolean;
}

/** FO_CONTACT_PER_KEEPALIVE_TIME (RFC 8156 §6.5), its default. */
const CONTACTS_PER_KEEPALIVE_TIME = 4;

/** The timers of both servers, the next one first. */
export function timersOf(relationship: Relationship): Timer[] {
  const { primary, secondary, mclt, up } = relationship;
  const timers = [
    ...(up ? connectionTimers(primary, secondary) : []),
    ...(up ? connectionTimers(secondary, primary) : []),
    ...stateTimers(primary, mclt),
    ...stateTimers(secondary, mclt),
  ];
  return timers.sort((a, b) => a.atMillis - b.atMillis);
}

/** `partner` promised to drop the connection if it hears nothing for its keepalive-time (§6.5, §6.6). */
function connectionTimers(endpoint: EndpointView, partner: EndpointView): Timer[] {
  const { lastHeardMillis } = endpoint;
  const { keepaliveTime } = partner;
  if (lastHeardMillis === undefined || keepaliveTime === undefined || keepaliveTime === 0) return [];
  return [
    {
      role: endpoint.role,
      what: 'CONTACT',
      atMillis: lastHeardMillis + (keepaliveTime * 1000) / CONTACTS_PER_KEEPALIVE_TIME,
      section: '§6.6',
      alarming: false,
    },
    {
      role: partner.role,
      what: 'drops the connection',
      atMillis: lastHeardMillis + keepaliveTime * 1000,
      section: '§6.6',
      alarming: true,
    },
  ];
}

function stateTimers(endpoint: EndpointView, mclt: number | undefined): Timer[] {
  const { stateSeenMillis, state, role } = endpoint;
  if (stateSeenMillis === undefined || mclt === undefined) return [];
  const atMillis = stateSeenMillis + mclt * 1000;
  if (state === 'RECOVER-WAIT') {
    return [{ role, what: 'RECOVER-DONE', atMillis, section: '§8.6.2', alarming: false }];
  }
  if (state === 'PARTNER-DOWN') {
    return [{ role, what: "the partner's leases are free", atMillis, section: '§8.4.1', alarming: false }];
  }
  return [];
}
