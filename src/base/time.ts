/**
 * Time as RFC 8156 has it: whole seconds since 2000-01-01T00:00:00Z, modulo 2^32 (§5.2). An absolute time is a
 * number from 0 to 2^32 - 1; order is that of serial numbers: of two times, the later is the one that is less
 * than 2^31 seconds ahead of the other.
 */

/** Unix time (seconds) of the 2000 epoch. */
export const EPOCH_2000_UNIX_SECONDS = 946_684_800;

/** Two times at most this many seconds apart are the same time (§7.5.1). */
export const SAME_TIME_SECONDS = 5;

/** Absolute seconds since 2000, modulo 2^32, of a Unix time in milliseconds. */
export function toEpoch2000(unixMillis: number): number {
  return wrapSeconds(Math.floor(unixMillis / 1000) - EPOCH_2000_UNIX_SECONDS);
}

/** Any whole number of seconds up to 2^53, brought into 0 … 2^32 - 1. */
export function wrapSeconds(seconds: number): number {
  return seconds >>> 0;
}

/** Absolute time `seconds` after `time` (before it, if negative), modulo 2^32. */
export function addSeconds(time: number, seconds: number): number {
  return wrapSeconds(time + seconds);
}

/** Signed seconds from `earlier` to `later`, from -2^31 to 2^31 - 1. */
export function secondsBetween(earlier: number, later: number): number {
  return (later - earlier) | 0;
}

/** Whether `a` is after `b`, to the second. */
export function isAfter(a: number, b: number): boolean {
  return secondsBetween(b, a) > 0;
}

/** Whether `a` is after `b` by more than the 5 seconds within which times count as equal (§7.5.1). */
export function isClearlyAfter(a: number, b: number): boolean {
  return secondsBetween(b, a) > SAME_TIME_SECONDS;
}

/** Whether both count as the same time (§7.5.1). */
export function isSameTime(a: number, b: number): boolean {
  return !isClearlyAfter(a, b) && !isClearlyAfter(b, a);
}

/** The later of two absolute times. */
export function laterOf(a: number, b: number): number {
  return isAfter(a, b) ? a : b;
}

/** ISO 8601 text of absolute seconds since 2000, read in the 2^32 seconds that begin at the epoch. */
export function isoOfEpoch2000(time: number): string {
  return `${new Date((time + EPOCH_2000_UNIX_SECONDS) * 1000).toISOString().slice(0, 19)}Z`;
}
