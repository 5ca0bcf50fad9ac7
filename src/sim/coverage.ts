/** "Sometimes": what runs have been through. A simulator that never gets somewhere proves nothing about it. */
import { ENDPOINT_STATES } from '../failover/state.ts';
import { ARCS } from './arcs.ts';

export class Coverage {
  readonly counts = new Map<string, number>();

  saw(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  add(other: Coverage): void {
    for (const [what, count] of other.counts) this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  /** What is expected of many runs together and never came. */
  missing(marked: boolean): string[] {
    return expectedOf(marked).filter((what) => !this.counts.has(what));
  }
}

const MESSAGES =
  'BNDUPD BNDREPLY POOLREQ POOLRESP UPDREQ UPDREQALL UPDDONE CONNECT CONNECTREPLY DISCONNECT STATE';
const STATUSES = 'ACTIVE EXPIRED RELEASED FREE FREE-BACKUP ABANDONED RESET';
const FAULTS = 'crash shutdown cut half-open partition stall slow drop clock disk-stall';

/** Roads that only a wrong operator opens, or that need two rare things at once. */
const MARKED_ONLY: ReadonlySet<string> = new Set([
  'transition NORMAL to PARTNER-DOWN',
  'transition RESOLUTION-INTERRUPTED to PARTNER-DOWN',
  'reject 16',
]);
/** Roads of the RFC that a pair of our own servers has no reason to take. */
const NOT_EXPECTED: ReadonlySet<string> = new Set([
  'transition STARTUP to NORMAL',
  'transition STARTUP to CONFLICT-DONE',
  'transition STARTUP to RECOVER-DONE',
  'transition RECOVER to POTENTIAL-CONFLICT',
  'transition RECOVER-DONE to POTENTIAL-CONFLICT',
  'transition RECOVER-DONE to COMMUNICATIONS-INTERRUPTED',
]);

function expectedOf(marked: boolean): string[] {
  const states = ENDPOINT_STATES.filter((state) => state !== 'STARTUP').flatMap((state) =>
    state === 'CONFLICT-DONE'
      ? [`state primary ${state}`]
      : [`state primary ${state}`, `state secondary ${state}`],
  );
  const arcs = ENDPOINT_STATES.flatMap((from) => ARCS[from].map((to) => `transition ${from} to ${to}`));
  return [
    ...states,
    ...arcs,
    ...MESSAGES.split(' ').map((name) => `message ${name}`),
    ...STATUSES.split(' ').map((name) => `update ${name}`),
    ...FAULTS.split(' ').map((name) => `fault ${name}`),
    'reject 19',
    'reject 16',
    'the partner’s prefix given in PARTNER-DOWN',
  ].filter((what) => !NOT_EXPECTED.has(what) && (marked || !MARKED_ONLY.has(what)));
}
