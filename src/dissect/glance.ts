/**
 * What one walk over a message finds: whether everything in it can be read, and the facts that lists, filters and
 * statistics want, as numbers and as places in its octets. Nothing here is made for a message: one Glance is filled
 * again and again. Facts that may be kept are made from it by facts.ts.
 */
import { NO_BYTES } from '../base/bytes.ts';

/** `undefined` of a number or a place: all that can be there is 0 or more. */
export const ABSENT = -1;

/**
 * Where numbers stand in `numbers`, of the message and of each of its leases alike; those that make no sense there are
 * looked at by nobody. Times are absolute seconds since 2000.
 */
export const Slot = {
  bindingStatus: 0,
  stateExpirationTime: 1,
  partnerLifetime: 2,
  partnerLifetimeSent: 3,
  expirationTime: 4,
  cltTime: 5,
  startTimeOfState: 6,
  serverState: 7,
  serverFlags: 8,
  partnerDownTime: 9,
  mclt: 10,
  keepaliveTime: 11,
  maxUnackedBndupd: 12,
  connectFlags: 13,
  majorVersion: 14,
  minorVersion: 15,
} as const;
export type SlotName = keyof typeof Slot;

const SLOTS = Slot.minorVersion + 1;

/** A loop, because the call costs more than so few numbers. */
function clear(numbers: Float64Array): void {
  for (let slot = 0; slot < numbers.length; slot++) numbers[slot] = ABSENT;
}

/** One address or prefix of the message. */
export class LeaseGlance {
  /** Place of its 16 octets, or 4 of IPv4. */
  address = 0;
  addressOctets = 0;
  /** Of a prefix; else absent. */
  prefixLength = ABSENT;
  /** Seconds; 0 where the protocol has none. */
  preferredLifetime = 0;
  validLifetime = 0;
  clientStart = ABSENT;
  clientEnd = ABSENT;
  iaid = ABSENT;
  statusCode = ABSENT;
  readonly numbers = new Float64Array(SLOTS);

  begin(): void {
    this.prefixLength = ABSENT;
    this.preferredLifetime = 0;
    this.validLifetime = 0;
    this.clientStart = ABSENT;
    this.iaid = ABSENT;
    this.statusCode = ABSENT;
    clear(this.numbers);
  }
}

export class Glance {
  /** All places are positions in these. */
  bytes: Uint8Array = NO_BYTES;
  /** Whether everything can be read as the definitions say. */
  clean = false;
  /** The first client identifier. */
  clientStart = ABSENT;
  clientEnd = ABSENT;
  /** The first status code that is not Success, at any level; else Success if one was given. */
  statusCode = ABSENT;
  /** What was said beside it. */
  statusMessageStart = ABSENT;
  statusMessageEnd = ABSENT;
  relationshipNameStart = ABSENT;
  relationshipNameEnd = ABSENT;
  readonly numbers = new Float64Array(SLOTS);
  /** How many of `leases` are of this message. */
  leaseCount = 0;
  readonly leases: LeaseGlance[] = [];

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.clientStart = ABSENT;
    this.statusCode = ABSENT;
    this.statusMessageStart = ABSENT;
    this.relationshipNameStart = ABSENT;
    clear(this.numbers);
    this.leaseCount = 0;
  }

  /** A further lease, of which nothing is known yet. */
  addLease(): LeaseGlance {
    let lease = this.leases[this.leaseCount];
    if (lease === undefined) {
      lease = new LeaseGlance();
      this.leases.push(lease);
    }
    lease.begin();
    this.leaseCount++;
    return lease;
  }
}
