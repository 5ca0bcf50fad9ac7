/** A server's clock: starts off, drifts, and may be set. Local and true time are Unix milliseconds. */
import { SAME_TIME_SECONDS } from '../base/time.ts';

export class SimClock {
  private readonly start: number;
  private readonly drift: number;
  private offset: number;
  /** Seconds by which it was set and not set back. */
  private setBy = 0;
  /** True time until which what it said while it was wrong may be taken for later than what happens. */
  private misleadsUntil = 0;

  /** `drift`: parts of one that it runs too fast. */
  constructor(start: number, offsetSeconds: number, drift: number) {
    this.start = start;
    this.drift = drift;
    this.offset = 1000 * offsetSeconds;
  }

  /** What the clock shows at a true time. */
  local(time: number): number {
    return time + this.offset + this.drift * (time - this.start);
  }

  /** The true time at which the clock shows `local`, as it is set now. */
  time(local: number): number {
    return this.start + (local - this.start - this.offset) / (1 + this.drift);
  }

  /** Sets the clock forward, or back if negative, at `now` (true time). */
  set(seconds: number, now: number): void {
    if (this.isWrong(now)) this.misleadsUntil = now + 1000 * (Math.abs(this.setBy) + SAME_TIME_SECONDS);
    this.offset += 1000 * seconds;
    this.setBy += seconds;
  }

  /**
   * Whether its times compare wrongly with those of partners (RFC 8156 §7.5.1) at `now`, true time: it is set far off, or was
   * a moment ago.
   */
  isWrong(now: number): boolean {
    return Math.abs(this.setBy) > SAME_TIME_SECONDS / 2 || now < this.misleadsUntil;
  }
}
