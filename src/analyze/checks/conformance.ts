/**
 * Judges RFC 8156 conversations, message by message, by what a listener can know. Of what was not seen (a beginning,
 * lost segments, what was agreed before the capture) it assumes the best: a finding is meant to be one.
 */
import type { Connection } from '../../base/frame.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import type { Message, TreeNode } from '../../dissect/message.ts';
import type { Notice } from '../../dissect/notice.ts';
import { MessageType } from '../../dissect/vocabulary.ts';
import { otherRole, relationshipKey, senderRole } from '../relationships.ts';
import { type Binding, bindingsIn } from './bindings.ts';
import { checkAnnouncement } from './endpoint-states.ts';
import { checkExchange, checkUnanswered, stopJudging } from './exchanges.ts';
import { type Finding, makeFinding, type Report, type Said } from './finding.ts';
import { checkLayout } from './layout.ts';
import { LeaseHistories } from './lease-history.ts';
import { checkLease } from './leases.ts';
import { checkEndOfTalk, checkOpening } from './opening.ts';
import { Code, optionIn, textField } from './options.ts';
import { checkReply, checkReplyAlone, type Update, updateOf } from './replies.ts';
import { NEEDS_BOTH_SIDES } from './rules.ts';
import { type Pair, Talk } from './talk.ts';
import { checkUpdate } from './update-layout.ts';

/** Relationships and connections that are remembered; the oldest go first. */
const PAIRS_MAX = 64;
const TALKS_MAX = 1024;

/** Remarks after which not all of a connection is known. */
const LOSES: ReadonlySet<Notice['kind']> = new Set(['gap', 'undissectable', 'encrypted', 'resync']);

export class Conformance {
  private readonly found: (finding: Finding) => void;
  private readonly pairsMax: number;
  private readonly joinsLate: boolean;
  private readonly report: Report;
  /** The connection that is being judged. */
  private judged: Talk | undefined;
  private readonly talks = new Map<number, Talk>();
  private readonly pairs = new Map<string, Pair>();
  private readonly pairOf = new Map<Talk, Pair>();
  /** Flows whose beginning was not seen. */
  private readonly midStreamFlows = new Set<number>();

  /**
   * `found` is told of each finding as soon as it is sure, not always in the order of messages. `joinsLate`: the servers have
   * talked before, so that they know of leases what was not heard here.
   */
  constructor(found: (finding: Finding) => void, { pairsMax = PAIRS_MAX, joinsLate = false } = {}) {
    this.found = found;
    this.pairsMax = pairsMax;
    this.joinsLate = joinsLate;
    this.report = (...finding) => this.take(makeFinding(...finding));
  }

  /** The beginning of a connection was not seen. */
  midStream(flowId: number): void {
    this.midStreamFlows.add(flowId);
  }

  /** Octets of a connection are missing, or could not be read. */
  gap(flowId: number): void {
    const talk = this.talks.get(flowId);
    if (talk === undefined) this.midStreamFlows.add(flowId);
    else this.loses(talk);
  }

  /** Takes what the reader remarks beside the messages. */
  notice({ kind, flow, midStream }: Pick<Notice, 'kind' | 'flow' | 'midStream'>): void {
    if (midStream === true) this.midStream(flow.id);
    if (LOSES.has(kind)) this.gap(flow.id);
  }

  /** Takes the next message; those of other protocols and of dialects are not judged. */
  push(message: Message): void {
    const { frame, msgType, transactionId, sentTime } = message;
    const { connection } = frame;
    if (connection.protocol !== 'dhcpv6-failover' || connection.dialect !== undefined) return;
    if (transactionId === null || sentTime === null || !isFailover(msgType)) {
      this.reportBroken(message);
      return;
    }
    const talk = this.talkOf(connection, frame.resync);
    const said: Said = {
      index: message.index,
      packet: frame.seen.packet,
      connection: connection.index,
      role: senderRole(message),
      type: msgType,
      name: message.msgName ?? `message ${msgType}`,
      transactionId,
      sentTime,
      atMillis: timestampMillis(frame.seen.time),
    };
    this.judged = talk;
    this.release(talk, ({ until }) => until === said.role);
    const tree = message.tree();
    if (message.problems().length > 0) this.reportBroken(message, said);
    else checkLayout(message, said, this.report);
    checkOpening(talk, tree, said, this.report);
    const pair = this.pairFor(talk, tree, said);
    this.judge(pair, talk, tree, said, message.problems().length === 0);
    talk.side(said.role).last = said;
  }

  /** A connection is over, as a live listener knows: what is missing on it until now is missing. */
  closed(flowId: number): void {
    const talk = this.talks.get(flowId);
    this.midStreamFlows.delete(flowId);
    if (talk === undefined) return;
    this.finish(talk);
    this.talks.delete(flowId);
    // Its pair finishes it again when the servers reconnect, which is to find nothing more.
    talk.whole = false;
  }

  /** The capture ends: what is missing until now is missing. */
  end(): void {
    for (const talk of this.talks.values()) this.finish(talk);
    this.talks.clear();
  }

  private judge(pair: Pair, talk: Talk, tree: TreeNode, said: Said, readable: boolean): void {
    const report = this.report;
    const bindings = readable ? bindingsIn(tree) : [];
    const isUpdate = said.type === MessageType.BNDUPD;
    const complete = isUpdate && readable && checkUpdate(tree, bindings, said, report);
    const update: Update | undefined = isUpdate ? updateOf(tree, bindings, said) : undefined;
    const request = checkExchange(talk, said, update, bindings, report);
    if (complete) for (const binding of bindings) checkLease(pair, talk, binding, said, report);
    if (said.type === MessageType.BNDREPLY && readable) {
      checkReplyAlone(tree, said, report);
      if (request?.update !== undefined) {
        checkReply(tree, bindings, said, request.update, report);
        this.remember(pair, bindings, request.said);
      }
    }
    if (readable) checkAnnouncement(pair, talk, tree, said, report);
  }

  private remember(pair: Pair, bindings: readonly Binding[], asked: Said): void {
    for (const binding of bindings) pair.histories.replied(asked.role, binding, asked.index);
  }

  /** Told as it is; what it might have meant is not judged. STARTTLS and what answers it are not ours to judge. */
  private reportBroken(message: Message, said?: Said): void {
    const [problem] = message.problems();
    if (problem === undefined) return;
    const { frame } = message;
    const place: Said = said ?? {
      index: message.index,
      packet: frame.seen.packet,
      connection: frame.connection.index,
      role: senderRole(message),
      type: message.msgType,
      name: message.msgName ?? 'message',
      transactionId: message.transactionId ?? 0,
      sentTime: message.sentTime ?? 0,
      atMillis: timestampMillis(frame.seen.time),
    };
    const isName = problem.code === 'bad-value' && problem.path.endsWith('OPTION_F_RELATIONSHIP_NAME');
    this.report(
      isName ? 'relationship-name-utf8' : 'malformed',
      place,
      `${problem.path}: ${problem.message}`,
    );
  }

  private talkOf(connection: Connection, resync: boolean): Talk {
    const { id } = connection.flow;
    let talk = this.talks.get(id);
    if (talk === undefined) {
      if (this.talks.size >= TALKS_MAX) this.forgetOldest();
      talk = new Talk(connection, !this.midStreamFlows.delete(id));
      this.talks.set(id, talk);
    }
    if (resync) this.loses(talk);
    return talk;
  }

  private take(finding: Finding): void {
    const { id, message } = finding;
    if (this.judged === undefined || !NEEDS_BOTH_SIDES.has(id)) {
      this.found(finding);
      return;
    }
    // Silence is that of the sender, all else may be explained by what its partner said.
    const until = id === 'keepalive-silence' ? message.role : otherRole(message.role);
    this.judged.held = [...this.judged.held, { finding, until }];
  }

  private release(talk: Talk, heard: (held: Talk['held'][number]) => boolean): void {
    if (talk.held.length === 0) return;
    for (const one of talk.held) if (heard(one)) this.found(one.finding);
    talk.held = talk.held.filter((one) => !heard(one));
  }

  /** What was missed may have changed everything that was known. */
  private loses(talk: Talk): void {
    stopJudging(talk);
    talk.held = [];
    const pair = this.pairOf.get(talk);
    if (pair === undefined) return;
    pair.histories.lost();
    pair.notDownSince.primary = undefined;
    pair.notDownSince.secondary = undefined;
    pair.saidStartup.primary = true;
    pair.saidStartup.secondary = true;
  }

  private forgetOldest(): void {
    const [oldest] = this.talks;
    if (oldest === undefined) return;
    this.finish(oldest[1]);
    this.talks.delete(oldest[0]);
  }

  /** CONNECT names the relationship; before that, and in mid-stream, it is that of the two addresses. */
  private pairFor(talk: Talk, tree: TreeNode, said: Said): Pair {
    const known = this.pairOf.get(talk);
    if (known !== undefined && said.type !== MessageType.CONNECT) return known;
    const name = optionIn(tree, Code.F_RELATIONSHIP_NAME);
    const key = `${relationshipKey(talk.connection)} ${(name && textField(name, 'relationship-name')) ?? ''}`;
    const pair = this.pairs.get(key) ?? this.newPair(talk, said.sentTime);
    if (pair.talk !== talk) {
      this.finish(pair.talk);
      const { id } = pair.talk.connection.flow;
      if (this.talks.delete(id)) this.midStreamFlows.add(id);
      pair.histories.reconnected();
      pair.talk = talk;
    }
    this.pairs.delete(key);
    const [oldest] = this.pairs.size >= this.pairsMax ? this.pairs.keys() : [];
    if (oldest !== undefined) this.pairs.delete(oldest);
    this.pairs.set(key, pair);
    this.pairOf.set(talk, pair);
    return pair;
  }

  private newPair(talk: Talk, heardSince: number): Pair {
    const histories = new LeaseHistories();
    if (this.joinsLate) histories.lost();
    return {
      talk,
      heardSince,
      histories,
      notDownSince: { primary: undefined, secondary: undefined },
      saidStartup: { primary: false, secondary: false },
    };
  }

  private finish(talk: Talk): void {
    this.judged = talk;
    checkEndOfTalk(talk, this.report);
    checkUnanswered(talk, this.report);
    // Of a capture of one direction nothing can be said of the other.
    this.release(talk, ({ until }) => talk.side(until).last !== undefined);
    talk.held = [];
    this.judged = undefined;
    talk.waiting.clear();
    this.pairOf.delete(talk);
  }
}

function isFailover(msgType: number): boolean {
  return msgType >= MessageType.BNDUPD && msgType <= MessageType.CONTACT;
}
