/** How a connection begins, goes on and ends (§6, §5.3.8 to §5.3.12), and whether its clocks agree (§7.1). */
import type { TreeNode } from '../../dissect/message.ts';
import { MessageType, STATUS_SUCCESS } from '../../dissect/vocabulary.ts';
import { otherRole } from '../relationships.ts';
import { statusIn } from './bindings.ts';
import type { Report, Said } from './finding.ts';
import { Code, numberIn } from './options.ts';
import { clockOffset, type Talk } from './talk.ts';

/** §7.5.1 allows 5 seconds; one more is what cutting sent-times to whole seconds can feign. */
const SKEW_PROVEN_SECONDS = 6;
/** Messages that were held up come soon after each other. */
const LATE_MILLIS = 10_000;
const OFFSETS_KEPT = 16;
/** A receiver may need that long to drop a connection. */
const DROP_MILLIS = 1000;
/** What may come from a server on a connection before its STATE. */
const BEFORE_STATE: ReadonlySet<number> = new Set([
  MessageType.CONNECT,
  MessageType.CONNECTREPLY,
  MessageType.STATE,
  MessageType.CONTACT,
  MessageType.DISCONNECT,
]);
const UNANSWERED_MILLIS = 60_000;
const STATE_MISSING_MILLIS = 5000;
const KEEPALIVE_TOLERANCE_MILLIS = 1000;

/** Takes the next message of a connection, before it is `last` of its side. */
export function checkOpening(talk: Talk, tree: TreeNode, said: Said, report: Report): void {
  const side = talk.side(said.role);
  if (side.disconnected)
    talk.once(report, 'message-after-disconnect', said, `${said.name} after the sender's DISCONNECT`);
  if (talk.whole) checkSilence(talk, said, report);
  if (talk.whole && talk.judgeOpening) checkOrder(talk, said, report);
  if (said.type === MessageType.CONNECT) takeConnect(talk, tree, said, report);
  else if (said.type === MessageType.CONNECTREPLY) takeReply(talk, tree, said, report);
  else checkSkew(talk, said, report);
  if (said.type === MessageType.DISCONNECT) side.disconnected = true;
  side.offsets.push(clockOffset(said));
  if (side.offsets.length > OFFSETS_KEPT) side.offsets.shift();
}

/** What is missed at the end of a connection, or of the capture. */
export function checkEndOfTalk(talk: Talk, report: Report): void {
  if (!talk.whole || !talk.judgeOpening) return;
  const { connect, accepted, rejected } = talk;
  const waited = (talk.primary.last?.atMillis ?? 0) - (connect?.atMillis ?? 0);
  if (
    talk.primary.firstState === undefined &&
    connect !== undefined &&
    accepted === undefined &&
    rejected === undefined &&
    waited >= UNANSWERED_MILLIS
  )
    report('connect-no-reply', connect, 'CONNECT is not answered');
  if (accepted === undefined) return;
  for (const role of ['primary', 'secondary'] as const) {
    const { last, firstState, disconnected } = talk.side(role);
    // Who disconnects may never have heard that it was accepted.
    if (firstState !== undefined || last === undefined || disconnected) continue;
    if (last.atMillis - accepted.atMillis < STATE_MISSING_MILLIS) continue;
    talk.once(report, `${role}-state-not-sent`, accepted, `the ${role} never sends STATE`);
  }
}

function checkOrder(talk: Talk, said: Said, report: Report): void {
  const { connect, accepted, rejected } = talk;
  if (said.type === MessageType.CONNECT) return;
  if (connect === undefined) {
    talk.judgeOpening = false;
    report('first-message-not-connect', said, `the connection begins with ${said.name}`);
    return;
  }
  if (said.type === MessageType.CONNECTREPLY || said.type === MessageType.DISCONNECT) return;
  const related = [connect.index];
  if (rejected !== undefined) {
    talk.once(report, 'message-after-rejection', said, `${said.name} after CONNECT was rejected`, {
      related: [rejected.index],
    });
  } else if (accepted === undefined) {
    if (said.type !== MessageType.CONTACT)
      talk.once(report, 'message-before-connectreply', said, `${said.name} before CONNECTREPLY`, { related });
  } else if (!BEFORE_STATE.has(said.type) && talk.side(said.role).firstState === undefined) {
    const summary = `${said.name} of the ${said.role} before its STATE`;
    talk.once(report, `${said.role}-state-not-sent`, said, summary, { related: [accepted.index] });
  }
}

function takeConnect(talk: Talk, tree: TreeNode, said: Said, report: Report): void {
  if (talk.whole && said.role === 'secondary') {
    report('connect-from-secondary', said, 'CONNECT from the server that was dialled');
    talk.judgeOpening = false;
  } else if (talk.connect !== undefined) {
    report('connect-repeated', said, `CONNECT again on the connection of CONNECT #${talk.connect.index}`, {
      related: [talk.connect.index],
    });
    return;
  }
  talk.connect = said;
  talk.mclt = numberIn(tree, Code.F_MCLT);
  learnParameters(talk, tree, said);
}

function takeReply(talk: Talk, tree: TreeNode, said: Said, report: Report): void {
  if (said.role === 'primary') {
    if (talk.judgeOpening)
      report('connectreply-from-primary', said, 'CONNECTREPLY from the server that has dialled');
    talk.accepted ??= said;
    return;
  }
  const status = statusIn(tree);
  if (status !== STATUS_SUCCESS) {
    if (talk.accepted === undefined) talk.rejected = said;
    return;
  }
  talk.accepted ??= said;
  learnParameters(talk, tree, said);
  const { connect } = talk;
  if (connect === undefined) return;
  const related = [connect.index];
  const mclt = numberIn(tree, Code.F_MCLT);
  if (mclt !== undefined && talk.mclt !== undefined && mclt !== talk.mclt)
    report('connectreply-mclt', said, `MCLT is ${mclt} s, in CONNECT it is ${talk.mclt} s`, { related });
  const skew = clockOffset(connect) - clockOffset(said);
  if (Math.abs(skew) > SKEW_PROVEN_SECONDS)
    talk.once(
      report,
      'connect-skew-accepted',
      said,
      `accepted, although the clocks are ${Math.abs(skew).toFixed(0)} s apart`,
      { related },
    );
}

function learnParameters(talk: Talk, tree: TreeNode, said: Said): void {
  const side = talk.side(said.role);
  side.keepaliveSeconds = numberIn(tree, Code.F_KEEPALIVE_TIME);
  side.window = numberIn(tree, Code.F_MAX_UNACKED_BNDUPD);
}

/** Whether the other side went on although this one had been silent for longer than it waits. */
function checkSilence(talk: Talk, said: Said, report: Report): void {
  if (talk.accepted === undefined) return;
  for (const role of ['primary', 'secondary'] as const) {
    const { last } = talk.side(role);
    const { keepaliveSeconds } = talk.side(otherRole(role));
    if (last === undefined || keepaliveSeconds === undefined || keepaliveSeconds === 0) continue;
    if (talk.side(role).disconnected || talk.side(otherRole(role)).disconnected) continue;
    if (said.type === MessageType.DISCONNECT && said.role !== role) continue;
    const silence = said.atMillis - last.atMillis;
    if (silence <= keepaliveSeconds * 1000 + KEEPALIVE_TOLERANCE_MILLIS) continue;
    const summary = `nothing from the ${role} for ${Math.floor(silence / 1000)} s; its partner waits ${keepaliveSeconds} s`;
    talk.once(report, 'keepalive-silence', last, summary, {}, `silence ${role}`);
  }
}

function checkSkew(talk: Talk, said: Said, report: Report): void {
  if (talk.reported('connect-skew-accepted') || talk.accepted === undefined) return;
  const { skewed } = talk;
  if (skewed !== undefined && said.type !== MessageType.DISCONNECT) {
    if (said.atMillis - skewed.atMillis < DROP_MILLIS) return;
    const summary = `the sent-time of ${skewed.name} is over 5 s off its partner's, and the connection goes on`;
    talk.once(report, 'skew-tolerated', skewed, summary, { related: [said.index] });
  }
  if (skewed === undefined) talk.skewed = provenSkew(talk, said);
}

/** The message whose clock is proven to be wrong by this one. One that is late may only have been held up. */
function provenSkew(talk: Talk, said: Said): Said | undefined {
  const side = talk.side(said.role);
  const { offsets } = talk.side(otherRole(said.role));
  if (offsets.length === 0) return undefined;
  const skew = clockOffset(said) - Math.max(...offsets);
  if (skew > SKEW_PROVEN_SECONDS) return said;
  const late = skew < -SKEW_PROVEN_SECONDS ? (side.late ?? said) : undefined;
  side.late = late;
  return late !== undefined && said.atMillis - late.atMillis >= LATE_MILLIS ? late : undefined;
}
