/** The endpoint's timers: names and deadlines. Nothing here waits; the endpoint asks what is due. */

export const TIMERS = [
  'startup',
  'reconnect',
  'connect-reply',
  'keepalive',
  'contact',
  'first-state',
  'state-again',
  'ack',
  'update-done',
  'recover-wait',
  'auto-partner-down',
  'rescan',
  'heartbeat',
  'settle',
  'pool-request',
  'shutdown',
] as const;

export type TimerName = (typeof TIMERS)[number];

const INDEX = Object.fromEntries(TIMERS.map((name, index) => [name, index])) as Record<TimerName, number>;

/** A clock that goes back by more than this was set, and intervals must not grow by it. */
const STEP_BACK_MILLIS = 1000;

export class Timers {
  /** Unix milliseconds; Infinity: not running. */
  private readonly deadlines = new Float64Array(TIMERS.length).fill(Number.POSITIVE_INFINITY);
  private latest = Number.NEGATIVE_INFINITY;
  /** No deadline is before this one; after a timer was cleared it may be too early, which is looked into when it comes. */
  private soonest = Number.POSITIVE_INFINITY;

  set(name: TimerName, at: number): void {
    this.deadlines[INDEX[name]] = at;
    if (at < this.soonest) this.soonest = at;
  }

  clear(name: TimerName): void {
    this.deadlines[INDEX[name]] = Number.POSITIVE_INFINITY;
  }

  /** When the timer ends, or `undefined` if it is not running. */
  get(name: TimerName): number | undefined {
    const at = this.deadlines[INDEX[name]] as number;
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  running(name: TimerName): boolean {
    return this.deadlines[INDEX[name]] !== Number.POSITIVE_INFINITY;
  }

  /** The soonest deadline, or Infinity. */
  next(): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < TIMERS.length; index++) {
      const at = this.deadlines[index] as number;
      if (at < soonest) soonest = at;
    }
    this.soonest = soonest;
    return soonest;
  }

  /** Stops and returns a timer whose time has come, or `undefined`. Ask again until there is none. */
  takeDue(now: number): TimerName | undefined {
    if (this.soonest > now || this.next() > now) return undefined;
    for (let index = 0; index < TIMERS.length; index++) {
      if ((this.deadlines[index] as number) <= now) {
        this.deadlines[index] = Number.POSITIVE_INFINITY;
        return TIMERS[index];
      }
    }
    return undefined;
  }

  /** Sees the clock. If it was set back, running intervals keep what they had left. */
  observe(now: number): void {
    const back = this.latest - now;
    if (back > STEP_BACK_MILLIS) {
      for (let index = 0; index < TIMERS.length; index++)
        this.deadlines[index] = (this.deadlines[index] as number) - back;
      this.soonest -= back;
    }
    this.latest = now;
  }
}
