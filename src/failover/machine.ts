/**
 * The endpoint state machine of RFC 8156 §8 as data: what comes next, never what to do there (that is states.ts and
 * endpoint.ts). Each table has a row for every lasting state, so the compiler sees to it that none is forgotten; `null`
 * means "stay". STARTUP is left through `leaveStartup`, because §8.3.2 is an algorithm and not a row.
 */
import { isClearlyAfter } from '../base/time.ts';
import type { LastingState } from './state.ts';

export type Role = 'primary' | 'secondary';

export interface Move {
  readonly to: LastingState;
  /** Section of RFC 8156. */
  readonly section: string;
}

const to = (state: LastingState, section: string): Move => ({ to: state, section });

const N = 'NORMAL';
const CI = 'COMMUNICATIONS-INTERRUPTED';
const PD = 'PARTNER-DOWN';
const PC = 'POTENTIAL-CONFLICT';

/** Communications are OK and the partner, no longer in STARTUP, is in the state that names the column. */
export const ON_PARTNER_STATE = {
  NORMAL: {
    // A partner that left NORMAL in an unexpected way: to COMMUNICATIONS-INTERRUPTED, and on from there.
    NORMAL: null,
    // Expected: it is on its way to NORMAL, and going there and back again would make two servers circle for ever.
    'COMMUNICATIONS-INTERRUPTED': null,
    'PARTNER-DOWN': to(CI, '§8.8.2'),
    'POTENTIAL-CONFLICT': to(CI, '§8.8.2'),
    RECOVER: to(CI, '§8.8.2'),
    'RECOVER-WAIT': to(CI, '§8.8.2'),
    'RECOVER-DONE': null,
    'RESOLUTION-INTERRUPTED': to(CI, '§8.8.2'),
    'CONFLICT-DONE': null,
  },
  'COMMUNICATIONS-INTERRUPTED': {
    NORMAL: to(N, '§8.9.2'),
    'COMMUNICATIONS-INTERRUPTED': to(N, '§8.9.2'),
    'PARTNER-DOWN': to(PC, '§8.9.2'),
    'POTENTIAL-CONFLICT': to(PC, '§8.9.2'),
    RECOVER: null,
    // Only in figure 6: the partner becomes RECOVER-DONE next.
    'RECOVER-WAIT': null,
    'RECOVER-DONE': to(N, '§8.9.2'),
    'RESOLUTION-INTERRUPTED': to(PC, '§8.9.2'),
    'CONFLICT-DONE': to(PC, '§8.9.2'),
  },
  'PARTNER-DOWN': {
    NORMAL: to(PC, '§8.4.2'),
    'COMMUNICATIONS-INTERRUPTED': to(PC, '§8.4.2'),
    'PARTNER-DOWN': to(PC, '§8.4.2'),
    'POTENTIAL-CONFLICT': to(PC, '§8.4.2'),
    RECOVER: null,
    'RECOVER-WAIT': null,
    'RECOVER-DONE': to(N, '§8.4.2'),
    'RESOLUTION-INTERRUPTED': to(PC, '§8.4.2'),
    'CONFLICT-DONE': to(PC, '§8.4.2'),
  },
  'POTENTIAL-CONFLICT': {
    NORMAL: null,
    'COMMUNICATIONS-INTERRUPTED': null,
    'PARTNER-DOWN': null,
    'POTENTIAL-CONFLICT': null,
    RECOVER: null,
    'RECOVER-WAIT': null,
    'RECOVER-DONE': null,
    'RESOLUTION-INTERRUPTED': null,
    'CONFLICT-DONE': null,
  },
  RECOVER: {
    NORMAL: null,
    'COMMUNICATIONS-INTERRUPTED': null,
    'PARTNER-DOWN': null,
    'POTENTIAL-CONFLICT': to(PC, '§8.5.2'),
    RECOVER: null,
    'RECOVER-WAIT': null,
    'RECOVER-DONE': null,
    'RESOLUTION-INTERRUPTED': to(PC, '§8.5.2'),
    'CONFLICT-DONE': to(PC, '§8.5.2'),
  },
  'RECOVER-WAIT': {
    NORMAL: null,
    'COMMUNICATIONS-INTERRUPTED': null,
    'PARTNER-DOWN': null,
    'POTENTIAL-CONFLICT': null,
    RECOVER: null,
    'RECOVER-WAIT': null,
    'RECOVER-DONE': null,
    'RESOLUTION-INTERRUPTED': null,
    'CONFLICT-DONE': null,
  },
  'RECOVER-DONE': {
    NORMAL: to(N, '§8.7.2'),
    // The partner goes to NORMAL when it hears of RECOVER-DONE, or to POTENTIAL-CONFLICT; we follow.
    'COMMUNICATIONS-INTERRUPTED': null,
    'PARTNER-DOWN': null,
    'POTENTIAL-CONFLICT': to(PC, '§8.7.2'),
    RECOVER: to(CI, '§8.7.2'),
    'RECOVER-WAIT': to(CI, '§8.7.2'),
    'RECOVER-DONE': to(N, '§8.7.2'),
    'RESOLUTION-INTERRUPTED': null,
    // The text is silent; a primary in CONFLICT-DONE waits for NORMAL, which only POTENTIAL-CONFLICT leads to.
    'CONFLICT-DONE': to(PC, '§8.7.2'),
  },
  'RESOLUTION-INTERRUPTED': {
    NORMAL: to(PC, '§8.11.2'),
    'COMMUNICATIONS-INTERRUPTED': to(PC, '§8.11.2'),
    'PARTNER-DOWN': to(PC, '§8.11.2'),
    'POTENTIAL-CONFLICT': to(PC, '§8.11.2'),
    RECOVER: to(PC, '§8.11.2'),
    'RECOVER-WAIT': to(PC, '§8.11.2'),
    'RECOVER-DONE': to(PC, '§8.11.2'),
    'RESOLUTION-INTERRUPTED': to(PC, '§8.11.2'),
    'CONFLICT-DONE': to(PC, '§8.11.2'),
  },
  'CONFLICT-DONE': {
    NORMAL: to(N, '§8.12.2'),
    'COMMUNICATIONS-INTERRUPTED': null,
    'PARTNER-DOWN': null,
    'POTENTIAL-CONFLICT': null,
    RECOVER: null,
    'RECOVER-WAIT': null,
    'RECOVER-DONE': null,
    'RESOLUTION-INTERRUPTED': null,
    'CONFLICT-DONE': null,
  },
} as const satisfies Record<LastingState, Record<LastingState, Move | null>>;

/** What happens without a word from the partner about its state. */
export type MachineEvent =
  | 'communications-failed'
  | 'operator-partner-down'
  | 'auto-partner-down'
  | 'update-done'
  | 'recover-wait-over';

type EventRow = Record<LastingState, Move | null | Record<Role, Move>>;

const STAYS = {
  NORMAL: null,
  'COMMUNICATIONS-INTERRUPTED': null,
  'PARTNER-DOWN': null,
  'POTENTIAL-CONFLICT': null,
  RECOVER: null,
  'RECOVER-WAIT': null,
  'RECOVER-DONE': null,
  'RESOLUTION-INTERRUPTED': null,
  'CONFLICT-DONE': null,
} as const;

export const ON_EVENT = {
  'communications-failed': {
    ...STAYS,
    NORMAL: to(CI, '§8.8.2'),
    'POTENTIAL-CONFLICT': to('RESOLUTION-INTERRUPTED', '§8.10.2'),
  },
  'operator-partner-down': {
    ...STAYS,
    NORMAL: to(PD, '§8.8.2'),
    'COMMUNICATIONS-INTERRUPTED': to(PD, '§8.9.2'),
    'RESOLUTION-INTERRUPTED': to(PD, '§8.11.2'),
  },
  'auto-partner-down': { ...STAYS, 'COMMUNICATIONS-INTERRUPTED': to(PD, '§8.9.2') },
  'update-done': {
    ...STAYS,
    RECOVER: to('RECOVER-WAIT', '§8.5.2'),
    'POTENTIAL-CONFLICT': { primary: to('CONFLICT-DONE', '§8.10.2'), secondary: to(N, '§8.10.2') },
  },
  'recover-wait-over': { ...STAYS, 'RECOVER-WAIT': to('RECOVER-DONE', '§8.6.2') },
} as const satisfies Record<MachineEvent, EventRow>;

/** Where the partner's state leads, or `null`. */
export function onPartnerState(own: LastingState, partner: LastingState): Move | null {
  return ON_PARTNER_STATE[own][partner];
}

/** Where an event leads, or `null`. */
export function onEvent(event: MachineEvent, own: LastingState, role: Role): Move | null {
  const row: EventRow = ON_EVENT[event];
  const entry = row[own];
  if (entry === null) return null;
  return 'to' in entry ? entry : entry[role];
}

/**
 * §8.3.2 step 2: the state to return to after STARTUP. Where communications had been OK, it is the state that their
 * failure leads to.
 */
export function stateBeforeStartup(recorded: LastingState, role: Role): LastingState {
  return onEvent('communications-failed', recorded, role)?.to ?? recorded;
}

/** What §8.3.2 step 5 looks at when communications become OK in STARTUP. */
export interface StartupFacts {
  readonly previous: LastingState;
  readonly partnerState: LastingState;
  /** OPTION_F_START_TIME_OF_STATE of the partner. */
  readonly partnerStartTime: number;
  /** Last recorded time of operation; `undefined` if this server never operated. */
  readonly lastOperationTime: number | undefined;
  /** This server's store knew nothing of this endpoint, yet the partner has talked to it before. */
  readonly lostMemory: boolean;
}

/**
 * §8.3.2 step 5: the state in which STARTUP ends, from which the partner's state may lead on. A server that is
 * recovering already has not operated since, so that it recovers and is in no conflict. A primary which finds that it lost its
 * memory recovers too, instead of beginning as in §8.2: the partner has what it lost (§8.5.2).
 * Within 5 seconds this server was down when its partner was told so: it must not serve clients by what it knew then.
 */
export function leaveStartup(facts: StartupFacts): Move {
  const { previous, partnerState, partnerStartTime, lastOperationTime, lostMemory } = facts;
  if (lostMemory) return to('RECOVER', '§8.3.2');
  if (partnerState !== 'PARTNER-DOWN') return to(previous, '§8.3.2');
  const operatedUnseen =
    lastOperationTime !== undefined && isClearlyAfter(lastOperationTime, partnerStartTime);
  if (!operatedUnseen) return to('RECOVER', '§8.3.2');
  return to(RECOVERING.has(previous) ? previous : PC, '§8.3.2');
}

const RECOVERING: ReadonlySet<LastingState> = new Set(['RECOVER', 'RECOVER-WAIT', 'RECOVER-DONE']);
