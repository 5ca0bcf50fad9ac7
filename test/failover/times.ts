/** Times for properties: moments as plain numbers that are easy to compare, and as the protocol has them, modulo 2^32. */
import fc from 'fast-check';

/** A moment, in seconds since 2000 without an end: near the present, or right where 32 bits are full. */
export const present = fc.oneof(
  fc.integer({ min: 100_000_000, max: 2 ** 32 - 1 }),
  fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 40 }),
);

/** Seconds between two moments: few, so that the 5 seconds of §7.5.1 are tried from both sides, or many. */
export const gap = fc.oneof(
  fc.integer({ min: -12, max: 12 }),
  fc.integer({ min: -90_000_000, max: 90_000_000 }),
);

/** How a moment stands in a message (§5.2). */
export const wired = (moment: number): number => Number(BigInt.asUintN(32, BigInt(moment)));

/** §7.5.1: within 5 seconds two times are the same. */
export const clearlyLater = (a: number, b: number): boolean => a - b > 5;
