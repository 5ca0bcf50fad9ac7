/** The clock of a proxy with sockets: the system's, with the microseconds that recordings and reply times want. */
import type { Clock } from '../base/clock.ts';

/** How often the system's clock is looked at. */
const COMPARE_MILLIS = 1;
/** The system's clock counts whole milliseconds: further away than this, it was set. */
const SET_MILLIS = 1.5;

/** Unix time with microseconds: the system's clock, refined between its milliseconds. */
export function systemClock(): Clock {
  let offset = Date.now() - performance.now();
  let compared = 0;
  return {
    nowMillis: () => {
      const fine = performance.now() + offset;
      if (fine - compared < COMPARE_MILLIS) return fine;
      const coarse = Date.now();
      compared = coarse;
      if (Math.abs(fine - coarse) <= SET_MILLIS) return fine;
      offset += coarse - fine;
      return coarse;
    },
  };
}
