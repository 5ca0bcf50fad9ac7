/** What the checks remember of one connection, and of the two servers across their connections. */
import type { Connection } from '../../base/frame.ts';
import { EPOCH_2000_UNIX_SECONDS } from '../../base/time.ts';
import type { Role } from '../relationships.ts';
import type { Finding, Particulars, Report, Said } from './finding.ts';
import type { LeaseHistories } from './lease-history.ts';
import type { Update } from './replies.ts';
import type { RuleId } from './rules.ts';

/** A STATE as it was announced. */
export interface Announced {
  readonly said: Said;
  readonly state: number;
  readonly flags: number;
  readonly startTime: number;
}

/** One server on one connection. */
export class Side {
  last: Said | undefined;
  firstState: Announced | undefined;
  state: Announced | undefined;
  /** All states that it has announced here; those without the STARTUP flag apart. */
  readonly states = new Set<number>();
  readonly settledStates = new Set<number>();
  saidStartup = false;
  /** From its CONNECT or CONNECTREPLY; seconds, messages. */
  keepaliveSeconds: number | undefined;
  window: number | undefined;
  disconnected = false;
  /** Since which message its sent-times are behind. */
  late: Said | undefined;
  lastUpdate: Said | undefined;
  /** Its request for all or missing updates. */
  asked: Said | undefined;
  /** Whether its request for updates was answered with UPDDONE here. */
  updated = false;
  /** Its clock minus that of the capture, by the last messages: sent-times are cut to whole seconds, so the greatest. */
  readonly offsets: number[] = [];
}

/** A request that waits for its reply. */
export interface Waiting {
  readonly said: Said;
  /** Of a BNDUPD. */
  readonly update: Update | undefined;
}

export class Talk {
  readonly connection: Connection;
  readonly primary = new Side();
  readonly secondary = new Side();
  /** Whether everything since the beginning was seen; nothing is missed of what was not. */
  whole: boolean;
  /** Whether how it was opened can be judged. */
  judgeOpening = true;
  connect: Said | undefined;
  accepted: Said | undefined;
  rejected: Said | undefined;
  mclt: number | undefined;
  /** The message whose sent-time is too far from the receiver's clock. */
  skewed: Said | undefined;
  /** By `primary 4711`; more than one where a transaction-id is used twice. */
  readonly waiting = new Map<string, readonly Waiting[]>();
  /** How many BNDUPDs of each wait. */
  readonly unacked = { primary: 0, secondary: 0 };
  /** Replies that answer nothing. */
  strangeReplies = 0;
  /** Findings that wait until a side is heard again, so that nothing of it is missing. */
  held: readonly { readonly finding: Finding; readonly until: Role }[] = [];
  private readonly toldOnce = new Set<string>();

  constructor(connection: Connection, whole: boolean) {
    this.connection = connection;
    this.whole = whole;
  }

  side(role: Role): Side {
    return this[role];
  }

  /** Reports a breach that would go on and on, but for the first time only. */
  once(
    report: Report,
    id: RuleId,
    said: Said,
    summary: string,
    particulars?: Particulars,
    key: string = id,
  ): void {
    if (this.toldOnce.has(key)) return;
    this.toldOnce.add(key);
    report(id, said, summary, particulars);
  }

  reported(key: RuleId): boolean {
    return this.toldOnce.has(key);
  }
}

/** Two servers in one relationship. */
export interface Pair {
  talk: Talk;
  /** Sent-time of its first message here: what was said of leases before is not known. */
  readonly heardSince: number;
  readonly histories: LeaseHistories;
  /** Since when each was certainly not in PARTNER-DOWN, by its own clock: seconds since 2000. */
  readonly notDownSince: { primary: number | undefined; secondary: number | undefined };
  readonly saidStartup: { primary: boolean; secondary: boolean };
}

const MODULUS = 2 ** 32;

/** Sent-time minus the capture's clock; true within one second, and never more than the truth. */
export function clockOffset(said: Said): number {
  const seconds = said.sentTime - (said.atMillis / 1000 - EPOCH_2000_UNIX_SECONDS);
  return seconds - Math.round(seconds / MODULUS) * MODULUS;
}
