/**
 * The time of a captured packet, exact. Captures come in microseconds, nanoseconds and powers of two down to
 * fractions that a double cannot hold, so the decimal text is made from whole ticks, on demand.
 */

/** How many ticks a second has and how many decimal digits write one tick exactly. */
export interface Resolution {
  readonly ticksPerSecond: number;
  readonly digits: number;
}

export const MICROSECONDS: Resolution = { ticksPerSecond: 1e6, digits: 6 };
export const NANOSECONDS: Resolution = { ticksPerSecond: 1e9, digits: 9 };

export interface Timestamp {
  /** Whole Unix seconds. */
  readonly unixSeconds: number;
  /** Ticks past the second, 0 to `resolution.ticksPerSecond` - 1. */
  readonly ticks: number;
  readonly resolution: Resolution;
}

/** Unix milliseconds, rounded to what a double holds: for differences and clocks, not for printing. */
export function timestampMillis(time: Timestamp): number {
  return time.unixSeconds * 1000 + (time.ticks * 1000) / time.resolution.ticksPerSecond;
}

/** A live time, from a clock's Unix milliseconds (with fraction), in microseconds. */
export function timestampOfMillis(unixMillis: number): Timestamp {
  const micros = Math.round(unixMillis * 1000);
  const unixSeconds = Math.floor(micros / 1e6);
  return { unixSeconds, ticks: micros - unixSeconds * 1e6, resolution: MICROSECONDS };
}

/** Decimal seconds since 1970 UTC with all digits of the resolution, e.g. `1709629200.002388`. */
export function timestampText({ unixSeconds, ticks, resolution }: Timestamp): string {
  const { ticksPerSecond, digits } = resolution;
  if (unixSeconds < 0 && ticks > 0) {
    const before = timestampText({
      unixSeconds: -unixSeconds - 1,
      ticks: ticksPerSecond - ticks,
      resolution,
    });
    return `-${before}`;
  }
  if (digits === 0) return `${unixSeconds}`;
  const exact = 10 ** digits === ticksPerSecond;
  const fraction = exact ? `${ticks}` : exactFraction(ticks, ticksPerSecond, digits);
  return `${unixSeconds}.${fraction.padStart(digits, '0')}`;
}

function exactFraction(ticks: number, ticksPerSecond: number, digits: number): string {
  return ((BigInt(ticks) * 10n ** BigInt(digits)) / BigInt(ticksPerSecond)).toString();
}
