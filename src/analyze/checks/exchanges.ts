/** Requests and replies on a connection: which answers which, what is never answered, and how many may wait (§5.4). */
import { secondsBetween } from '../../base/time.ts';
import { MessageType } from '../../dissect/vocabulary.ts';
import { otherRole, type Role } from '../relationships.ts';
import type { Binding } from './bindings.ts';
import type { Report, Said } from './finding.ts';
import { ServerFlag, ServerState } from './layout.ts';
import type { Update } from './replies.ts';
import type { Talk, Waiting } from './talk.ts';

/** By reply: what it answers. */
const ANSWERS: ReadonlyMap<number, readonly number[]> = new Map([
  [MessageType.BNDREPLY, [MessageType.BNDUPD]],
  [MessageType.POOLRESP, [MessageType.POOLREQ]],
  [MessageType.UPDDONE, [MessageType.UPDREQ, MessageType.UPDREQALL]],
  [MessageType.CONNECTREPLY, [MessageType.CONNECT]],
]);
const UPDREQS: ReadonlySet<number> = new Set([MessageType.UPDREQ, MessageType.UPDREQALL]);
const REQUESTS: ReadonlySet<number> = new Set([...ANSWERS.values()].flat());
/** Requests of one connection that are remembered; a connection with more is no longer judged. */
const WAITING_MAX = 16_384;
/** Replies that answer nothing of which the request that was meant is looked for. */
const STRANGE_REPLIES_MAX = 256;
/** A reply is missed if its sender has said other things for that long. */
const UNANSWERED_MILLIS = 60_000;
/** Updates that were asked for follow each other faster than that. */
const UPDATES_END_MILLIS = 120_000;
const CLOCKS_AGREE_SECONDS = 5;

/** Takes the next message; returns the request that it answers. `update` is there for a BNDUPD. */
export function checkExchange(
  talk: Talk,
  said: Said,
  update: Update | undefined,
  bindings: readonly Binding[],
  report: Report,
): Waiting | undefined {
  checkRoles(talk, said, report);
  const answered = ANSWERS.get(said.type);
  if (answered !== undefined) return takeReply(talk, said, answered, bindings, report);
  const key = keyOf(said);
  const [same] = talk.waiting.get(key) ?? [];
  if (same !== undefined) {
    const summary = `transaction-id ${said.transactionId} is that of ${same.said.name} #${same.said.index}, which waits for its reply`;
    report('transaction-id-reused', said, summary, { related: [same.said.index] });
  }
  if (!REQUESTS.has(said.type)) return undefined;
  if (said.type === MessageType.UPDREQ) checkUpdreq(talk, said, report);
  if (UPDREQS.has(said.type)) talk.side(said.role).asked = said;
  if (talk.waiting.size >= WAITING_MAX) stopJudging(talk);
  talk.waiting.set(key, [...(talk.waiting.get(key) ?? []), { said, update }]);
  if (said.type === MessageType.BNDUPD) talk.unacked[said.role]++;
  if (said.type === MessageType.BNDUPD) {
    talk.side(said.role).lastUpdate = said;
    checkWindow(talk, said, report);
  }
  return undefined;
}

/** What is still waiting at the end of a connection, or of the capture. */
export function checkUnanswered(talk: Talk, report: Report): void {
  if (!talk.whole) return;
  for (const { said } of [...talk.waiting.values()].flat()) {
    const { last } = talk.side(otherRole(said.role));
    if ((last?.atMillis ?? 0) - said.atMillis < UNANSWERED_MILLIS) continue;
    if (said.type === MessageType.BNDUPD)
      report('bndupd-no-reply', said, 'BNDUPD is not answered, though its receiver goes on talking');
    else if (said.type === MessageType.POOLREQ && said.role === 'secondary')
      report('poolreq-no-reply', said, 'POOLREQ is not answered, though the primary goes on talking');
    else if (UPDREQS.has(said.type) && updatesHaveEnded(talk, said))
      report('updreq-no-reply', said, `${said.name} has no UPDDONE, though no update is on its way`);
  }
  for (const role of ['primary', 'secondary'] as const) checkAsked(talk, role, report);
}

/** Whether who was asked has sent no update for long, and none of them waits. */
function updatesHaveEnded(talk: Talk, asked: Said): boolean {
  const role = otherRole(asked.role);
  const { last, lastUpdate } = talk.side(role);
  const since = Math.max(asked.atMillis, lastUpdate?.atMillis ?? 0);
  return talk.unacked[role] === 0 && (last?.atMillis ?? 0) - since >= UPDATES_END_MILLIS;
}

/** A server that stays in RECOVER on a connection has to ask for what it lacks. */
function checkAsked(talk: Talk, role: Role, report: Report): void {
  const { state, asked, last } = talk.side(role);
  if (state?.state !== ServerState.RECOVER || (state.flags & ServerFlag.STARTUP) !== 0) return;
  if (asked !== undefined || talk.side(otherRole(role)).settledStates.size === 0) return;
  if ((last?.atMillis ?? 0) - state.said.atMillis >= UNANSWERED_MILLIS)
    report('updreq-missing', state.said, `the ${role} is in RECOVER and never asks for updates`);
}

/** Nothing can be said of what was asked before octets went missing. */
export function stopJudging(talk: Talk): void {
  talk.whole = false;
  talk.waiting.clear();
  talk.unacked.primary = 0;
  talk.unacked.secondary = 0;
}

function checkRoles(talk: Talk, said: Said, report: Report): void {
  if (said.type === MessageType.POOLREQ && said.role === 'primary')
    talk.once(report, 'poolreq-from-primary', said, 'POOLREQ from the primary');
  // A secondary that was asked against the rules may answer.
  if (said.type !== MessageType.POOLRESP || said.role !== 'secondary') return;
  if (!talk.reported('poolreq-from-primary'))
    talk.once(report, 'poolresp-from-secondary', said, 'POOLRESP from the secondary');
}

function takeReply(
  talk: Talk,
  said: Said,
  answered: readonly number[],
  bindings: readonly Binding[],
  report: Report,
): Waiting | undefined {
  const asker = otherRole(said.role);
  const fits = ({ said: asked, update }: Waiting) =>
    asked.role === asker && answered.includes(asked.type) && isAbout(update, bindings);
  const sameId = talk.waiting.get(`${asker} ${said.transactionId}`) ?? [];
  const request = sameId.find(fits) ?? sameId.find(({ said: asked }) => answered.includes(asked.type));
  if (request !== undefined) {
    forget(talk, request);
    if (said.type === MessageType.UPDDONE) checkUpddone(talk, said, request, report);
    return request;
  }
  if (!talk.whole || talk.reported('poolresp-from-secondary')) return undefined;
  const search = talk.strangeReplies++ < STRANGE_REPLIES_MAX;
  const waiting = search ? [...talk.waiting.values()].flat().find(fits) : undefined;
  if (waiting === undefined) {
    if (said.type === MessageType.CONNECTREPLY && said.role === 'primary') return undefined;
    report(
      'reply-to-nothing',
      said,
      `${said.name} with transaction-id ${said.transactionId} answers nothing`,
    );
    return undefined;
  }
  forget(talk, waiting);
  const summary = `transaction-id is ${said.transactionId}; that of ${waiting.said.name} #${waiting.said.index} is ${waiting.said.transactionId}`;
  const rule = said.type === MessageType.BNDREPLY ? 'bndreply-transaction-id' : 'reply-to-nothing';
  report(rule, said, summary, { related: [waiting.said.index] });
  return waiting;
}

function forget(talk: Talk, { said }: Waiting): void {
  const key = keyOf(said);
  const others = (talk.waiting.get(key) ?? []).filter((waiting) => waiting.said !== said);
  if (others.length === 0) talk.waiting.delete(key);
  else talk.waiting.set(key, others);
  if (said.type === MessageType.BNDUPD) talk.unacked[said.role]--;
}

function isAbout(update: Update | undefined, bindings: readonly Binding[]): boolean {
  if (update === undefined) return true;
  return update.bindings.some(({ lease }) => bindings.some((binding) => binding.lease === lease));
}

function checkWindow(talk: Talk, said: Said, report: Report): void {
  const { window } = talk.side(otherRole(said.role));
  if (window === undefined || !talk.whole) return;
  const count = talk.unacked[said.role];
  if (count <= window) return;
  const summary = `${count} BNDUPDs wait for their replies; the partner takes ${window}`;
  talk.once(report, `${said.role}-window-exceeded`, said, summary);
}

/** An update that was due when UPDREQ came has to be acknowledged; newer ones may be on their way. */
function checkUpddone(talk: Talk, said: Said, request: Waiting, report: Report): void {
  talk.side(request.said.role).updated = true;
  const early: number[] = [];
  for (const { said: asked, update } of [...talk.waiting.values()].flat()) {
    if (asked.role !== said.role || update === undefined) continue;
    const due = update.bindings.some(({ startTimeOfState, clientTime }) =>
      [startTimeOfState, clientTime ?? startTimeOfState].every(
        (time) => time !== undefined && secondsBetween(time, request.said.sentTime) > CLOCKS_AGREE_SECONDS,
      ),
    );
    if (due) early.push(asked.index);
  }
  if (early.length === 0) return;
  const summary = `UPDDONE while ${early.length} of the updates wait for BNDREPLY, first #${early[0]}`;
  report('upddone-early', said, summary, { related: [request.said.index, ...early] });
}

function checkUpdreq(talk: Talk, said: Said, report: Report): void {
  const own = talk.side(said.role);
  const other = talk.side(otherRole(said.role));
  const communicated = (flags: number) => (flags & ServerFlag.COMMUNICATED) !== 0;
  if (
    own.state?.state === ServerState.RECOVER &&
    own.firstState !== undefined &&
    other.firstState !== undefined &&
    !communicated(own.firstState.flags) &&
    communicated(other.firstState.flags)
  ) {
    const related = [own.firstState.said.index, other.firstState.said.index];
    const summary = 'UPDREQ of a server without a record of its partner, which has one of it';
    report('updreqall-missing', said, summary, { related });
  }
  if (
    said.role === 'secondary' &&
    own.state?.state === ServerState.POTENTIAL_CONFLICT &&
    other.state?.state === ServerState.POTENTIAL_CONFLICT
  )
    report('updreq-secondary-early', said, 'UPDREQ of the secondary before the primary is in CONFLICT-DONE', {
      related: [other.state.said.index],
    });
}

function keyOf(said: Said): string {
  return `${said.role} ${said.transactionId}`;
}
