/** What is kept of a TCP flow from its first octets until it is known what speaks on it. Decides nothing. */
import { NO_BYTES } from '../base/bytes.ts';
import type { Direction, Seen } from '../base/flow.ts';
import { Beginning } from './beginning.ts';

/** Octets, or octets that are missing. */
interface Held {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly missing: number;
  readonly seen: Seen;
}

export class Opening {
  readonly beginnings: readonly [Beginning, Beginning] = [new Beginning(), new Beginning()];
  /** What framers will read, in the order in which it came. */
  held: Held[] = [];
  /** Octets seen. */
  octets = 0;
  private readonly heldOctets: [number, number] = [0, 0];

  /** Octets of memory. */
  get kept(): number {
    const { beginnings, heldOctets } = this;
    return heldOctets[0] + heldOctets[1] + beginnings[0].kept + beginnings[1].kept;
  }

  /** Keeps octets, which nobody may write to afterwards. */
  hold(direction: Direction, bytes: Uint8Array, seen: Seen): void {
    this.held.push({ direction, bytes, missing: 0, seen });
    this.heldOctets[direction] += bytes.length;
  }

  holdGap(direction: Direction, missing: number, seen: Seen): void {
    this.held.push({ direction, bytes: NO_BYTES, missing, seen });
  }

  /** No framer will read what is held of this direction. */
  drop(direction: Direction): void {
    if (this.heldOctets[direction] === 0) return;
    this.held = this.held.filter((held) => held.direction !== direction);
    this.heldOctets[direction] = 0;
  }
}
