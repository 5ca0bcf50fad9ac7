/**
 * What is known of a message by the messages around it, while a capture is read: the request that it answers, and after
 * a first pass also its answer. Relationships are followed only where states are shown.
 */
import { Exchanges } from '../../analyze/exchanges.ts';
import { Relationships, type StateChange } from '../../analyze/relationships.ts';
import { ReplyIndex } from '../../analyze/reply-index.ts';
import { requestFindings } from '../../analyze/request-findings.ts';
import { InputError } from '../../base/problem.ts';
import type { Annotations } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import type { Round } from './input.ts';

export interface Annotated {
  readonly notes: Annotations;
  readonly change: StateChange | undefined;
}

/** How a run over files comes to know what it tells of each message. */
export interface Knowledge {
  readonly annotator: Annotator;
  /** What has to come before the round that counts: one or none. */
  readonly earlier: readonly Round[];
}

/**
 * `later`: what later messages tell is wanted, for which files are read twice.
 * @throws InputError if that is standard input
 */
export function knowledgeOf(files: readonly string[], later: boolean, withStates = false): Knowledge {
  if (!later) return { annotator: new Annotator(undefined, withStates), earlier: [] };
  if (files.includes('-')) {
    throw new InputError(
      'standard input cannot be read twice: -2, reply_in and the finding unanswered need files (others: finding in {malformed rejected skewed repeated})',
    );
  }
  const replies = new ReplyIndex();
  return {
    annotator: new Annotator(replies, withStates),
    earlier: [{ onMessage: (message) => replies.push(message) }],
  };
}

class Notes implements Annotations {
  replyTo: number | undefined;
  rttMillis: number | undefined;
  replyIn: number | undefined;
  findings: readonly string[] | undefined;
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
    notes.findings = requestFindings(this.#exchanges.repeats, this.#replies?.isUnanswered(message) === true);
    this.change = this.#relationships?.push(message);
    return this;
  }
}
