/**
 * Plays one side of a captured connection against a live server: sends what that side sent once the server has said
 * what it said before, with times moved to today and transaction-ids of replies taken from the live requests. Tells
 * where the live server means something else than the captured one. Sans-IO.
 */

import type { Direction } from '../../base/flow.ts';
import { secondsBetween, toEpoch2000 } from '../../base/time.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import type { Message } from '../../dissect/message.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import { unitOf } from '../faults/patch.ts';
import { shiftTimes } from '../faults/times.ts';
import { differences, subjectOf } from './compare.ts';
import { CONTACT, Expected, type Step, scriptOf, Updates } from './script.ts';

export type ReplayOutput =
  /** `captured`: as it was; `null` for a CONTACT of our own. */
  | { readonly kind: 'send'; readonly octets: Uint8Array; readonly captured: Message | null }
  | { readonly kind: 'difference'; readonly text: string }
  /** The same about an update that a client of the live server caused: no failure. */
  | { readonly kind: 'apart'; readonly text: string }
  | {
      readonly kind: 'finished';
      readonly sent: number;
      readonly answered: number;
      readonly differences: number;
      /** How many there were of that kind. */
      readonly apart: number;
      /** Captured updates of clients that did not come. */
      readonly absent: number;
    };

export interface ReplaySettings {
  /** The side that is played: 0, the opener (primary), or 1. */
  readonly side: Direction;
  /** How much faster than captured; `Infinity` waits only for the server. */
  readonly speed: number;
  /** How long the server may take for what it said in the capture; milliseconds. */
  readonly patienceMillis: number;
  /** Whether updates that clients caused are expected, too. */
  readonly strict: boolean;
}

const CONTACT_TYPE = 35;
/** The header of a message: type, transaction-id, sent-time (RFC 8156 §5.2). */
const CONTACT_OCTETS = 8;
/** So often within the live server's keepalive-time it hears something, however long it lets us wait (RFC 8156 §6.6). */
const CONTACTS_PER_KEEPALIVE = 3;

export class Replay {
  private readonly settings: ReplaySettings;
  private readonly steps: readonly Step[];
  private readonly expected: Expected;
  private readonly updates = new Updates();
  private outputs: ReplayOutput[] = [];
  private position = 0;
  private beganMillis = 0;
  private waitingSince = 0;
  private lastSentMillis = 0;
  /** How often we say something; unknown until the live server has said what it expects. */
  private contactMillis = Number.POSITIVE_INFINITY;
  private nextContactId = 1;
  /** What the live server has announced last. */
  private state: number | undefined;
  private sent = 0;
  private answered = 0;
  private different = 0;
  private apart = 0;
  private over = false;

  /** `script`: the messages of one connection, both directions, in the order of the capture. */
  constructor(script: readonly Message[], settings: ReplaySettings) {
    this.settings = settings;
    this.steps = scriptOf(script, settings.side, settings.strict);
    this.expected = new Expected(this.steps);
  }

  /** The connection is up. */
  start(now: number): ReplayOutput[] {
    this.beganMillis = now;
    this.waitingSince = now;
    this.advance(now);
    return this.take();
  }

  /** A message of the live server. */
  receive(live: Message, now: number): ReplayOutput[] {
    if (this.over) return [];
    const { keepaliveTime, serverState } = live.facts();
    if (keepaliveTime !== undefined && keepaliveTime > 0)
      this.contactMillis = (keepaliveTime * 1000) / CONTACTS_PER_KEEPALIVE;
    const repeated = serverState !== undefined && serverState === this.state;
    this.state = serverState ?? this.state;
    if (live.msgName !== CONTACT && !repeated) this.compare(live, now);
    this.advance(now);
    return this.take();
  }

  /** The live server has closed. */
  closed(): ReplayOutput[] {
    if (!this.over && this.position < this.steps.length) {
      this.differ(
        `the server closed the connection before ${nameOf((this.steps[this.position] as Step).message)}`,
      );
    }
    this.finish();
    return this.take();
  }

  /** Unix milliseconds of the next `tick`. */
  deadline(): number | undefined {
    if (this.over) return undefined;
    const step = this.steps[this.position];
    if (step === undefined) return undefined;
    const due = step.mine ? this.dueMillis(step) : this.waitingSince + this.settings.patienceMillis;
    return Math.min(due, this.contactDueMillis());
  }

  tick(now: number): ReplayOutput[] {
    const step = this.steps[this.position];
    if (
      !this.over &&
      step !== undefined &&
      !step.mine &&
      now >= this.waitingSince + this.settings.patienceMillis
    ) {
      this.differ(`${withSubject(nameOf(step.message), step.message)} did not come in time`);
      step.live = 'lost';
      this.waitingSince = now;
    }
    this.advance(now);
    if (!this.over && now >= this.contactDueMillis()) this.contact(now);
    return this.take();
  }

  private compare(live: Message, now: number): void {
    this.updates.follow(live, false);
    const byClient = !this.settings.strict && this.updates.isByClient(live);
    const step = this.expected.take(live);
    if (step === undefined) {
      const name = live.msgName ?? `type ${live.msgType}`;
      this.differ(`${withSubject(name, live)} was not in the capture`, byClient);
      return;
    }
    step.live = live;
    this.answered++;
    this.waitingSince = now;
    for (const text of differences(step.message, live))
      this.differ(`${nameOf(step.message)} ${text}`, byClient || step.byClient);
    if (step.answer !== undefined) this.send(step.answer, now);
  }

  /** Goes on as far as the server and the clock allow. */
  private advance(now: number): void {
    for (
      let step = this.steps[this.position];
      step !== undefined && !this.over;
      step = this.steps[this.position]
    ) {
      if (step.mine ? now < this.dueMillis(step) : step.live === undefined && !step.byClient) return;
      if (step.mine) this.send(step, now);
      this.position++;
      this.waitingSince = now;
    }
    this.finish();
  }

  private send(step: Step, now: number): void {
    const { answers } = step;
    const request = answers?.live;
    if (request === 'lost') return;
    if (answers?.byClient === true && request === undefined) {
      answers.answer = step;
      return;
    }
    const { sentTime } = step.message;
    const octets =
      sentTime === null
        ? unitOf(step.message)
        : shiftTimes(step.message, secondsBetween(sentTime, toEpoch2000(now)), true);
    if (request !== undefined && request.transactionId !== null)
      writeTransactionId(octets, request.transactionId);
    this.updates.follow(step.message, true);
    this.sent++;
    this.lastSentMillis = now;
    this.outputs.push({ kind: 'send', octets, captured: step.message });
  }

  /** The first message is CONNECT or CONNECTREPLY (RFC 8156 §6.1): nothing of our own comes before. */
  private contactDueMillis(): number {
    return this.sent === 0 ? Number.POSITIVE_INFINITY : this.lastSentMillis + this.contactMillis;
  }

  private contact(now: number): void {
    this.lastSentMillis = now;
    const octets = new Uint8Array(PREFIX_OCTETS + CONTACT_OCTETS);
    const view = new DataView(octets.buffer);
    view.setUint16(0, CONTACT_OCTETS);
    view.setUint32(PREFIX_OCTETS, CONTACT_TYPE * 2 ** 24 + this.nextContactId++);
    view.setUint32(PREFIX_OCTETS + 4, toEpoch2000(now));
    this.outputs.push({ kind: 'send', octets, captured: null });
  }

  private dueMillis({ message }: Step): number {
    const first = this.steps[0]?.message ?? message;
    const elapsed = timestampMillis(message.frame.seen.time) - timestampMillis(first.frame.seen.time);
    return this.beganMillis + elapsed / this.settings.speed;
  }

  private differ(text: string, byClient = false): void {
    if (byClient) this.apart++;
    else this.different++;
    this.outputs.push({ kind: byClient ? 'apart' : 'difference', text });
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    const { sent, answered, different, apart, steps } = this;
    const absent = steps.filter((step) => step.byClient && step.live === undefined).length;
    this.outputs.push({ kind: 'finished', sent, answered, differences: different, apart, absent });
  }

  private take(): ReplayOutput[] {
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }
}

function nameOf({ index, msgName, msgType }: Message): string {
  return `#${index} ${msgName ?? `type ${msgType}`}`;
}

/** The name with what the message is about, if it is about something. */
function withSubject(name: string, message: Message): string {
  const subject = subjectOf(message);
  return subject === '' ? name : `${name} ${subject}`;
}

function writeTransactionId(octets: Uint8Array, id: number): void {
  octets[PREFIX_OCTETS + 1] = id >>> 16;
  octets[PREFIX_OCTETS + 2] = (id >>> 8) & 0xff;
  octets[PREFIX_OCTETS + 3] = id & 0xff;
}
