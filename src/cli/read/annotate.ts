/**
 * What is known of a message by the messages around it, while a capture is read: the request that it answers, and after
 * a first pass also its answer. Relationships are followed only where states are shown.
 */
import { Exchanges } from '../../analyze/exchanges.ts';
import { Relationships, type StateChange } from '../../analyze/relationships.ts';
import type { ReplyIndex } from '../../analyze/reply-index.ts';
import type { Annotations } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';

export interface Annotated {
  readonly notes: Annotations;
  readonly change: StateChange | undefined;
}

class Notes implements Annotations {
  replyTo: number | undefined;
  rttMillis: number | undefined;
  replyIn: number | undefined;
}

export class Annotator implements Annotated {
  /** Of the message that was pushed last. */
  readonly notes: Annotations;
  change: StateChange | undefined;
  readonly #notes = new Notes();
  readonly #exchanges = new Exchanges();
  readonly #relationships: Relationships | undefined;
  readonly #replies: ReplyIndex | undefined;

  constructor(replies: ReplyIndex | undefined, withStates: boolean) {
    this.notes = this.#notes;
    this.#replies = replies;
    this.#relationships = withStates ? new Relationships() : undefined;
  }

  /** What is known of the next message: overwritten by the one after it. */
  push(message: Message): Annotated {
    const notes = this.#notes;
    const completes = this.#exchanges.completes(message);
    notes.replyTo = completes ? this.#exchanges.requestIndex : undefined;
    notes.rttMillis = completes ? this.#exchanges.rttMillis : undefined;
    notes.replyIn = this.#replies?.replyIn(message);
    this.change = this.#relationships?.push(message);
    return this;
  }
}
