/**
 * What a fault holds in all conversations and directions as one list, the oldest message first: so it is shown, and by
 * these positions it is let go.
 */
import type { Direction } from '../base/flow.ts';
import type { Conversation } from './conversation.ts';
import { WAITING_NAMED_MAX, type WaitingMessage } from './events.ts';
import type { InFlight } from './stage.ts';
import { DIRECTION_NAMES } from './wire-states.ts';

interface Held {
  readonly conversation: Conversation;
  readonly direction: Direction;
  /** In what the conversation holds of this direction. */
  readonly place: number;
  readonly unit: InFlight;
}

type Conversations = Iterable<Conversation>;

export interface Waiting {
  readonly octets: number;
  /** When the first receiver gives its connection up. */
  readonly keepaliveEndsMillis: number | undefined;
  readonly waiting: readonly WaitingMessage[];
}

export function waitingOf(conversations: Conversations, id: string): Waiting {
  let octets = 0;
  let keepaliveEndsMillis: number | undefined;
  for (const conversation of conversations) {
    octets += conversation.held(id);
    const ends = conversation.keepaliveEnds(id);
    if (ends !== undefined && ends < (keepaliveEndsMillis ?? Number.POSITIVE_INFINITY))
      keepaliveEndsMillis = ends;
  }
  const waiting = heldBy(conversations, id).slice(0, WAITING_NAMED_MAX).map(told);
  return { octets, keepaliveEndsMillis, waiting };
}

/** Lets go what is at these positions, in this order; without positions everything. `false` if nothing could be. */
export function letGo(
  conversations: Conversations,
  id: string,
  positions: readonly number[] | undefined,
  now: number,
): boolean {
  if (positions === undefined) {
    return [...conversations].map((each) => each.release(id, undefined, now)).includes(true);
  }
  const held = heldBy(conversations, id);
  const chosen = positions.flatMap((position) => held[position] ?? []);
  const isWith = (one: Held) => (other: Held) =>
    other.conversation === one.conversation && other.direction === one.direction;
  // The places of a direction are counted before anything of it is gone: each direction is let go at once.
  for (const [at, one] of chosen.entries()) {
    if (chosen.findIndex(isWith(one)) !== at) continue;
    const places = chosen.filter(isWith(one)).map(({ place }) => place);
    one.conversation.release(id, places, now, [one.direction]);
  }
  return chosen.length > 0;
}

function heldBy(conversations: Conversations, id: string): readonly Held[] {
  const held: Held[] = [];
  for (const conversation of conversations) {
    for (const direction of [0, 1] as const) {
      for (const [place, unit] of conversation.releasable(id, direction).entries())
        held.push({ conversation, direction, place, unit });
    }
  }
  return held.sort((a, b) => a.unit.arrivedMillis - b.unit.arrivedMillis);
}

function told({ direction, unit }: Held): WaitingMessage {
  const { message, octets, arrivedMillis } = unit;
  return {
    direction: DIRECTION_NAMES[direction],
    ...(message === null ? {} : { index: message.index, type: message.msgName ?? `${message.msgType}` }),
    ...(message?.transactionId == null ? {} : { transactionId: message.transactionId }),
    octets: octets.length,
    arrivedMillis,
  };
}
