/** The partner's clock against ours: a moving average over the last messages (RFC 8156 §7.1, §7.5.1). */
import { SAME_TIME_SECONDS, secondsBetween } from '../base/time.ts';

export class SkewMeter {
  private readonly samples: number[] = [];
  private readonly capacity: number;
  private at = 0;
  private sum = 0;

  /** Averages over the last `capacity` messages, at least 1. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** A message sent at `sentTime` was received at `now`, both absolute seconds by the clocks of their servers. */
  add(sentTime: number, now: number): void {
    const skew = secondsBetween(now, sentTime);
    this.sum += skew - (this.samples[this.at] ?? 0);
    this.samples[this.at] = skew;
    this.at = (this.at + 1) % this.capacity;
  }

  /** Mean seconds by which the partner's clock is ahead, or `undefined` before the first message. */
  get average(): number | undefined {
    return this.samples.length === 0 ? undefined : this.sum / this.samples.length;
  }

  /** More than 5 seconds apart, over half of the window at least, so that one late message is no reason. */
  get excessive(): boolean {
    const { average } = this;
    if (average === undefined || 2 * this.samples.length < this.capacity) return false;
    return Math.abs(average) > SAME_TIME_SECONDS;
  }

  reset(): void {
    this.samples.length = 0;
    this.at = 0;
    this.sum = 0;
  }
}
