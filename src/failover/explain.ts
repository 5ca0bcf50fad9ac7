/** "What happens next and when" in the RFC's words, from the timers that run and from what the state waits for. */
import type { Explanation, Responsiveness } from './io.ts';
import type { EndpointState, LastingState } from './state.ts';
import { TIMER, type TimerName, type Timers } from './timers.ts';

interface Situation {
  readonly current: EndpointState;
  readonly communicationsOk: boolean;
  readonly record: {
    readonly startTimeOfState: number;
    readonly partnerState?: LastingState;
    readonly partnerStartTimeOfState?: number;
  };
}

interface Updates {
  readonly neededCount: number;
  readonly unackedCount: number;
  readonly asked: number | undefined;
}

type Phrase = { readonly what: string; readonly section: string };

/** Timers that lead somewhere; the others only keep things going. */
const PHRASES: Record<TimerName, Phrase | undefined> = {
  startup: { what: 'leave STARTUP without having heard from the partner', section: '§8.3.2' },
  reconnect: { what: 'try to connect to the partner', section: '§6.1' },
  connectReply: { what: 'give up waiting for the partner to complete the connection', section: '§6.1' },
  keepalive: { what: 'take the connection for dead if nothing is received', section: '§6.6' },
  contact: { what: 'send CONTACT if nothing else is sent', section: '§6.6' },
  firstState: { what: 'drop the connection if no STATE comes', section: '§6.1' },
  stateAgain: undefined,
  ack: { what: 'drop the connection if no BNDREPLY comes', section: '§8.8.2' },
  updateDone: { what: 'drop the connection if no BNDUPD and no UPDDONE comes', section: '§8.5.2' },
  recoverWait: { what: 'enter RECOVER-DONE', section: '§8.6.2' },
  autoPartnerDown: { what: 'enter PARTNER-DOWN by itself', section: '§8.9.2' },
  rescan: { what: 'offer rejected updates again', section: '§7.5.4' },
  heartbeat: undefined,
  settle: undefined,
  poolRequest: undefined,
  shutdown: { what: 'shut down without waiting any longer', section: '§5.3.10' },
};

/** What a state waits for that has no time of its own. */
const WAITS: Record<EndpointState, Phrase | undefined> = {
  STARTUP: { what: 'a STATE from the partner ends STARTUP', section: '§8.3.2' },
  NORMAL: undefined,
  'COMMUNICATIONS-INTERRUPTED': { what: 'NORMAL follows when the partner is back', section: '§8.9.2' },
  'PARTNER-DOWN': { what: 'NORMAL follows when the partner reaches RECOVER-DONE', section: '§8.4.2' },
  'POTENTIAL-CONFLICT': { what: 'UPDDONE ends POTENTIAL-CONFLICT', section: '§8.10.2' },
  RECOVER: { what: 'UPDDONE leads to RECOVER-WAIT', section: '§8.5.2' },
  'RECOVER-WAIT': undefined,
  'RECOVER-DONE': { what: 'NORMAL follows when the partner enters it', section: '§8.7.2' },
  'RESOLUTION-INTERRUPTED': {
    what: 'POTENTIAL-CONFLICT follows when the partner is back',
    section: '§8.11.2',
  },
  'CONFLICT-DONE': { what: 'NORMAL follows when the secondary enters it', section: '§8.12.2' },
};

export function explain(
  timers: Timers,
  situation: Situation,
  updates: Updates,
  responsiveness: Responsiveness,
  skewSeconds: number | undefined,
): Explanation {
  const next: { what: string; section: string; at?: number }[] = [];
  for (const [name, timer] of Object.entries(TIMER)) {
    const at = timers.get(timer);
    const phrase = PHRASES[name as TimerName];
    if (at !== undefined && phrase !== undefined) next.push({ ...phrase, at });
  }
  next.sort((a, b) => (a.at as number) - (b.at as number));
  const { current, communicationsOk, record } = situation;
  const waits = WAITS[current];
  if (waits !== undefined) next.push({ ...waits });
  return {
    state: current,
    since: record.startTimeOfState,
    communicationsOk,
    ...(record.partnerState && { partnerState: record.partnerState }),
    ...(record.partnerStartTimeOfState !== undefined && { partnerSince: record.partnerStartTimeOfState }),
    responsiveness,
    next,
    updatesNeeded: updates.neededCount,
    updatesUnacked: updates.unackedCount,
    ...(skewSeconds !== undefined && { skewSeconds }),
  };
}
