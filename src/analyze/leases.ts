/**
 * What both servers said about each address and prefix, and what the other one acknowledged: one short history a lease,
 * and whether the servers can be of different minds about it, and why. Read from BNDUPD and BNDREPLY alone.
 */
import { otherRole, type Role } from './relationships.ts';

export type Outcome =
  /** No answer seen yet. */
  | 'pending'
  | 'acked'
  | 'rejected'
  /** The update never got to the partner. */
  | 'lost'
  /** The partner answered, and the answer never came back. */
  | 'reply-lost';

/** One BNDUPD's word about one lease. */
export interface Statement {
  readonly by: Role;
  /** `index` of the BNDUPD, and of its BNDREPLY. */
  readonly messageIndex: number;
  readonly replyIndex: number | undefined;
  /** Unix milliseconds. */
  readonly atMillis: number;
  readonly bindingStatus: string;
  readonly client: string | undefined;
  /** Absolute seconds since 2000. */
  readonly stateExpirationTime: number | undefined;
  readonly partnerLifetime: number | undefined;
  readonly outcome: Outcome;
  /** Name of the status code of a rejection. */
  readonly reason: string | undefined;
}

export interface LeaseView {
  /** RFC 5952 text, a prefix with its length. */
  readonly text: string;
  readonly kind: 'address' | 'prefix';
  /** Key of its relationship's connection: leases of different pairs are apart. */
  readonly pair: string;
  /** Oldest first. */
  readonly statements: readonly Statement[];
  /** The newest that was acknowledged. */
  readonly acked: Statement | undefined;
}

/** An answer that takes longer than this counts as missing; milliseconds. */
export const ANSWER_PATIENCE_MILLIS = 5_000;

/**
 * Why the servers may be of different minds about the lease at `nowMillis`; `undefined` if nothing says so. The newest
 * statement counts: what came before it was overtaken.
 */
export function divergenceOf(lease: LeaseView, nowMillis: number): string | undefined {
  const { statements } = lease;
  const newest = statements.at(-1);
  if (newest === undefined) return undefined;
  const to = otherRole(newest.by);
  switch (newest.outcome) {
    case 'rejected':
      return tookOver(statements, newest) ? undefined : `${to} refused: ${newest.reason}`;
    case 'lost':
      return `update to the ${to} was lost`;
    case 'reply-lost':
      return newest.reason === undefined
        ? `${to} has it, its reply was lost`
        : `refusal of the ${to} was lost`;
    case 'pending':
      return nowMillis - newest.atMillis > ANSWER_PATIENCE_MILLIS ? `no answer from the ${to}` : undefined;
    case 'acked':
      return undefined;
  }
}

/**
 * Two updates crossed: the one was refused, and its sender accepted the other one after it had sent its own. Both messages
 * are its own, so that their order is the order in which it did so.
 */
function tookOver(statements: readonly Statement[], refused: Statement): boolean {
  return statements.some(
    ({ by, outcome, replyIndex }) =>
      by !== refused.by && outcome === 'acked' && (replyIndex ?? 0) > refused.messageIndex,
  );
}

/**
 * What a server knows about the lease: its own newest statement or a newer one of its partner that reached it. A
 * refused one is not what it holds.
 */
export function heldBy(lease: LeaseView, role: Role): Statement | undefined {
  const { statements } = lease;
  for (let at = statements.length - 1; at >= 0; at--) {
    const statement = statements[at] as Statement;
    if (statement.by === role || reached(statement)) return statement;
  }
  return undefined;
}

function reached(statement: Statement): boolean {
  return (
    statement.outcome === 'acked' || (statement.outcome === 'reply-lost' && statement.reason === undefined)
  );
}
