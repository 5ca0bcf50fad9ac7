/** Clocks and randomness as values: engines and stages are given these, they never reach for the real ones. */

/** Unix time in milliseconds. */
export interface Clock {
  nowMillis(): number;
}

/** The longest delay that the timers of Node take: a longer one would end at once. */
export const TIMER_MILLIS_MAX = 2 ** 31 - 1;

/** A source of random numbers. Seeded ones give the same numbers for the same seed on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform whole number from 0 to `bound` - 1; `bound` is at least 1 and at most 2^32. */
  below(bound: number): number;
}

/** sfc32 seeded by four splitmix32 steps: fast, passes the usual batteries, never meant for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const mixed = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  let a = mixed();
  let b = mixed();
  let c = mixed();
  let counter = mixed();
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let warmup = 0; warmup < 12; warmup++) next();
  return {
    fraction: () => next() / 2 ** 32,
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
  };
}
