/** Whether what a BNDUPD tells of a lease may have happened to it (§4.2, §4.4, §7.2, §8). */
import { isAfter, isClearlyAfter, isSameTime, laterOf, secondsBetween } from '../../base/time.ts';
import { bindingStatusName } from '../../dissect/vocabulary.ts';
import { otherRole } from '../relationships.ts';
import type { Binding } from './bindings.ts';
import type { Report, Said } from './finding.ts';
import { ServerFlag, ServerState } from './layout.ts';
import type { LeaseHistory, Statement } from './lease-history.ts';
import type { Pair, Talk } from './talk.ts';
import { BindingStatus } from './update-layout.ts';

const { ACTIVE, EXPIRED, RELEASED, FREE, FREE_BACKUP, ABANDONED, RESET } = BindingStatus;

/** §1 */
const NEW_LEASE_SECONDS_MIN = 30;
/** Times are cut to whole seconds. */
const ROUNDING_SECONDS = 1;
/** States in which no client is served, and where that stands. */
const UNRESPONSIVE: ReadonlyMap<number, string> = new Map([
  [ServerState.RECOVER, '8.5.1'],
  [ServerState.RECOVER_WAIT, '8.6.1'],
  [ServerState.POTENTIAL_CONFLICT, '8.10.1'],
]);

/** One statement, with what it is judged by. */
interface Case {
  readonly binding: Binding;
  readonly said: Said;
  readonly history: LeaseHistory | undefined;
  /** What was said last: by this server and not answered, or by either and accepted. */
  readonly before: Statement | undefined;
  /** Whether the lease begins with it. */
  readonly fresh: boolean;
  /** Whether its sender was certainly not in PARTNER-DOWN when it served the client. */
  readonly bound: boolean;
}

/** Takes what one BNDUPD says of one lease. */
export function checkLease(pair: Pair, talk: Talk, binding: Binding, said: Said, report: Report): void {
  const history = pair.histories.of(binding.lease);
  const before = history?.pending[said.role] ?? history?.agreed;
  const fresh = isFresh(binding, before, pair.heardSince);
  const since = pair.notDownSince[said.role];
  const served = binding.clientTime ?? binding.startTimeOfState;
  const bound = since !== undefined && served !== undefined && !isAfter(since, served);
  const found: Case = { binding, said, history, before, fresh, bound };
  if (binding.bindingStatus === ACTIVE) {
    checkResponsive(talk, found, report);
    if (bound) {
      checkLifetime(pair, talk, found, report);
      checkOwner(found, report);
    }
  }
  if (before !== undefined) checkSequence(found, before, report);
  if (history !== undefined) checkMemory(found, history, report);
  pair.histories.stated(said.role, binding, said, fresh);
}

/**
 * A lease that begins: the client was heard when it became ACTIVE, and the partner never said anything about it. Which it may
 * have done for a lease that began before the pair was heard, with its client heard again at once.
 */
function isFresh(binding: Binding, before: Statement | undefined, heardSince: number): boolean {
  const { bindingStatus, startTimeOfState, clientTime, expirationTime, partnerRawCltTime, client } = binding;
  if (bindingStatus !== ACTIVE || startTimeOfState === undefined || clientTime === undefined) return false;
  if (!isSameTime(startTimeOfState, clientTime)) return false;
  if (before?.status === ACTIVE && before.client === client) return false;
  if (before !== undefined) return true;
  return (
    !isAfter(heardSince, startTimeOfState) && (expirationTime ?? 0) === 0 && (partnerRawCltTime ?? 0) === 0
  );
}

function checkLifetime(
  pair: Pair,
  talk: Talk,
  { binding, said, history, fresh }: Case,
  report: Report,
): void {
  const { clientTime, validLifetime, lease } = binding;
  if (fresh && validLifetime > 0 && validLifetime < NEW_LEASE_SECONDS_MIN)
    report('lease-too-short', said, `a new lease of ${lease} for ${validLifetime} s`, { lease });
  const acknowledged = history?.acknowledged;
  if (talk.mclt === undefined || clientTime === undefined) return;
  // What was acknowledged before the capture began, or in what was lost, is not known: not even of a lease that begins anew.
  const mayBeOlder = !fresh || (history?.older ?? pair.histories.isIncomplete);
  if (acknowledged === undefined && mayBeOlder) return;
  const lead = acknowledged === undefined ? 0 : secondsBetween(clientTime, laterOf(acknowledged, clientTime));
  const allowed = lead + talk.mclt;
  if (validLifetime <= allowed + ROUNDING_SECONDS) return;
  const known = acknowledged === undefined ? 'nothing' : `${lead} s`;
  const summary = `valid lifetime of ${lease} is ${validLifetime} s; ${known} acknowledged and MCLT ${talk.mclt} s allow ${allowed} s`;
  report('lifetime-beyond-mclt', said, summary, { lease });
}

/** From whose pool a lease that begins was taken. */
function checkOwner({ binding, said, before, fresh }: Case, report: Report): void {
  if (!fresh) return;
  const { lease, isAddress, odd } = binding;
  const isPrimary = said.role === 'primary';
  if (isAddress) {
    if (odd !== isPrimary)
      report('allocation-parity', said, `the ${said.role} leases ${lease}, which is its partner's`, {
        lease,
      });
    return;
  }
  const related = before === undefined ? [] : [before.index];
  if (isPrimary && before?.status === FREE_BACKUP)
    report('prefix-of-secondary', said, `the primary delegates ${lease}, which is FREE-BACKUP`, {
      related,
      lease,
    });
  if (!isPrimary && before?.status === FREE)
    report('prefix-of-primary', said, `the secondary delegates ${lease}, which is FREE`, { related, lease });
}

/** Whether a server repeats rightly what its partner has told it. Two values may cross on their way. */
function checkMemory({ binding, said, before }: Case, history: LeaseHistory, report: Report): void {
  const { lease, bindingStatus, partnerRawCltTime: raw, expirationTime, isAddress } = binding;
  const partner = otherRole(said.role);
  const heard = history.heard[partner];
  if (raw !== undefined && raw !== 0 && heard.length > 0 && !heard.includes(raw))
    report(
      'partner-raw-clt-time-adjusted',
      said,
      `partner-raw-clt-time of ${lease} is ${raw}; its partner said ${heard[0]}`,
      { lease },
    );
  const given = history.given[said.role];
  const earliest = given.reduce((a, b) => (isAfter(a, b) ? b : a), given[0] ?? 0);
  // What ended before the lease began was about an earlier one.
  const begun = binding.startTimeOfState;
  const same =
    before?.status === ACTIVE &&
    before.startTime === begun &&
    begun !== undefined &&
    isAfter(earliest, begun);
  if (same && expirationTime !== undefined && isAfter(earliest, expirationTime))
    report(
      'expiration-time-early',
      said,
      `expiration-time of ${lease} is ${expirationTime}; acknowledged was ${earliest}`,
      { lease },
    );
  if (said.role === 'secondary' && !isAddress && bindingStatus === FREE_BACKUP && before?.status === FREE)
    report('prefix-taken', said, `the secondary takes ${lease}, which is FREE`, {
      lease,
      related: [before.index],
    });
}

/** Whether a client was heard in a state in which nobody is served. */
function checkResponsive(talk: Talk, { binding, said }: Case, report: Report): void {
  const state = talk.side(said.role).state;
  const { clientTime, lease } = binding;
  if (!talk.whole || state === undefined || clientTime === undefined) return;
  const startup = (state.flags & ServerFlag.STARTUP) !== 0;
  const section = startup ? '8.3.1' : UNRESPONSIVE.get(state.state);
  if (section === undefined || !isClearlyAfter(clientTime, state.said.sentTime)) return;
  const summary = `${lease} was leased or renewed in an unresponsive state`;
  report('lease-while-unresponsive', said, summary, { section, lease, related: [state.said.index] });
}

/** What may follow what was said before (figure 2), and who may have the lease next. */
function checkSequence({ binding, said, history, bound }: Case, before: Statement, report: Report): void {
  const pending = history?.pending[said.role];
  const { lease, bindingStatus: status = 0, clientTime, startTimeOfState } = binding;
  const particulars = { lease, related: [before.index] };
  const step = `${lease} goes from ${bindingStatusName(before.status)} to ${bindingStatusName(status)}`;
  if (bound && before.status === ABANDONED && status !== ABANDONED && status !== RESET) {
    report('binding-transition', said, step, particulars);
    return;
  }
  const ended = status === EXPIRED || status === RELEASED;
  if (ended && before.status !== ACTIVE && before.status !== status) {
    // An ACTIVE in between need not have been told, but its client would have been heard.
    if (clientTime !== undefined && before.startTime !== undefined && isAfter(before.startTime, clientTime))
      report('binding-transition', said, `${step}, and no client was heard in between`, particulars);
  }
  if (
    status === EXPIRED &&
    before.status === ACTIVE &&
    clientTime !== undefined &&
    clientTime === startTimeOfState &&
    before.stateExpirationTime !== undefined &&
    isSameTime(clientTime, before.stateExpirationTime)
  )
    report('clt-time-not-client', said, `CLT_TIME of ${lease} is when the lease expired`, particulars);
  const taken = status === ACTIVE && before.client !== undefined && before.client !== binding.client;
  if (!bound || !taken) return;
  const agreed = before.status === ACTIVE ? 'ACTIVE' : bindingStatusName(before.status);
  if (before.status === ACTIVE || isUnacknowledged(before, pending))
    report(
      'reallocated-unacknowledged',
      said,
      `${lease} goes to another client; for the one before it was ${agreed}${before.status === ACTIVE ? '' : ', not acknowledged'}`,
      particulars,
    );
}

function isUnacknowledged(before: Statement, pending: Statement | undefined): boolean {
  return before === pending && [EXPIRED, RELEASED, RESET].some((status) => status === before.status);
}
