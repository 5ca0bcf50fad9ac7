/** When a DHCPv6 client sends a message again, and when it gives up (RFC 8415 §15, parameters of §7.6). Milliseconds. */
import type { Random } from '../base/clock.ts';

export interface RetransmissionParameters {
  /** IRT, ms. */
  readonly initial: number;
  /** MRT, ms; 0: no limit. */
  readonly longest: number;
  /** MRC: transmissions before giving up; 0: no limit. */
  readonly countMax: number;
  /** MRD, ms; 0: no limit. */
  readonly durationMax: number;
}

const SECOND = 1000;

/** RFC 8415 §7.6, table 1. MRD of RENEW and REBIND follows from T2 and the leases, and is the client's to know. */
export const RETRANSMISSION = {
  SOLICIT: { initial: SECOND, longest: 3600 * SECOND, countMax: 0, durationMax: 0 },
  REQUEST: { initial: SECOND, longest: 30 * SECOND, countMax: 10, durationMax: 0 },
  CONFIRM: { initial: SECOND, longest: 4 * SECOND, countMax: 0, durationMax: 10 * SECOND },
  RENEW: { initial: 10 * SECOND, longest: 600 * SECOND, countMax: 0, durationMax: 0 },
  REBIND: { initial: 10 * SECOND, longest: 600 * SECOND, countMax: 0, durationMax: 0 },
  RELEASE: { initial: SECOND, longest: 0, countMax: 4, durationMax: 0 },
  DECLINE: { initial: SECOND, longest: 0, countMax: 4, durationMax: 0 },
} as const satisfies Record<string, RetransmissionParameters>;

/** SOL_MAX_DELAY and CNF_MAX_DELAY, ms. */
export const FIRST_MESSAGE_DELAY_MAX = SECOND;

export class Retransmission {
  private readonly parameters: RetransmissionParameters;
  private readonly random: Random;
  private timeout: number;
  private sent = 1;
  /** When the first message went out. */
  readonly begun: number;
  /** When the current timeout ends. */
  due: number;

  /** The first message goes out `now`. `longer`: the first timeout is strictly longer than IRT (§18.2.1). */
  constructor(parameters: RetransmissionParameters, random: Random, now: number, longer = false) {
    this.parameters = parameters;
    this.random = random;
    this.begun = now;
    const { initial } = parameters;
    this.timeout = longer ? initial * (1 + 0.1 * (1 - random.fraction())) : initial * (1 + this.rand());
    this.due = now + this.timeout;
  }

  /** The first transmission has had no other after it yet. */
  get isFirst(): boolean {
    return this.sent === 1;
  }

  /** After a timeout: counts another transmission `now`, or says `false` if the exchange has failed. */
  again(now: number): boolean {
    const { longest, countMax, durationMax } = this.parameters;
    if (countMax !== 0 && this.sent >= countMax) return false;
    if (durationMax !== 0 && now - this.begun >= durationMax) return false;
    this.sent++;
    this.timeout *= 2 + this.rand();
    if (longest !== 0 && this.timeout > longest) this.timeout = longest * (1 + this.rand());
    this.due = now + this.timeout;
    if (durationMax !== 0) this.due = Math.min(this.due, this.begun + durationMax);
    return true;
  }

  /** OPTION_ELAPSED_TIME, hundredths of a second (§21.9). */
  elapsed(now: number): number {
    return Math.min(0xffff, Math.max(0, Math.floor((now - this.begun) / 10)));
  }

  /** RAND of §15, from -0.1 to +0.1. */
  private rand(): number {
    return 0.2 * this.random.fraction() - 0.1;
  }
}
