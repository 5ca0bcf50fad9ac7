/**
 * What is known of a message by the messages around it, while a capture is read: the request that it answers, and after
 * a first pass also its answer and the rules that it breaks. Relationships are followed only where states are shown.
 */
import type { FindingIndex } from '../../analyze/checks/finding-index.ts';
import { Exchanges } from '../../analyze/exchanges.ts';
import { Relationships, type StateChange } from '../../analyze/relationships.ts';
import { ReplyIndex } from '../../analyze/reply-index.ts';
import { requestFindings } from '../../analyze/request-findings.ts';
import { InputError } from '../../base/problem.ts';
import { type Annotations, type Breach, findingsWith } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import type { Filter } from '../../filter/compile.ts';
import { keepHeapSmall } from '../small-heap.ts';
import type { Round } from './input.ts';
import { readOnlyOnce } from './once.ts';

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

/** What is to be known: what earlier messages tell, later ones too, or also what is against RFC 8156. */
export type Wanted = 'earlier' | 'later' | 'checks';

export function wantedBy(filter: Pick<Filter, 'needsReplies' | 'needsChecks'> | undefined): Wanted {
  if (filter?.needsChecks === true) return 'checks';
  return filter?.needsReplies === true ? 'later' : 'earlier';
}

/** What is known with several wishes: the most. */
export function mostWanted(wishes: readonly (Wanted | undefined)[]): Wanted {
  if (wishes.includes('checks')) return 'checks';
  return wishes.includes('later') ? 'later' : 'earlier';
}

/**
 * For more than what earlier messages tell, files are read twice.
 * @throws InputError if that cannot be
 */
export async function knowledgeOf(
  files: readonly string[],
  wanted: Wanted,
  withStates = false,
): Promise<Knowledge> {
  if (wanted === 'earlier') return { annotator: new Annotator({}, withStates), earlier: [] };
  const once = readOnlyOnce(files);
  if (once !== undefined) throw new InputError(`${once} cannot be read twice: ${NEEDS_FILES[wanted]}`);
  const replies = new ReplyIndex();
  if (wanted === 'later') {
    return {
      annotator: new Annotator({ replies }, withStates),
      earlier: [{ onMessage: (message) => replies.push(message) }],
    };
  }
  const { FindingIndex } = await import('../../analyze/checks/finding-index.ts');
  keepHeapSmall();
  const breaches = new FindingIndex();
  const { judge } = breaches;
  const judging: Round = {
    onMessage: (message) => {
      replies.push(message);
      judge.push(message);
    },
    onNotice: (notice) => judge.notice(notice),
    onEnd: () => judge.end(),
  };
  return { annotator: new Annotator({ replies, breaches }, withStates), earlier: [judging] };
}

const NEEDS_FILES = {
  later:
    '-2, reply_in and the finding unanswered need files (others: finding in {malformed rejected skewed repeated})',
  checks:
    '--findings, and finding unless it is finding in {malformed rejected skewed repeated}, need files; leasetap check reads once',
} as const;

class Notes implements Annotations {
  replyTo: number | undefined;
  rttMillis: number | undefined;
  replyIn: number | undefined;
  findings: readonly string[] | undefined;
  breaches: readonly Breach[] | undefined;
}

/** What a first pass has found. */
interface FirstPass {
  readonly replies?: ReplyIndex;
  readonly breaches?: FindingIndex;
}

export class Annotator implements Annotated {
  /** Of the message that was pushed last. */
  readonly notes: Annotations;
  change: StateChange | undefined;
  private readonly current = new Notes();
  private readonly exchanges = new Exchanges();
  private readonly relationships: Relationships | undefined;
  private readonly replies: ReplyIndex | undefined;
  private readonly breaches: FindingIndex | undefined;

  constructor({ replies, breaches }: FirstPass, withStates: boolean) {
    this.notes = this.current;
    this.replies = replies;
    this.breaches = breaches;
    this.relationships = withStates ? new Relationships() : undefined;
  }

  /** What is known of the next message: overwritten by the one after it. */
  push(message: Message): Annotated {
    const notes = this.current;
    const completes = this.exchanges.completes(message);
    notes.replyTo = completes ? this.exchanges.requestIndex : undefined;
    notes.rttMillis = completes ? this.exchanges.rttMillis : undefined;
    notes.replyIn = this.replies?.replyIn(message);
    notes.findings = requestFindings(this.exchanges.repeats, this.replies?.isUnanswered(message) === true);
    if (this.breaches !== undefined) {
      notes.breaches = this.breaches.of(message);
      notes.findings = findingsWith(notes.findings, notes.breaches);
    }
    this.change = this.relationships?.push(message);
    return this;
  }
}
