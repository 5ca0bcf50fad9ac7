/**
 * Plays one side of a captured connection against a live server: sends what that side sent once the server has said
 * what it said before, with times moved to today and transaction-ids of replies taken from the live requests. Tells
 * where the live server means something else than the captured one. Sans-IO.
 */

import { Exchanges } from '../../analyze/exchanges.ts';
import type { Direction } from '../../base/flow.ts';
import { secondsBetween, toEpoch2000 } from '../../base/time.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import type { Message } from '../../dissect/message.ts';
import { PREFIX_OCTETS } from '../dialect.ts';
import { unitOf } from '../faults/patch.ts';
import { shiftTimes } from '../faults/times.ts';
import { differences, subjectOf } from './compare.ts';

export type ReplayOutput =
  /** `captured`: as it was; `null` for a CONTACT of our own. */
  | { readonly kind: 'send'; readonly octets: Uint8Array; readonly captured: Message | null }
  | { readonly kind: 'difference'; readonly text: string }
  | {
      readonly kind: 'finished';
      readonly sent: number;
      readonly answered: number;
      readonly differences: number;
    };

export interface ReplaySettings {
  /** The side that is played: 0, the opener (primary), or 1. */
  readonly side: Direction;
  /** How much faster than captured; `Infinity` waits only for the server. */
  readonly speed: number;
  /** How long the server may take for what it said in the capture; Unix milliseconds. */
  readonly patienceMillis: number;
}

/** Keepalives come when they come. */
const CONTACT = 'CONTACT';
const CONTACT_TYPE = 35;
/** The header of a message: type, transaction-id, sent-time (RFC 8156 §5.2). */
const CONTACT_OCTETS = 8;
/** So often within the live server's keepalive-time it hears something, however long it lets us wait (RFC 8156 §6.6). */
const CONTACTS_PER_KEEPALIVE = 3;

interface Step {
  readonly message: Message;
  readonly mine: boolean;
  /** Index in the script of the request that this one answers. */
  readonly answers: number | undefined;
  /** What came for it, or `lost` if nothing came in time. */
  live: Message | 'lost' | undefined;
}

export class Replay {
  private readonly settings: ReplaySettings;
  private readonly steps: readonly Step[];
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
  private over = false;

  /** `script`: the messages of one connection, both directions, in the order of the capture. */
  constructor(script: readonly Message[], settings: ReplaySettings) {
    this.settings = settings;
    this.steps = stepsOf(script, settings.side);
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
    const step = live.msgName === CONTACT || repeated ? undefined : this.expectedBy(live);
    if (step !== undefined) {
      step.live = live;
      this.answered++;
      this.waitingSince = now;
      for (const text of differences(step.message, live)) this.differ(`${nameOf(step.message)} ${text}`);
    } else if (live.msgName !== CONTACT && !repeated) {
      this.differ(
        `${live.msgName ?? live.msgType} ${subjectOf(live)} was not in the capture`.replace('  ', ' '),
      );
    }
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
    return Math.min(due, this.lastSentMillis + this.contactMillis);
  }

  tick(now: number): ReplayOutput[] {
    const step = this.steps[this.position];
    if (
      !this.over &&
      step !== undefined &&
      !step.mine &&
      now >= this.waitingSince + this.settings.patienceMillis
    ) {
      this.differ(
        `${nameOf(step.message)} ${subjectOf(step.message)} did not come in time`.replace('  ', ' '),
      );
      step.live = 'lost';
      this.waitingSince = now;
    }
    this.advance(now);
    if (!this.over && now >= this.lastSentMillis + this.contactMillis) this.contact(now);
    return this.take();
  }

  /** Goes on as far as the server and the clock allow. */
  private advance(now: number): void {
    for (
      let step = this.steps[this.position];
      step !== undefined && !this.over;
      step = this.steps[this.position]
    ) {
      if (step.mine ? now < this.dueMillis(step) : step.live === undefined) return;
      if (step.mine) this.send(step, now);
      this.position++;
      this.waitingSince = now;
    }
    this.finish();
  }

  private send(step: Step, now: number): void {
    const request = step.answers === undefined ? undefined : this.steps[step.answers]?.live;
    if (request === 'lost') return;
    const { sentTime } = step.message;
    const octets =
      sentTime === null
        ? unitOf(step.message)
        : shiftTimes(step.message, secondsBetween(sentTime, toEpoch2000(now)), true);
    if (request !== undefined && request.transactionId !== null)
      writeTransactionId(octets, request.transactionId);
    this.sent++;
    this.lastSentMillis = now;
    this.outputs.push({ kind: 'send', octets, captured: step.message });
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

  /** The captured message that a live one stands for: of its type, and about the same leases if there are several. */
  private expectedBy(live: Message): Step | undefined {
    const open = this.steps.filter(
      (step) => !step.mine && step.live === undefined && step.message.msgName === live.msgName,
    );
    const subject = subjectOf(live);
    return (
      open.find(({ message }) => subjectOf(message) === subject) ?? (subject === '' ? open[0] : undefined)
    );
  }

  private differ(text: string): void {
    this.different++;
    this.outputs.push({ kind: 'difference', text });
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    const { sent, answered, different: found } = this;
    this.outputs.push({ kind: 'finished', sent, answered, differences: found });
  }

  private take(): ReplayOutput[] {
    const { outputs } = this;
    this.outputs = [];
    return outputs;
  }
}

function stepsOf(script: readonly Message[], side: Direction): Step[] {
  const exchanges = new Exchanges();
  const positions = new Map<number, number>();
  const steps: Step[] = [];
  let state: number | undefined;
  for (const message of script) {
    const exchange = exchanges.push(message);
    const mine = message.frame.direction === side;
    if (message.msgName === CONTACT && !mine) continue;
    const { serverState } = message.facts();
    if (!mine && serverState !== undefined) {
      // A server may announce its state again (RFC 8156 §6.3): that says nothing new.
      if (serverState === state) continue;
      state = serverState;
    }
    positions.set(message.index, steps.length);
    const answers = exchange === undefined ? undefined : positions.get(exchange.request.index);
    steps.push({ message, mine, answers, live: undefined });
  }
  return steps;
}

function nameOf({ index, msgName, msgType }: Message): string {
  return `#${index} ${msgName ?? `type ${msgType}`}`;
}

function writeTransactionId(octets: Uint8Array, id: number): void {
  octets[PREFIX_OCTETS + 1] = id >>> 16;
  octets[PREFIX_OCTETS + 2] = (id >>> 8) & 0xff;
  octets[PREFIX_OCTETS + 3] = id & 0xff;
}
