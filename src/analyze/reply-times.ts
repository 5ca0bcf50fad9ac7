/** Durations summed up without keeping them: exact least, most and mean; quantiles to 2 %. */

/** Class `n` holds durations from `GROWTH ** n` to `GROWTH ** (n + 1)` microseconds. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
/** Up to 1.02 ** 1400 microseconds: twelve days. */
const CLASSES = 1400;

export class ReplyTimes {
  private readonly classes = new Float64Array(CLASSES);
  private counted = 0;
  private sum = 0;
  private shortest = Number.POSITIVE_INFINITY;
  private longest = 0;

  /** A duration in milliseconds; a negative one (clocks step) counts as zero. */
  add(millis: number): void {
    const duration = Math.max(0, millis);
    const micros = duration * 1000;
    const at = micros <= 1 ? 0 : Math.min(CLASSES - 1, Math.floor(Math.log(micros) / LOG_GROWTH));
    (this.classes[at] as number)++;
    this.counted++;
    this.sum += duration;
    if (duration < this.shortest) this.shortest = duration;
    if (duration > this.longest) this.longest = duration;
  }

  get count(): number {
    return this.counted;
  }

  /** Milliseconds; `undefined` of nothing. */
  get mean(): number | undefined {
    return this.counted === 0 ? undefined : this.sum / this.counted;
  }

  get most(): number | undefined {
    return this.counted === 0 ? undefined : this.longest;
  }

  /** Milliseconds that the fraction `q` (0 to 1) of all durations did not pass, to 2 %. */
  quantile(q: number): number | undefined {
    if (this.counted === 0) return undefined;
    let left = Math.max(1, Math.ceil(q * this.counted));
    for (let at = 0; at < CLASSES; at++) {
      left -= this.classes[at] as number;
      if (left > 0) continue;
      const middle = GROWTH ** (at + 0.5) / 1000;
      return Math.min(this.longest, Math.max(this.shortest, middle));
    }
    return this.longest;
  }
}
