/**
 * Judges what servers say through the proxy, with the checks of `leasetap check`, by what each of them sent. What a fault
 * did is blamed on nobody: from the first message on that one has dropped, held up or stopped, each message is judged by
 * itself, and from the first one that it has changed or made, none, until the servers connect anew. What they have
 * believed of a changed message they may repeat for ever: what they tell of leases is judged no more. Sans-IO.
 */
import { Conformance } from '../../analyze/checks/conformance.ts';
import type { Finding } from '../../analyze/checks/finding.ts';
import type { RuleId } from '../../analyze/checks/rules.ts';
import type { Connection } from '../../base/frame.ts';
import type { Message } from '../../dissect/message.ts';
import { MessageType } from '../../dissect/vocabulary.ts';
import type { Verdict } from '../events.ts';
import type { Extent, JudgeReport, JudgingLimit } from './report.ts';

/** Findings of one rule on one connection that are told; further ones are only counted. */
export const TOLD_OF_RULE_MAX = 1000;
/** Pairs of servers (and names that CONNECT gave them) of one relationship that are remembered. */
const PAIRS_MAX = 4;

interface Flow {
  readonly connection: Connection;
  extent: Extent;
  readonly told: Map<RuleId, number>;
}

const ORDER: readonly Extent[] = ['all', 'no-updates', 'alone', 'nothing'];

export class Judge {
  private readonly whole: Conformance;
  /** By number of the connection. */
  private readonly flows = new Map<number, Flow>();
  /** The first fault that has changed what servers know. */
  private changedBy: string | undefined;
  private findings: Finding[] = [];
  private counts: Record<string, number> = {};
  private limits: JudgingLimit[] = [];

  /** `joinsLate`: the servers are talking already. */
  constructor({ joinsLate = false } = {}) {
    this.whole = new Conformance((finding) => this.takeFinding(finding), { pairsMax: PAIRS_MAX, joinsLate });
  }

  /** A connection begins; everything that is said on it will be told. */
  opened(connection: Connection): void {
    const flow: Flow = { connection, extent: 'all', told: new Map() };
    this.flows.set(connection.index, flow);
    if (this.changedBy !== undefined) this.limitFlow(flow, 'no-updates', this.changedBy);
  }

  /** Takes a message as its sender sent it, what became of it, and what a fault had to do with it, e.g. `F1 drop`. */
  push(message: Message, verdict: Verdict, fault?: string): void {
    const { connection } = message.frame;
    const flow = this.flowOf(connection);
    const before = flow.extent;
    const extent = extentAfter(verdict, fault);
    if (extent !== 'all') this.limitFlow(flow, extent, fault ?? 'a fault');
    if (verdict === 'injected' || before === 'nothing') return;
    if (isWhole(flow)) this.whole.push(message);
    else this.pushAlone(message);
  }

  /** Messages of this connection were not pushed: as in a capture that has lost them. */
  missed(connection: Connection): void {
    this.whole.gap(this.flowOf(connection).connection.flow.id);
  }

  /** Messages of any connection were not pushed. */
  missedSome(): void {
    for (const { connection } of this.flows.values()) this.missed(connection);
  }

  /** A fault did something that was not done to a message: to stop a direction, for one. */
  interfered(fault: string): void {
    for (const flow of this.flows.values()) this.limitFlow(flow, 'alone', fault);
  }

  /** Less of this connection is judged from here. */
  limit(connection: Connection, verdict: Verdict, fault?: string): void {
    const extent = extentAfter(verdict, fault);
    if (extent !== 'all') this.limitFlow(this.flowOf(connection), extent, fault ?? 'a fault');
  }

  /** A connection is over: what is missing on it until now is missing. */
  closed(connection: Connection): void {
    const flow = this.flows.get(connection.index);
    if (flow === undefined) return;
    this.whole.closed(flow.connection.flow.id);
    this.flows.delete(connection.index);
  }

  /** What was found since this was asked last; `undefined` if nothing was. */
  take(): JudgeReport | undefined {
    const [findings, counts, limits] = [this.findings, this.counts, this.limits];
    // What is told is counted too.
    const isEmpty = limits.length === 0 && Object.keys(counts).length === 0;
    if (isEmpty) return undefined;
    this.findings = [];
    this.counts = {};
    this.limits = [];
    return { findings, counts, limits };
  }

  /** A connection whose beginning was not told is judged as one that was found on its way. */
  private flowOf(connection: Connection): Flow {
    const known = this.flows.get(connection.index);
    if (known !== undefined) return known;
    this.opened(connection);
    this.whole.midStream(connection.flow.id);
    return this.flows.get(connection.index) as Flow;
  }

  private limitFlow(flow: Flow, extent: Exclude<Extent, 'all'>, reason: string): void {
    if (ORDER.indexOf(extent) <= ORDER.indexOf(flow.extent)) return;
    const wasWhole = isWhole(flow);
    flow.extent = extent;
    if (wasWhole && !isWhole(flow)) {
      const { id } = flow.connection.flow;
      this.whole.gap(id);
      this.whole.closed(id);
    }
    if (extent === 'nothing') this.changedBy ??= reason;
    this.limits.push({ connection: flow.connection.index, extent, reason });
  }

  /** What can be said of a message whatever was said before and will be: nothing else reaches these checks. */
  private pushAlone(message: Message): void {
    const alone = new Conformance((finding) => this.takeFinding(finding));
    alone.midStream(message.frame.connection.flow.id);
    alone.push(message);
  }

  private takeFinding(finding: Finding): void {
    const { id, section, message } = finding;
    const flow = this.flows.get(message.connection);
    if (flow?.extent === 'no-updates' && UPDATES.has(message.type)) return;
    const key = `${id} ${section} ${message.role}`;
    this.counts[key] = (this.counts[key] ?? 0) + 1;
    const told = flow?.told;
    const before = told?.get(id) ?? 0;
    told?.set(id, before + 1);
    if (before < TOLD_OF_RULE_MAX) this.findings.push(finding);
  }
}

const UPDATES: ReadonlySet<number> = new Set([MessageType.BNDUPD, MessageType.BNDREPLY]);

/** Whether messages are judged by what was said before. */
function isWhole({ extent }: Flow): boolean {
  return extent === 'all' || extent === 'no-updates';
}

/** What of the connection can be judged once this has become of a message of it. */
function extentAfter(verdict: Verdict, fault: string | undefined): Extent {
  if (verdict === 'changed' || verdict === 'injected') return 'nothing';
  return verdict === 'forwarded' && fault === undefined ? 'all' : 'alone';
}
