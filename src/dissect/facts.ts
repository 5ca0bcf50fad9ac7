/**
 * What the analyzer indexes of a message, read in one walk over its options without building a tree: states, leases,
 * clients, status codes. Tolerant: a part that does not fit is left out here and reported by the dissector. The walks
 * know the few layouts that they need; the dissectors' YAML knows them all, and a test compares the two on every capture.
 */
import { readV4Facts } from './facts-v4.ts';
import { readV6Facts } from './facts-v6.ts';
import type { Message } from './message.ts';
import type { Facts } from './message-facts.ts';

const cache = new WeakMap<Message, Facts>();

/** The facts of a message, read once. */
export function factsOf(message: Message): Facts {
  let facts = cache.get(message);
  if (facts === undefined) {
    facts = readFacts(message);
    cache.set(message, facts);
  }
  return facts;
}

/** The facts of a message, without keeping them. */
export function readFacts(message: Message): Facts {
  return message.protocol === 'dhcpv4-failover' ? readV4Facts(message) : readV6Facts(message);
}
