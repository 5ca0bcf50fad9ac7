/**
 * Requests that wait for their replies, for millions of messages a second: a table in one typed array, where each
 * request has eight places to be in. One that finds all of them taken makes the table larger and, once that holds many
 * times the window of any server, takes the place of the oldest, which is hardly waited for any more.
 */

const WAYS = 8;
/** Requests remembered at most, of all flows together. */
export const PENDING_REQUESTS_MAX = 1 << 16;
/** Places to begin with, and how many times as many come next: what is in use shall fit the processor's nearest cache. */
const PLACES_MIN = 1 << 10;
const GROWTH = 1 << 3;
const NOBODY = 0;

/** What `find` returns for a request that is not there. */
export const NOT_FOUND = -1;

/** What is kept of a request stands side by side, so that it is in one line of the processor's cache. */
const FIELDS = 4;
const SENDER = 0;
const TRANSACTION_ID = 1;
const MILLIS = 2;
/** Number of the message and its type: `index * TYPES + type`. */
const INDEX_AND_TYPE = 3;
const TYPES = 256;

export class PendingRequests {
  /** Senders, flow and direction, count from 1. */
  private requests = new Float64Array(FIELDS * PLACES_MIN);
  private lastPlace = PLACES_MIN - 1;

  /** The sender's last request with this transaction-id is this one. Whether it repeats one that waits. */
  remember(
    flow: number,
    direction: number,
    transactionId: number,
    type: number,
    index: number,
    atMillis: number,
  ): boolean {
    const sender = senderOf(flow, direction);
    let place = this.placeFor(sender, transactionId);
    while (this.isOthers(place, sender, transactionId) && this.lastPlace + 1 < PENDING_REQUESTS_MAX) {
      this.grow();
      place = this.placeFor(sender, transactionId);
    }
    const requests = this.requests;
    const repeats =
      requests[place + SENDER] === sender &&
      requests[place + TRANSACTION_ID] === transactionId &&
      (requests[place + INDEX_AND_TYPE] as number) % TYPES === type;
    requests[place + SENDER] = sender;
    requests[place + TRANSACTION_ID] = transactionId;
    requests[place + MILLIS] = atMillis;
    requests[place + INDEX_AND_TYPE] = index * TYPES + type;
    return repeats;
  }

  /** The place of a request, for the methods below; valid until the next request is remembered. */
  find(flow: number, direction: number, transactionId: number): number {
    const requests = this.requests;
    const sender = senderOf(flow, direction);
    const first = firstPlace(sender, transactionId, this.lastPlace);
    for (let at = first; at < first + WAYS * FIELDS; at += FIELDS) {
      if (requests[at + SENDER] === sender && requests[at + TRANSACTION_ID] === transactionId) return at;
      if (requests[at + SENDER] === NOBODY) break;
    }
    return NOT_FOUND;
  }

  typeAt(place: number): number {
    return (this.requests[place + INDEX_AND_TYPE] as number) % TYPES;
  }

  /** Number of the message. */
  indexAt(place: number): number {
    return Math.floor((this.requests[place + INDEX_AND_TYPE] as number) / TYPES);
  }

  /** When it was seen, in Unix milliseconds. */
  millisAt(place: number): number {
    return this.requests[place + MILLIS] as number;
  }

  /** It was answered. The last request of the eight places moves up, so that taken ones stand before free ones. */
  forget(place: number): void {
    const requests = this.requests;
    const end = (place | (WAYS * FIELDS - 1)) + 1;
    let last = place;
    while (last + FIELDS < end && requests[last + FIELDS + SENDER] !== NOBODY) last += FIELDS;
    for (let field = 0; field < FIELDS && last !== place; field++)
      requests[place + field] = requests[last + field] as number;
    requests[last + SENDER] = NOBODY;
  }

  /** Where the request stands or may be put: in a free place or, if there is none, in that of the oldest. */
  private placeFor(sender: number, transactionId: number): number {
    const requests = this.requests;
    const first = firstPlace(sender, transactionId, this.lastPlace);
    let oldest = first;
    for (let at = first; at < first + WAYS * FIELDS; at += FIELDS) {
      const other = requests[at + SENDER];
      if (other === NOBODY || (other === sender && requests[at + TRANSACTION_ID] === transactionId))
        return at;
      if ((requests[at + MILLIS] as number) < (requests[oldest + MILLIS] as number)) oldest = at;
    }
    return oldest;
  }

  private isOthers(place: number, sender: number, transactionId: number): boolean {
    const there = this.requests[place + SENDER];
    if (there === NOBODY) return false;
    return there !== sender || this.requests[place + TRANSACTION_ID] !== transactionId;
  }

  private grow(): void {
    const before = this.requests;
    const places = (this.lastPlace + 1) * GROWTH;
    this.requests = new Float64Array(FIELDS * places);
    this.lastPlace = places - 1;
    for (let at = 0; at < before.length; at += FIELDS) {
      const sender = before[at + SENDER] as number;
      if (sender === NOBODY) continue;
      const place = this.placeFor(sender, before[at + TRANSACTION_ID] as number);
      this.requests.set(before.subarray(at, at + FIELDS), place);
    }
  }
}

function senderOf(flow: number, direction: number): number {
  return flow * 2 + direction + 1;
}

/** Neighbouring transaction-ids of one sender share no places, those of others hardly ever do. */
function firstPlace(sender: number, transactionId: number, lastPlace: number): number {
  const mixed = Math.imul(sender, 0x9e3779b1) + Math.imul(transactionId, WAYS);
  return ((mixed ^ (mixed >>> 16)) & lastPlace & -WAYS) * FIELDS;
}
