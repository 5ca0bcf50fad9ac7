/**
 * Accept or reject? RFC 8156 §7.5.4 with figure 4 and its footnotes. Pure judgement about one lease: what an accepted
 * update does to it is in accept.ts.
 */
import { isClearlyAfter, laterOf } from '../base/time.ts';
import { StatusCode } from '../wire/codes.ts';
import { type ClientIa, type Lease, sameClientIa } from './lease.ts';
import type { Role } from './machine.ts';
import type { BindingStatus } from './state.ts';

/** What an update says of one lease, as far as the judgement needs it. Times absolute. */
export interface Claim {
  readonly status: BindingStatus;
  readonly client?: ClientIa | undefined;
  /** OPTION_CLT_TIME, made absolute. */
  readonly cltTime?: number | undefined;
  /** OPTION_F_STATE_EXPIRATION_TIME. */
  readonly stateExpirationTime?: number | undefined;
  readonly startTimeOfState: number;
}

type Rule = 'accept' | 'accept(3)' | 'time(1)' | 'time(2)';

interface Row {
  readonly ACTIVE: Rule;
  readonly EXPIRED: Rule;
  readonly RELEASED: Rule;
  readonly FREE: Rule;
  readonly ABANDONED: Rule;
}

const ALL_ACCEPT: Row = {
  ACTIVE: 'accept',
  EXPIRED: 'accept',
  RELEASED: 'accept',
  FREE: 'accept',
  ABANDONED: 'accept',
};

/** Rows: what this server has. Columns: what was received; FREE stands for FREE-BACKUP too, ABANDONED for RESET. */
export const FIGURE_4 = {
  ACTIVE: {
    ACTIVE: 'accept(3)',
    EXPIRED: 'time(1)',
    RELEASED: 'accept',
    FREE: 'time(1)',
    ABANDONED: 'accept',
  },
  EXPIRED: ALL_ACCEPT,
  RELEASED: ALL_ACCEPT,
  'PENDING-FREE': ALL_ACCEPT,
  FREE: ALL_ACCEPT,
  'FREE-BACKUP': ALL_ACCEPT,
  RESET: { ...ALL_ACCEPT, ACTIVE: 'time(2)' },
  ABANDONED: ALL_ACCEPT,
} as const satisfies Record<BindingStatus, Row>;

const COLUMN = {
  ACTIVE: 'ACTIVE',
  EXPIRED: 'EXPIRED',
  RELEASED: 'RELEASED',
  'PENDING-FREE': 'FREE',
  FREE: 'FREE',
  'FREE-BACKUP': 'FREE',
  RESET: 'ABANDONED',
  ABANDONED: 'ABANDONED',
} as const satisfies Record<BindingStatus, keyof Row>;

/** The time of an update (§7.5.4): of ACTIVE, EXPIRED and RELEASED the client's, of the rest the later one. */
export function timeOfClaim(claim: Claim): number {
  const { cltTime, startTimeOfState } = claim;
  if (cltTime === undefined) return startTimeOfState;
  const aboutClient = claim.status === 'ACTIVE' || claim.status === 'EXPIRED' || claim.status === 'RELEASED';
  return aboutClient ? cltTime : laterOf(cltTime, startTimeOfState);
}

/**
 * The time of a lease on record (§7.5.4). That a lease expired here is a conclusion and no news: if only the partner
 * ever dealt with the client, the lease is as old as what the partner told.
 */
export function timeOfLease(lease: Lease): number {
  const { status, clientLastTransactionTime, partnerRawCltTime, startTimeOfState } = lease;
  if (clientLastTransactionTime !== undefined) return clientLastTransactionTime;
  return status === 'EXPIRED' ? (partnerRawCltTime ?? startTimeOfState) : startTimeOfState;
}

/**
 * The status code to reject with, or `undefined` to accept. `now` is absolute seconds since 2000; times within 5 seconds
 * of each other are the same time (§7.5.1), and the same is not later.
 *
 * §7.5.3 has the receiver decide only about what is not "consistent with the server's already-known state". Two
 * things are consistent: whatever the times say, a status that this server has for the same client already (an update
 * sent again), or another end of the lease which has ended here too; and, where the times are the same, whatever
 * follows on a lease about which the partner has acknowledged all that this server knows, for it knew our state when it
 * made its own. Without them, figure 4 has servers which agree in all that matters reject each other for ever.
 */
export function judge(known: Lease | undefined, claim: Claim, role: Role, now: number): number | undefined {
  if (known === undefined) return undefined;
  const rule: Rule = FIGURE_4[known.status][COLUMN[claim.status]];
  switch (rule) {
    case 'accept':
      return alreadySo(known, claim) || laterOrNext(known, claim, role)
        ? undefined
        : StatusCode.OutdatedBindingInformation;
    case 'time(1)':
      return known.stateExpirationTime !== undefined && isClearlyAfter(now, known.stateExpirationTime)
        ? undefined
        : StatusCode.OutdatedBindingInformation;
    case 'time(2)':
      return dealtWithLater(known, claim) ? undefined : StatusCode.OutdatedBindingInformation;
    case 'accept(3)':
      if (!sameClient(known, claim) && isOvertaken(known, claim, now))
        return StatusCode.OutdatedBindingInformation;
      return sameClient(known, claim) || dealtWithLater(known, claim) || role === 'secondary'
        ? undefined
        : StatusCode.AddressInUse;
  }
}

function sameClient(known: Lease, claim: Claim): boolean {
  if (known.holder === undefined || claim.client === undefined) return known.holder === claim.client;
  return sameClientIa(known.holder, claim.client);
}

/** The same status, or another way in which the same client's lease has ended: who is right changes nothing. */
function alreadySo(known: Lease, claim: Claim): boolean {
  if (!sameClient(known, claim)) return false;
  if (known.status === claim.status) return true;
  if (!ENDED.has(claim.status)) return false;
  // EXPIRED, RELEASED and RESET become FREE here as soon as both servers know (§7.2).
  return ENDED.has(known.status) || (known.status === 'FREE' && !known.updateNeeded);
}

const ENDED: ReadonlySet<BindingStatus> = new Set(['EXPIRED', 'RELEASED', 'RESET']);

function laterOrNext(known: Lease, claim: Claim, role: Role): boolean {
  const received = timeOfClaim(claim);
  const own = timeOfLease(known);
  if (isClearlyAfter(received, own)) return true;
  if (isClearlyAfter(own, received)) return false;
  if (!known.updateNeeded) return true;
  // The same time, and each has rejected the other. Nobody's lease is freed that may be in use; for the rest the
  // secondary gives in, as it does in footnote 3.
  if (known.rejectedWith === undefined || known.status === 'ACTIVE') return false;
  return claim.status === 'ACTIVE' || role === 'secondary';
}

/**
 * To the letter of footnote 3, a secondary forgets its client for whatever ACTIVE the primary tells. But a lease that is over
 * is nobody's, and if another client was dealt with clearly later, that is "the most recent binding information" (§7.5.4).
 */
function isOvertaken(known: Lease, claim: Claim, now: number): boolean {
  const { stateExpirationTime } = claim;
  if (stateExpirationTime === undefined || !isClearlyAfter(now, stateExpirationTime)) return false;
  return isClearlyAfter(timeOfLease(known), timeOfClaim(claim));
}

/** time(2): the client was dealt with after the state here began. */
function dealtWithLater(known: Lease, claim: Claim): boolean {
  return claim.cltTime !== undefined && isClearlyAfter(claim.cltTime, known.startTimeOfState);
}
