/** Whether the states that a server announces on one connection follow each other as §8 allows. */
import { isSameTime, secondsBetween } from '../../base/time.ts';
import type { TreeNode } from '../../dissect/message.ts';
import { MessageType, stateName } from '../../dissect/vocabulary.ts';
import { otherRole, type Role } from '../relationships.ts';
import type { Report, Said } from './finding.ts';
import { ServerFlag, ServerState } from './layout.ts';
import { Code, numberIn } from './options.ts';
import type { RuleId } from './rules.ts';
import type { Announced, Pair, Talk } from './talk.ts';

const {
  NORMAL,
  COMMUNICATIONS_INTERRUPTED,
  PARTNER_DOWN,
  POTENTIAL_CONFLICT,
  RECOVER,
  RECOVER_WAIT,
  RECOVER_DONE,
  RESOLUTION_INTERRUPTED,
  CONFLICT_DONE,
} = ServerState;

/** Any state of the partner will do. */
const ANY = undefined;
const CLOCKS_AGREE_SECONDS = 5;
const CONFLICT: readonly number[] = [POTENTIAL_CONFLICT, RESOLUTION_INTERRUPTED, CONFLICT_DONE];

interface WaysOut {
  readonly rule: RuleId;
  /** By the new state: one of which the partner has to have announced. */
  readonly to: ReadonlyMap<number, readonly number[] | undefined>;
}

function ways(rule: RuleId, ...to: readonly (readonly [number, readonly number[] | undefined])[]): WaysOut {
  return { rule, to: new Map(to) };
}

/**
 * While communications are OK; what happens in between two connections is not announced. A server in NORMAL may pass
 * through COMMUNICATIONS-INTERRUPTED at once (§8.8.2).
 */
const WAYS_OUT: ReadonlyMap<number, WaysOut> = new Map([
  [
    PARTNER_DOWN,
    ways(
      'transition-partner-down',
      [POTENTIAL_CONFLICT, [NORMAL, COMMUNICATIONS_INTERRUPTED, PARTNER_DOWN, ...CONFLICT]],
      [NORMAL, [RECOVER_DONE]],
    ),
  ],
  [RECOVER, ways('transition-recover', [RECOVER_WAIT, ANY], [POTENTIAL_CONFLICT, CONFLICT])],
  [RECOVER_WAIT, ways('transition-recover-wait', [RECOVER_DONE, ANY])],
  [
    RECOVER_DONE,
    ways(
      'transition-recover-done',
      [NORMAL, [NORMAL, RECOVER_DONE]],
      [COMMUNICATIONS_INTERRUPTED, [RECOVER, RECOVER_WAIT]],
      [POTENTIAL_CONFLICT, CONFLICT],
    ),
  ],
  [
    NORMAL,
    ways(
      'transition-normal',
      [COMMUNICATIONS_INTERRUPTED, ANY],
      [PARTNER_DOWN, ANY],
      [POTENTIAL_CONFLICT, ANY],
    ),
  ],
  [
    COMMUNICATIONS_INTERRUPTED,
    ways(
      'transition-communications-interrupted',
      [NORMAL, [NORMAL, COMMUNICATIONS_INTERRUPTED, RECOVER_DONE]],
      [POTENTIAL_CONFLICT, [PARTNER_DOWN, ...CONFLICT]],
      [PARTNER_DOWN, ANY],
    ),
  ],
  [
    POTENTIAL_CONFLICT,
    ways('transition-potential-conflict', [NORMAL, ANY], [CONFLICT_DONE, ANY], [RESOLUTION_INTERRUPTED, ANY]),
  ],
  [
    RESOLUTION_INTERRUPTED,
    ways('transition-resolution-interrupted', [POTENTIAL_CONFLICT, ANY], [PARTNER_DOWN, ANY]),
  ],
  [CONFLICT_DONE, ways('transition-conflict-done', [NORMAL, [NORMAL]])],
]);

/** Takes a STATE. */
export function checkAnnouncement(pair: Pair, talk: Talk, tree: TreeNode, said: Said, report: Report): void {
  const state = numberIn(tree, Code.F_SERVER_STATE);
  if (said.type !== MessageType.STATE || state === undefined) return;
  const before = talk.side(said.role).state;
  const flags = numberIn(tree, Code.F_SERVER_FLAGS) ?? before?.flags ?? 0;
  const startTime = numberIn(tree, Code.F_START_TIME_OF_STATE) ?? said.sentTime;
  const next: Announced = { said, state, flags, startTime };
  if (state === CONFLICT_DONE && said.role === 'secondary')
    report('conflict-done-secondary', said, 'the secondary announces CONFLICT-DONE');
  else if (before !== undefined) checkStep(talk, before, next, report);
  checkFlags(pair, talk, before, next, report);
  remember(pair, talk, next);
}

function checkStep(talk: Talk, before: Announced, next: Announced, report: Report): void {
  if (!talk.whole || isStartup(before) || isStartup(next)) return;
  const related = [before.said.index];
  if (before.state === next.state) {
    if (!isSameTime(before.startTime, next.startTime))
      report('state-time-changed', next.said, `${nameOf(next)} again with another START_TIME_OF_STATE`, {
        related,
      });
    return;
  }
  const { role } = next.said;
  const from = WAYS_OUT.get(before.state);
  if (from === undefined || !WAYS_OUT.has(next.state)) return;
  const partner = talk.side(otherRole(role));
  // A server in PARTNER-DOWN takes no notice of a partner in STARTUP (§8.4.2).
  const heard = before.state === PARTNER_DOWN ? partner.settledStates : partner.states;
  const wanted = from.to.get(next.state);
  if (!from.to.has(next.state) || wrongInConflict(before.state, next.state, role)) {
    const summary = `the ${role} goes from ${nameOf(before)} to ${nameOf(next)}`;
    report(from.rule, next.said, summary, { related });
  } else if (wanted !== undefined && !wanted.some((state) => heard.has(state))) {
    const names = [...heard].map((state) => stateName(state)).join(', ') || 'none';
    const summary = `the ${role} goes from ${nameOf(before)} to ${nameOf(next)}; states of its partner: ${names}`;
    report(from.rule, next.said, summary, { related });
  } else if (!talk.side(role).updated) {
    checkUpdated(before, next, report);
  }
  if (before.state === RECOVER_WAIT && next.state === RECOVER_DONE) checkWait(talk, next, report);
}

/**
 * The wait ends the MCLT after the failure, which only the server knows. One that has lost its storage counts from its
 * start instead, which is when its RECOVER began.
 */
function checkWait(talk: Talk, next: Announced, report: Report): void {
  const { role, sentTime } = next.said;
  const { firstState, asked } = talk.side(role);
  const lost = asked?.type === MessageType.UPDREQALL && firstState?.state === RECOVER;
  // Who has never run failover need not wait.
  const partnerKnows = hasCommunicated(talk.side(otherRole(role)).firstState);
  if (!lost || hasCommunicated(firstState) || !partnerKnows || talk.mclt === undefined) return;
  const waited = secondsBetween(firstState.startTime, sentTime);
  if (waited + CLOCKS_AGREE_SECONDS >= talk.mclt) return;
  const summary = `RECOVER-DONE ${waited} s after the start without storage, MCLT is ${talk.mclt} s`;
  report('recover-wait-short', next.said, summary, { related: [firstState.said.index] });
}

function hasCommunicated(announced: Announced | undefined): boolean {
  return announced !== undefined && (announced.flags & ServerFlag.COMMUNICATED) !== 0;
}

/** The primary resolves first and goes to CONFLICT-DONE, the secondary to NORMAL (§8.10.2). */
function wrongInConflict(before: number, next: number, role: Role): boolean {
  return before === POTENTIAL_CONFLICT && next === (role === 'primary' ? NORMAL : CONFLICT_DONE);
}

function checkUpdated(before: Announced, next: Announced, report: Report): void {
  const related = [before.said.index];
  const summary = `${nameOf(next)} without an UPDDONE`;
  if (before.state === RECOVER && next.state === RECOVER_WAIT)
    report('recover-without-upddone', next.said, summary, { related });
  if (before.state === POTENTIAL_CONFLICT && (next.state === NORMAL || next.state === CONFLICT_DONE))
    report('conflict-without-upddone', next.said, summary, { related });
}

function checkFlags(
  pair: Pair,
  talk: Talk,
  before: Announced | undefined,
  next: Announced,
  report: Report,
): void {
  const { role } = next.said;
  const related = before === undefined ? [] : [before.said.index];
  if (before !== undefined && isStartup(next) && !isStartup(before))
    report('startup-flag-returns', next.said, 'STARTUP flag again after it was cleared', { related });
  if (before !== undefined && (before.flags & ~next.flags & ServerFlag.COMMUNICATED) !== 0)
    report('communicated-flag-lost', next.said, 'COMMUNICATED flag cleared', { related });
  const partner = talk.side(otherRole(role));
  if (
    talk.whole &&
    (next.flags & ServerFlag.ACK_STARTUP) !== 0 &&
    partner.state !== undefined &&
    !pair.saidStartup[otherRole(role)]
  )
    talk.once(report, 'ack-startup-unfounded', next.said, 'ACK_STARTUP, but the partner never said STARTUP');
}

function remember(pair: Pair, talk: Talk, next: Announced): void {
  const { role } = next.said;
  const side = talk.side(role);
  side.firstState ??= next;
  side.state = next;
  side.states.add(next.state);
  if (isStartup(next)) pair.saidStartup[role] = true;
  else side.settledStates.add(next.state);
  if (next.state === PARTNER_DOWN || CONFLICT.includes(next.state)) pair.notDownSince[role] = undefined;
  else if (!isStartup(next)) pair.notDownSince[role] ??= next.startTime;
}

function isStartup({ flags }: Announced): boolean {
  return (flags & ServerFlag.STARTUP) !== 0;
}

function nameOf({ state }: Announced): string {
  return stateName(state);
}
