/**
 * Where on one leg TLS begins: behind the REPLY that accepts the STARTTLS with which the primary began (RFC 7653 §8.2,
 * §9.1). Looks at the first message of either direction as the leg carries it, which a fault may have changed.
 */
import { concatBytes, NO_BYTES, readU16 } from '../../base/bytes.ts';
import type { Direction } from '../../base/flow.ts';
import { PREFIX_OCTETS, REPLY, STARTTLS, statusOf } from '../dialect.ts';

/** STARTTLS and its REPLY are a header and perhaps a status. */
const MESSAGE_OCTETS_MAX = 1024;

export class StartTls {
  /** By direction: the first message as far as it has come; `undefined` once it was looked at. */
  private readonly first: [Uint8Array | undefined, Uint8Array | undefined] = [NO_BYTES, NO_BYTES];
  private asked = false;

  /** Takes the next octets of a direction: how many of them come before TLS; `undefined` if it does not begin here. */
  push(direction: Direction, octets: Uint8Array): number | undefined {
    const before = this.first[direction];
    if (before === undefined) return undefined;
    const all = concatBytes([before, octets]);
    const end = all.length < PREFIX_OCTETS ? PREFIX_OCTETS : PREFIX_OCTETS + readU16(all, 0);
    if (all.length < end || all.length === PREFIX_OCTETS) {
      this.first[direction] = all.length < MESSAGE_OCTETS_MAX ? all : undefined;
      return undefined;
    }
    this.first[direction] = undefined;
    const type = all[PREFIX_OCTETS];
    if (direction === 0) this.asked = type === STARTTLS;
    const accepted = direction === 1 && this.asked && type === REPLY && statusOf(all.subarray(0, end)) === 0;
    return accepted ? end - before.length : undefined;
  }
}
