/**
 * An address or prefix with a lease on record, and its places in the indexes and queues of one endpoint. Leases are
 * values that come and go; the slot stays, so that whoever has it need not look anything up again.
 */
import type { Lease } from './lease.ts';

export class Slot {
  lease: Lease;
  /** Slots whose last holder has the same DUID, this one among them; `undefined` if there was no holder yet. */
  siblings: readonly Slot[] | undefined = undefined;
  /** Number of the latest change that the partner has yet to acknowledge; 0: it knows all. Kept by the update queue. */
  change = 0;
  /** When its entry in the expiry queue comes up, Unix seconds; `undefined`: it has none. Kept by that queue. */
  dueAt: number | undefined = undefined;
  /** Its places in the three lines of the update queue, and kept by them. */
  neededAt = 0;
  waitingAt = 0;
  requestedAt = 0;

  constructor(lease: Lease) {
    this.lease = lease;
  }
}
