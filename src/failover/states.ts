/**
 * The endpoint's own state and what it knows of its partner's (RFC 8156 §6.3, §6.4, §8): asks the machine's table where
 * to go, goes there, records it, and tells the partner. What else a state brings about is in the listener's hands.
 */
import { addSeconds, laterOf } from '../base/time.ts';
import type { State } from '../wire/messages.ts';
import { unixMillisOf } from './bindings.ts';
import type { Context } from './context.ts';
import type { EndpointRecord } from './io.ts';
import {
  leaveStartup,
  type MachineEvent,
  type Move,
  onEvent,
  onPartnerState,
  stateBeforeStartup,
} from './machine.ts';
import { type EndpointState, type LastingState, lastingStateOf, SERVER_FLAGS, STATE_CODES } from './state.ts';
import { TIMER } from './timers.ts';

/** What states need from the rest of the endpoint. */
export interface StatesListener {
  /** Whether messages can be sent: CONNECT and CONNECTREPLY are exchanged. */
  linkIsOpen(): boolean;
  newTransactionId(): number;
  /** UPDREQ or UPDREQALL is due, unless one is outstanding. */
  requestUpdates(all: boolean): void;
  /** A new state was entered. */
  entered(state: LastingState): void;
}

/** A chain of transitions is at most this long; the table has none that circles. */
const CHAIN_MAX = 6;

export class States<Reply> {
  record: EndpointRecord;
  current: EndpointState = 'STARTUP';
  /** A STATE has come on this connection (§6.1). */
  communicationsOk = false;
  /** The partner's last STATE had the STARTUP flag. */
  private partnerInStartup = false;
  /** The store knew nothing of this endpoint. */
  private readonly memoryless: boolean;
  /** The state to return to after STARTUP. */
  private readonly previous: LastingState;
  private readonly startedAt: number;
  private readonly context: Context<Reply>;
  private readonly listener: StatesListener;

  /** `lastLeaseTime`: the latest time at which a lease on record was dealt with, if any (§8.3.2). */
  constructor(
    context: Context<Reply>,
    listener: StatesListener,
    stored: EndpointRecord | undefined,
    lastLeaseTime: number | undefined,
  ) {
    const { role, mclt } = context.config;
    this.context = context;
    this.listener = listener;
    this.startedAt = context.time;
    this.memoryless = stored === undefined;
    this.record =
      stored === undefined ? blankRecord(role, mclt, context.time) : withLeaseTime(stored, lastLeaseTime);
    if (stored !== undefined && role === 'primary') this.record = { ...this.record, mclt };
    this.previous = stateBeforeStartup(this.record.state, role);
    this.persist();
    context.start(TIMER.startup, context.config.startupSeconds);
    context.start(TIMER.heartbeat, context.config.heartbeatSeconds);
  }

  /** Sends STATE (§6.3). In STARTUP it says the recorded state and has the STARTUP flag (§8.3.1). */
  sendState(): void {
    const { record, context } = this;
    const flags =
      (record.communicated ? SERVER_FLAGS.COMMUNICATED : 0) |
      (this.current === 'STARTUP' ? SERVER_FLAGS.STARTUP : 0) |
      (this.partnerInStartup ? SERVER_FLAGS.ACK_STARTUP : 0);
    context.outbox.put({
      type: 'STATE',
      transactionId: this.listener.newTransactionId(),
      sentTime: 0,
      serverState: STATE_CODES[record.state],
      serverFlags: flags,
      startTimeOfState: record.startTimeOfState,
      ...(record.state === 'PARTNER-DOWN' && {
        partnerDownTime: record.partnerDownTime ?? record.startTimeOfState,
      }),
    });
  }

  /** Says STATE again, should one have been lost on the way, unless all is well. */
  remind(): void {
    if (this.current !== 'NORMAL' || this.record.partnerState !== 'NORMAL') this.sendState();
  }

  /** Receives STATE (§6.4). */
  received(message: State): void {
    const partnerState = lastingStateOf(message.serverState ?? 0);
    const { serverFlags = 0, startTimeOfState } = message;
    if (partnerState === undefined || startTimeOfState === undefined) {
      this.context.note('protocol', 'a STATE without a state or without its start time', '§6.3');
      return;
    }
    const before = this.record;
    this.partnerInStartup = (serverFlags & SERVER_FLAGS.STARTUP) !== 0;
    const { partnerDownTimeOfPartner: _, ...rest } = before;
    this.record = {
      ...rest,
      partnerState,
      partnerStartTimeOfState: startTimeOfState,
      partnerFlags: serverFlags,
      communicated: true,
      lastMessageTime: this.context.time,
      ...(before.state === 'PARTNER-DOWN' && { partnerIsBack: true }),
      ...(partnerState === 'PARTNER-DOWN' && {
        partnerDownTimeOfPartner: message.partnerDownTime ?? startTimeOfState,
      }),
    };
    const first = !this.communicationsOk;
    this.communicationsOk = true;
    const partnerKnowsUs = (serverFlags & SERVER_FLAGS.COMMUNICATED) !== 0;
    if (first && !before.communicated && partnerKnowsUs) {
      // §8.5.2: it has a record of talking to us and we have none of talking to it.
      this.record = { ...this.record, updateAllNeeded: true, firstRun: false };
    }
    this.persist();
    if (this.current === 'STARTUP')
      this.endStartup(partnerState, startTimeOfState, !before.communicated && partnerKnowsUs);
    this.consider();
  }

  /** An event that may lead on; returns whether it did. */
  event(event: MachineEvent, why: string): boolean {
    if (this.current === 'STARTUP') return false;
    const move = onEvent(event, this.current, this.context.config.role);
    if (move === null) return false;
    this.enter(move, why);
    // After a command the partner is heard anew before its old state counts for anything (§8.4.2).
    if (move.to !== 'PARTNER-DOWN') this.consider();
    return true;
  }

  /** The connection is gone. */
  communicationsFailed(why: string): void {
    this.communicationsOk = false;
    this.partnerInStartup = false;
    this.event('communications-failed', why);
  }

  /** §8.3.2 step 6 */
  startupIsOver(): void {
    if (this.current !== 'STARTUP') return;
    const state = this.memoryless ? this.withoutMemory() : this.previous;
    this.enter({ to: state, section: '§8.3.2' }, 'no partner came during STARTUP');
  }

  /**
   * §8.2 and step 1 of §8.3.2 differ here: an empty disk is that of a new server, whose clients wait, or one that was lost,
   * and then its partner may have clients that nobody here knows. Only the operator can tell.
   */
  private withoutMemory(): LastingState {
    const { context } = this;
    const { role, partnerDownIfAlone = role === 'primary' } = context.config;
    if (!partnerDownIfAlone) return 'RECOVER';
    context.alarm(
      'clients are served with no lease on record and without having heard the partner',
      '§8.3.2',
    );
    return 'PARTNER-DOWN';
  }

  /** UPDDONE: what was asked for has come (§8.5.2, §8.10.2). */
  updatesAreDone(): void {
    if (this.record.updateAllNeeded) this.record = { ...this.record, updateAllNeeded: false };
    this.event('update-done', 'UPDDONE received');
  }

  heartbeat(): void {
    const { context } = this;
    context.start(TIMER.heartbeat, context.config.heartbeatSeconds);
    if (!OPERATING.has(this.current)) return;
    this.record = { ...this.record, lastOperationTime: context.time };
    this.persist();
  }

  /** The primary's MCLT, as agreed on this connection (§6.1.2). */
  useMclt(mclt: number): void {
    if (mclt === this.record.mclt) return;
    this.record = { ...this.record, mclt };
    this.persist();
  }

  /** §8.6.2: when RECOVER-WAIT ends, absolute. */
  recoverWaitEnd(): number {
    return addSeconds(this.record.timeOfFailure ?? this.startedAt, this.record.mclt);
  }

  /** In NORMAL, the partner has had the time to tell what it knows: recovery is over. */
  settled(): void {
    const { timeOfFailure, ...rest } = this.record;
    if (timeOfFailure === undefined || this.current !== 'NORMAL') return;
    this.record = rest;
    this.persist();
  }

  private endStartup(
    partnerState: LastingState,
    partnerStartTime: number,
    partnerRemembersMore: boolean,
  ): void {
    const { lastOperationTime } = this.record;
    const lostMemory = this.memoryless && partnerRemembersMore;
    const facts = { previous: this.previous, partnerState, partnerStartTime, lastOperationTime, lostMemory };
    this.enter(leaveStartup(facts), `the partner is in ${partnerState}`);
  }

  /** Follows the table while the partner's state leads anywhere, then sees to what the state is waiting for. */
  private consider(): void {
    if (!this.communicationsOk || this.partnerInStartup) return;
    for (let step = 0; step < CHAIN_MAX; step++) {
      const partner = this.record.partnerState;
      if (this.current === 'STARTUP' || partner === undefined) return;
      const move = onPartnerState(this.current, partner);
      if (move === null) break;
      this.enter(move, `the partner is in ${partner}`);
    }
    this.askForUpdates();
  }

  /** §8.5.2, §8.10: who asks for updates, and when. */
  private askForUpdates(): void {
    const { record } = this;
    if (this.current === 'RECOVER') this.listener.requestUpdates(record.updateAllNeeded);
    if (this.current !== 'POTENTIAL-CONFLICT') return;
    const turn = this.context.config.role === 'primary' || record.partnerState === 'CONFLICT-DONE';
    // What a lost disk knew is not among the updates that the partner holds for unacknowledged.
    if (turn) this.listener.requestUpdates(record.updateAllNeeded);
  }

  private enter(move: Move, why: string): void {
    const { context, current: from } = this;
    const state = move.to;
    for (const timer of [TIMER.startup, TIMER.recoverWait, TIMER.autoPartnerDown])
      context.timers.clear(timer);
    this.current = state;
    if (state !== this.record.state) this.record = enteredRecord(this.record, state, context.time);
    if (state === 'RECOVER' && from === 'STARTUP') this.record = this.failedRecord();
    this.prepare(state);
    this.persist();
    if (this.listener.linkIsOpen()) this.sendState();
    const text = `${from} to ${state}: ${why}`;
    context.emit({ kind: 'note', event: 'transition', text, section: move.section, from, to: state });
    this.listener.entered(state);
  }

  /** Timers, alarms and records of a state that is being entered. */
  private prepare(state: LastingState): void {
    const { context } = this;
    switch (state) {
      case 'COMMUNICATIONS-INTERRUPTED': {
        const { autoPartnerDownSeconds } = context.config;
        if (autoPartnerDownSeconds !== undefined)
          context.start(TIMER.autoPartnerDown, autoPartnerDownSeconds);
        if (!this.communicationsOk) context.alarm('communications with the partner are interrupted', '§8.9');
        break;
      }
      case 'RESOLUTION-INTERRUPTED':
        context.alarm('the partner was lost while conflicts were being resolved', '§8.11');
        break;
      case 'RECOVER-WAIT': {
        const end = this.record.firstRun ? context.now : unixMillisOf(this.recoverWaitEnd(), context.now);
        context.timers.set(TIMER.recoverWait, end);
        break;
      }
      case 'NORMAL':
        this.record = { ...this.record, updateAllNeeded: false, firstRun: false };
        break;
      default:
        break;
    }
    if (OPERATING.has(state)) this.record = { ...this.record, lastOperationTime: context.time };
  }

  /**
   * RECOVER begins. TIME-OF-FAILURE is the last time at which this server may have promised anything: each lease is on the
   * disk, with its time, before its client hears of it. It is not the end of the heartbeat after that: the partner may give
   * leases away from the MCLT after its PARTNER-DOWN on, and by then this server should be back (docs/failover.md).
   */
  private failedRecord(): EndpointRecord {
    const { record } = this;
    const last = record.lastOperationTime ?? record.timeOfFailure ?? this.startedAt;
    return { ...record, timeOfFailure: laterOf(record.timeOfFailure ?? last, last) };
  }

  private persist(): void {
    this.context.outbox.persist({ kind: 'endpoint', record: this.record });
  }
}

/** States in which a server answers clients (§8.1), so that it may have given leases until its last heartbeat. */
const OPERATING: ReadonlySet<EndpointState> = new Set([
  'NORMAL',
  'COMMUNICATIONS-INTERRUPTED',
  'PARTNER-DOWN',
  'RESOLUTION-INTERRUPTED',
  'CONFLICT-DONE',
]);

/** §8.2: nothing in stable storage. */
function blankRecord(role: 'primary' | 'secondary', mclt: number, now: number): EndpointRecord {
  return {
    state: role === 'primary' ? 'PARTNER-DOWN' : 'RECOVER',
    startTimeOfState: now,
    ...(role === 'primary' && { partnerDownTime: now }),
    partnerFlags: 0,
    communicated: false,
    mclt,
    updateAllNeeded: false,
    firstRun: true,
  };
}

function withLeaseTime(record: EndpointRecord, lastLeaseTime: number | undefined): EndpointRecord {
  const { lastOperationTime } = record;
  if (lastLeaseTime === undefined) return record;
  return {
    ...record,
    lastOperationTime:
      lastOperationTime === undefined ? lastLeaseTime : laterOf(lastOperationTime, lastLeaseTime),
  };
}

function enteredRecord(record: EndpointRecord, state: LastingState, now: number): EndpointRecord {
  const { partnerDownTime: _, partnerIsBack: __, ...rest } = record;
  return {
    ...rest,
    previousState: record.state,
    state,
    startTimeOfState: now,
    ...(state === 'PARTNER-DOWN' && { partnerDownTime: now }),
  };
}
