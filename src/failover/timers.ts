/** The endpoint's timers and their deadlines. Nothing here waits; the endpoint asks what is due. */

export const TIMER = {
  startup: 0,
  reconnect: 1,
  connectReply: 2,
  keepalive: 3,
  contact: 4,
  firstState: 5,
  stateAgain: 6,
  ack: 7,
  updateDone: 8,
  recoverWait: 9,
  autoPartnerDown: 10,
  rescan: 11,
  heartbeat: 12,
  settle: 13,
  poolRequest: 14,
  shutdown: 15,
} as const;

export type TimerName = keyof typeof TIMER;
/** Numbers, because timers are set at every message, and looking up a name takes longer than that. */
export type Timer = (typeof TIMER)[TimerName];

const COUNT = Object.keys(TIMER).length;

/** A clock that goes back by more than this was set, and intervals must not grow by it. */
const STEP_BACK_MILLIS = 1000;

export class Timers {
  /** Unix milliseconds; Infinity: not running. */
  private readonly deadlines = new Float64Array(COUNT).fill(Number.POSITIVE_INFINITY);
  private latest = Number.NEGATIVE_INFINITY;
  /** No deadline is before this one; after a timer was cleared it may be too early, which is looked into when it comes. */
  private soonest = Number.POSITIVE_INFINITY;

  set(timer: Timer, at: number): void {
    this.deadlines[timer] = at;
    if (at < this.soonest) this.soonest = at;
  }

  clear(timer: Timer): void {
    this.deadlines[timer] = Number.POSITIVE_INFINITY;
  }

  /** When the timer ends, or `undefined` if it is not running. */
  get(timer: Timer): number | undefined {
    const at = this.deadlines[timer] as number;
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  running(timer: Timer): boolean {
    return this.deadlines[timer] !== Number.POSITIVE_INFINITY;
  }

  /** The soonest deadline, or Infinity. */
  next(): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < COUNT; index++) {
      const at = this.deadlines[index] as number;
      if (at < soonest) soonest = at;
    }
    this.soonest = soonest;
    return soonest;
  }

  /** Stops and returns a timer whose time has come, or `undefined`. Ask again until there is none. */
  takeDue(now: number): Timer | undefined {
    if (this.soonest > now || this.next() > now) return undefined;
    for (let index = 0; index < COUNT; index++) {
      if ((this.deadlines[index] as number) <= now) {
        this.deadlines[index] = Number.POSITIVE_INFINITY;
        return index as Timer;
      }
    }
    return undefined;
  }

  /** Sees the clock. If it was set back, running intervals keep what they had left. */
  observe(now: number): void {
    const back = this.latest - now;
    if (back > STEP_BACK_MILLIS) {
      for (let index = 0; index < COUNT; index++)
        this.deadlines[index] = (this.deadlines[index] as number) - back;
      this.soonest -= back;
    }
    this.latest = now;
  }
}
