/**
 * A captured connection as a script: what one side says, what the other one is expected to say, and which of that came
 * from its clients. Sans-IO; who plays it is replay.ts.
 */
import { Exchanges } from '../../analyze/exchanges.ts';
import type { Direction } from '../../base/flow.ts';
import type { Message } from '../../dissect/message.ts';
import { bindingStatusName } from '../../dissect/vocabulary.ts';
import { subjectOf } from './compare.ts';

/** Keepalives come when they come. */
export const CONTACT = 'CONTACT';

export interface Step {
  readonly message: Message;
  readonly mine: boolean;
  /** The request that this one answers. */
  readonly answers: Step | undefined;
  /** Caused by a client of the server that is played against: clients do not replay. */
  readonly byClient: boolean;
  /** What came for it, or `lost` if nothing came in time. */
  live: Message | 'lost' | undefined;
  /** The answer whose turn came before what it answers. */
  answer: Step | undefined;
}

/**
 * Whether the other side is telling what it was asked for (UPDREQ, UPDREQALL until UPDDONE, RFC 8156 §6.2): then its
 * BNDUPDs are an answer.
 */
export class Updates {
  private wanted = false;

  follow({ msgName }: Message, mine: boolean): void {
    if (mine && (msgName === 'UPDREQ' || msgName === 'UPDREQALL')) this.wanted = true;
    if (!mine && msgName === 'UPDDONE') this.wanted = false;
  }

  /** Whether a message of the other side was caused by a client: an update that nobody asked for, but for the pool's. */
  isByClient(message: Message): boolean {
    return message.msgName === 'BNDUPD' && !this.wanted && !isAboutPool(message);
  }
}

/** What the primary gives the secondary to allocate from (§4.2.2.1) needs no client. */
function isAboutPool(message: Message): boolean {
  const { leases } = message.facts();
  return (
    leases.length > 0 &&
    leases.every(
      ({ bindingStatus }) =>
        bindingStatus !== undefined && bindingStatusName(bindingStatus) === 'FREE-BACKUP',
    )
  );
}

/** `strict`: what clients caused is expected as everything else. */
export function scriptOf(messages: readonly Message[], side: Direction, strict: boolean): readonly Step[] {
  const exchanges = new Exchanges();
  const byIndex = new Map<number, Step>();
  const updates = new Updates();
  const steps: Step[] = [];
  let state: number | undefined;
  for (const message of messages) {
    const exchange = exchanges.push(message);
    const mine = message.frame.direction === side;
    if (message.msgName === CONTACT && !mine) continue;
    const { serverState } = message.facts();
    if (!mine && serverState !== undefined) {
      // A server may announce its state again (RFC 8156 §6.3): that says nothing new.
      if (serverState === state) continue;
      state = serverState;
    }
    updates.follow(message, mine);
    const step: Step = {
      message,
      mine,
      answers: exchange === undefined ? undefined : byIndex.get(exchange.request.index),
      byClient: !mine && !strict && updates.isByClient(message),
      live: undefined,
      answer: undefined,
    };
    byIndex.set(message.index, step);
    steps.push(step);
  }
  return steps;
}

/** What the other side is expected to say and has not said yet, found by what it is about. */
export class Expected {
  private readonly byType = new Map<string | null, Step[]>();
  private readonly bySubject = new Map<string, Step[]>();

  constructor(steps: readonly Step[]) {
    for (const step of steps) {
      if (step.mine) continue;
      const { message } = step;
      queue(this.byType, message.msgName).push(step);
      queue(this.bySubject, keyOf(message)).push(step);
    }
    // The next one is taken from the end.
    for (const each of [...this.byType.values(), ...this.bySubject.values()]) each.reverse();
  }

  /** The captured message that a live one stands for: of its type, and about the same leases if there are several. */
  take(live: Message): Step | undefined {
    const exact = next(this.bySubject.get(keyOf(live)));
    if (exact !== undefined || subjectOf(live) !== '') return exact;
    return next(this.byType.get(live.msgName));
  }
}

function keyOf(message: Message): string {
  return `${message.msgName} ${subjectOf(message)}`;
}

function queue<K>(map: Map<K, Step[]>, key: K): Step[] {
  const known = map.get(key) ?? [];
  map.set(key, known);
  return known;
}

/** The last one that nothing has come for. */
function next(steps: Step[] | undefined): Step | undefined {
  while (steps?.at(-1)?.live !== undefined) steps.pop();
  return steps?.at(-1);
}
