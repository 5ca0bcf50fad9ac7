/** The arithmetic of the Maximum Client Lead Time, RFC 8156 §4.4. Lifetimes in seconds, times absolute. */
import { addSeconds, secondsBetween } from '../base/time.ts';
import { LIFETIME_MAX_SECONDS } from './config.ts';

/**
 * The valid lifetime that a client may be given: the desired one, but not more than the MCLT beyond the later of now and
 * the partner lifetime that the partner acknowledged. Alone in PARTNER-DOWN there is no such bound (§8.4.1).
 */
export function actualLifetime(
  desired: number,
  ackedPartnerLifetime: number | undefined,
  mclt: number,
  now: number,
  alone: boolean,
): number {
  const wanted = Math.min(desired, LIFETIME_MAX_SECONDS);
  if (alone) return wanted;
  const remainder =
    ackedPartnerLifetime === undefined ? 0 : Math.max(0, secondsBetween(now, ackedPartnerLifetime));
  return Math.min(wanted, remainder + mclt);
}

/**
 * What the partner is told: the time until the client is expected to renew, and the desired lifetime from then, so that
 * the next renewal can get all of it (§4.4.1).
 */
export function partnerLifetime(now: number, t1: number, actual: number, desired: number): number {
  const untilRenewal = t1 > 0 && t1 <= actual ? t1 : Math.floor(actual / 2);
  return addSeconds(now, untilRenewal + Math.min(desired, LIFETIME_MAX_SECONDS));
}
