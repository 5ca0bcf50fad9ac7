/**
 * Whether the proxy itself has held everything up: it was stopped, its machine slept, its disk was too slow. What came late
 * then must not be taken for silence of a server. Sans-IO: somebody looks regularly.
 */

/** How often it has to be looked. */
export const LOOK_MILLIS = 1000;
/** Longer than this is told; no keepalive-time is as short. */
export const STANDSTILL_MILLIS = 3000;

export class Standstill {
  private lookedAt: number;
  private behindSince: number | undefined;

  /** `now` is in milliseconds of any clock that goes on while nothing else does. */
  constructor(now: number) {
    this.lookedAt = now;
  }

  /** For how many milliseconds nothing has passed, if that is worth being told; told again as long as it lasts. */
  look(now: number, isBehind: boolean): number | undefined {
    const late = now - this.lookedAt - LOOK_MILLIS;
    this.lookedAt = now;
    if (!isBehind) this.behindSince = undefined;
    else this.behindSince ??= now;
    const millis = Math.max(late, this.behindSince === undefined ? 0 : now - this.behindSince);
    if (millis < STANDSTILL_MILLIS) return undefined;
    if (isBehind) this.behindSince = now;
    return millis;
  }
}
