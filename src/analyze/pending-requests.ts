/**
 * Requests that wait for their replies, for millions of messages a second: a table in a few typed arrays, where each
 * request has eight places to be in. One that finds all of them taken takes that of the oldest, which is hardly waited
 * for any more: the table holds many times the window of any server.
 */

const WAYS = 8;
/** Requests remembered at most, of all flows together. */
export const PENDING_REQUESTS_MAX = 1 << 16;
const LAST_PLACE = PENDING_REQUESTS_MAX - 1;
const NOBODY = 0;

/** What `find` returns for a request that is not there. */
export const NOT_FOUND = -1;

export class PendingRequests {
  /** Flow and direction, counted from 1, so that memory is only touched where requests were. */
  readonly #senders = new Float64Array(PENDING_REQUESTS_MAX);
  readonly #transactionIds = new Uint32Array(PENDING_REQUESTS_MAX);
  readonly #types = new Uint8Array(PENDING_REQUESTS_MAX);
  readonly #indices = new Float64Array(PENDING_REQUESTS_MAX);
  readonly #millis = new Float64Array(PENDING_REQUESTS_MAX);

  /** The sender's last request with this transaction-id is this one. */
  remember(
    flow: number,
    direction: number,
    transactionId: number,
    type: number,
    index: number,
    atMillis: number,
  ): void {
    const sender = senderOf(flow, direction);
    const first = firstPlace(sender, transactionId);
    let place = first;
    for (let at = first; at < first + WAYS; at++) {
      if (this.#senders[at] === sender && this.#transactionIds[at] === transactionId) {
        place = at;
        break;
      }
      if (this.#senders[place] === NOBODY) continue;
      if (this.#senders[at] === NOBODY || (this.#millis[at] as number) < (this.#millis[place] as number))
        place = at;
    }
    this.#senders[place] = sender;
    this.#transactionIds[place] = transactionId;
    this.#types[place] = type;
    this.#indices[place] = index;
    this.#millis[place] = atMillis;
  }

  /** The place of a request, for the methods below; valid until the next request is remembered. */
  find(flow: number, direction: number, transactionId: number): number {
    const sender = senderOf(flow, direction);
    const first = firstPlace(sender, transactionId);
    for (let at = first; at < first + WAYS; at++) {
      if (this.#senders[at] === sender && this.#transactionIds[at] === transactionId) return at;
    }
    return NOT_FOUND;
  }

  typeAt(place: number): number {
    return this.#types[place] as number;
  }

  /** Number of the message. */
  indexAt(place: number): number {
    return this.#indices[place] as number;
  }

  /** When it was seen, in Unix milliseconds. */
  millisAt(place: number): number {
    return this.#millis[place] as number;
  }

  /** It was answered. */
  forget(place: number): void {
    this.#senders[place] = NOBODY;
  }
}

function senderOf(flow: number, direction: number): number {
  return flow * 2 + direction + 1;
}

/** Neighbouring transaction-ids of one sender share no places, those of others hardly ever do. */
function firstPlace(sender: number, transactionId: number): number {
  const mixed = Math.imul(sender, 0x9e3779b1) + Math.imul(transactionId, WAYS);
  return (mixed ^ (mixed >>> 16)) & LAST_PLACE & -WAYS;
}
