/**
 * What is known of a message by the messages around it, while a capture is read: the request that it answers, and after
 * a first pass also its answer. Relationships are followed only where states are shown.
 */
import { Exchanges } from '../../analyze/exchanges.ts';
import { Relationships, type StateChange } from '../../analyze/relationships.ts';
import type { ReplyIndex } from '../../analyze/reply-index.ts';
import type { Message } from '../../dissect/message.ts';
import type { Annotations } from '../../render/text.ts';

const NOTHING: Annotations = {};

export interface Annotated {
  readonly notes: Annotations;
  readonly change: StateChange | undefined;
}

export class Annotator {
  readonly #exchanges = new Exchanges();
  readonly #relationships: Relationships | undefined;
  readonly #replies: ReplyIndex | undefined;

  constructor(replies: ReplyIndex | undefined, withStates: boolean) {
    this.#replies = replies;
    this.#relationships = withStates ? new Relationships() : undefined;
  }

  push(message: Message): Annotated {
    const exchange = this.#exchanges.push(message);
    const replyIn = this.#replies?.replyIn(message);
    const change = this.#relationships?.push(message);
    if (exchange === undefined && replyIn === undefined) return { notes: NOTHING, change };
    return {
      notes: {
        ...(exchange === undefined ? {} : { replyTo: exchange.request.index, rttMillis: exchange.rttMillis }),
        ...(replyIn === undefined ? {} : { replyIn }),
      },
      change,
    };
  }
}
