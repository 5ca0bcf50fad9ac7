/**
 * When requests were seen, for millions of them a second: a table with one place for each transaction-id modulo its
 * size. A request that lands on an unanswered older one takes its place; transaction-ids that count up never do
 * within a window of that size.
 */
const PLACES = 1 << 16;
const NOBODY = -1;

export class OpenRequests {
  readonly #keys = new Float64Array(PLACES).fill(NOBODY);
  readonly #millis = new Float64Array(PLACES);

  /** `flow`, `direction` of the request and its transaction-id name it. */
  ask(flow: number, direction: number, transactionId: number, atMillis: number): void {
    const place = placeOf(flow, direction, transactionId);
    this.#keys[place] = keyOf(flow, direction, transactionId);
    this.#millis[place] = atMillis;
  }

  /** When that request was seen; it is forgotten. -1 if there is none. */
  answer(flow: number, direction: number, transactionId: number): number {
    const place = placeOf(flow, direction, transactionId);
    if (this.#keys[place] !== keyOf(flow, direction, transactionId)) return -1;
    this.#keys[place] = NOBODY;
    return this.#millis[place] as number;
  }
}

/** DHCPv4 failover has 32 bits; flows are counted far below the 2^20 that still fit beside them. */
const TRANSACTION_IDS = 2 ** 32;

function keyOf(flow: number, direction: number, transactionId: number): number {
  return (flow * 2 + direction) * TRANSACTION_IDS + transactionId;
}

function placeOf(flow: number, direction: number, transactionId: number): number {
  return (transactionId + (flow * 2 + direction) * 7919) & (PLACES - 1);
}
