/** One relationship as it lives: its two ends, the connection between them, and what must hold in it. */
import { secondsBetween } from '../base/time.ts';
import { type Lease, resourceText, sameClientIa } from '../failover/lease.ts';
import type { Role } from '../failover/machine.ts';
import type { Checks } from './checks.ts';
import type { Network } from './network.ts';
import type { Party } from './party.ts';
import { otherRole, ROLES } from './topology.ts';

/** Expirations that differ by at most so much are the same for two clocks. */
const SAME_EXPIRATION_SECONDS = 10;

export interface Bond {
  readonly index: number;
  /** `A-B` */
  readonly name: string;
  readonly ends: Readonly<Record<Role, Party>>;
  readonly network: Network;
  readonly checks: Checks;
}

/** What keeps the two ends from being in NORMAL with equal bindings, in words; or nothing. */
export function differenceIn({ name, ends }: Bond): string | undefined {
  const { primary, secondary } = ends;
  if (!primary.isUp || !secondary.isUp) return `${name}: a server is not running`;
  if (primary.state !== 'NORMAL' || secondary.state !== 'NORMAL') {
    return `${name}: primary ${primary.state}, secondary ${secondary.state}`;
  }
  for (const role of ROLES) {
    const partner = ends[otherRole(role)].endpoint;
    for (const lease of ends[role].endpoint?.allLeases() ?? []) {
      const why = differs(lease, partner?.clients.find(lease));
      if (why !== undefined) return `${name}: ${resourceText(lease)} on the ${role}: ${why}`;
    }
  }
  return undefined;
}

/** How two servers' leases differ where clients or prefixes are concerned, or nothing. */
function differs(mine: Lease, theirs: Lease | undefined): string | undefined {
  const unknown = mine.kind === 'prefix' || mine.status !== 'FREE' ? 'is unknown to the partner' : undefined;
  if (theirs === undefined) return mine.status === 'FREE' && mine.kind === 'prefix' ? undefined : unknown;
  if (mine.status !== theirs.status) return `${mine.status}, for the partner ${theirs.status}`;
  if (mine.status !== 'ACTIVE') return undefined;
  if (mine.holder === undefined || theirs.holder === undefined || !sameClientIa(mine.holder, theirs.holder)) {
    return 'the partner has another client';
  }
  const apart = secondsBetween(mine.stateExpirationTime ?? 0, theirs.stateExpirationTime ?? 0);
  return Math.abs(apart) <= SAME_EXPIRATION_SECONDS ? undefined : `expires ${apart} s apart`;
}
