/** What comes of judging: values only, so that they can come from another thread. */
import type { Finding } from '../../analyze/checks/finding.ts';

/** How much of a connection is judged: everything, all but BNDUPD and BNDREPLY, each message by itself, or nothing. */
export type Extent = 'all' | 'no-updates' | 'alone' | 'nothing';

/** From here on less of a connection is judged. */
export interface JudgingLimit {
  /** Number of the connection. */
  readonly connection: number;
  readonly extent: Exclude<Extent, 'all'>;
  /** E.g. `F1 drop`. */
  readonly reason: string;
}

/** What was found since the last time. */
export interface JudgeReport {
  readonly findings: readonly Finding[];
  /** By `RULE SECTION SENDER`: how often, those that are not told included. */
  readonly counts: Readonly<Record<string, number>>;
  readonly limits: readonly JudgingLimit[];
}

/** What was judged since the last time, and what was not. */
export interface DocketReport extends JudgeReport {
  /** Messages that were passed over. */
  readonly notJudged: number;
  /** Judging has ended for now, or begins again: messages that were passed over until now. */
  readonly lapse?: { readonly messages: number; readonly isOver: boolean };
}
