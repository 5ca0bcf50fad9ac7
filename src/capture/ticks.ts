/**
 * Timestamps of pcapng: 64-bit counts of ticks since 1970, a tick being any negative power of ten or of two of a
 * second. Split exactly into seconds and ticks, without big numbers where plain ones will do.
 */
import { MICROSECONDS, type Resolution } from '../base/timestamp.ts';
import type { PacketRecord } from './record.ts';

/** Finer ticks than these do not fit a double; the digits beyond are cut off. */
const DECIMAL_DIGITS_MAX = 15;
const BINARY_DIGITS_MAX = 52;
/** What a Date can hold. A file may claim any 64 bits, and who prints a time should not have to mind. */
const SECONDS_MAX = 8.64e12 - 1;
/** Up to here two steps of 16 bits stay below 2^53. */
const PLAIN_TICKS_MAX = 2 ** 37;

/** One interface's way of counting time. */
export class TickScale {
  readonly resolution: Resolution;
  private readonly offsetSeconds: number;
  /** What one of our ticks has of the file's, as a divisor; 1 unless digits are cut off. */
  private readonly finer: bigint;

  /** `code` is the octet of if_tsresol, `undefined` for the default of microseconds; the offset is if_tsoffset. */
  constructor(code: number | undefined, offsetSeconds = 0) {
    this.offsetSeconds = offsetSeconds;
    const binary = code !== undefined && (code & 0x80) !== 0;
    const exponent = code === undefined ? 6 : code & 0x7f;
    const digits = Math.min(exponent, binary ? BINARY_DIGITS_MAX : DECIMAL_DIGITS_MAX);
    const base = binary ? 2 : 10;
    this.resolution =
      code === undefined || code === 6 ? MICROSECONDS : { ticksPerSecond: base ** digits, digits };
    this.finer = BigInt(base) ** BigInt(exponent - digits);
  }

  /** Sets the time of `packet` to `high * 2^32 + low` ticks of the file. */
  apply(packet: PacketRecord, high: number, low: number): void {
    const { ticksPerSecond } = this.resolution;
    packet.resolution = this.resolution;
    if (ticksPerSecond > PLAIN_TICKS_MAX) {
      const ticks = ((BigInt(high) << 32n) | BigInt(low)) / this.finer;
      packet.unixSeconds = this.shifted(Number(ticks / BigInt(ticksPerSecond)));
      packet.ticks = Number(ticks % BigInt(ticksPerSecond));
      return;
    }
    const upper = (high % ticksPerSecond) * 0x10000 + (low >>> 16);
    const lower = (upper % ticksPerSecond) * 0x10000 + (low & 0xffff);
    packet.unixSeconds = this.shifted(
      Math.floor(high / ticksPerSecond) * 2 ** 32 +
        Math.floor(upper / ticksPerSecond) * 0x10000 +
        Math.floor(lower / ticksPerSecond),
    );
    packet.ticks = lower % ticksPerSecond;
  }

  private shifted(seconds: number): number {
    const shifted = seconds + this.offsetSeconds;
    return Math.abs(shifted) <= SECONDS_MAX ? shifted : Math.sign(shifted) * SECONDS_MAX;
  }
}
