/** What waits to be judged: the same is found as at once, and what there is no time for is told. */
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { timestampMillis } from '../../../src/base/timestamp.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import type { Message } from '../../../src/dissect/message.ts';
import { PREFIX_OCTETS } from '../../../src/proxy/dialect.ts';
import type { MessageRun } from '../../../src/proxy/journal/journal.ts';
import {
  Docket,
  QUIET_OCTETS,
  QUIET_WINDOW_MILLIS,
  WAITING_OCTETS_MAX,
} from '../../../src/proxy/judge/docket.ts';
import { noteOf } from '../../../src/proxy/judge/note.ts';
import type { DocketReport } from '../../../src/proxy/judge/report.ts';
import { type Conversation, conversations, messageOf } from '../../support/conversations.ts';
import { clientLease, Dialogue } from '../../support/dialogue.ts';
import { failoverConnection } from '../../support/messages.ts';

const dissectors = loadDissectors();
const connection = failoverConnection();

function prefixed(messages: readonly Message[]): Uint8Array {
  return concatBytes(
    messages.map(({ frame: { bytes, start, end } }) => {
      const size = end - start;
      return Uint8Array.from([size >> 8, size & 255, ...bytes.subarray(start, end)]);
    }),
  );
}

/** One message behind another, as they came in one piece. */
function runOf(messages: readonly Message[]): MessageRun {
  const [first] = messages as [Message];
  const octets = prefixed(messages);
  return {
    connection,
    direction: first.frame.direction,
    octets,
    start: 0,
    end: octets.length,
    firstIndex: first.index,
    firstPacket: first.index + 1,
    streamOffset: 0,
    atMillis: timestampMillis(first.frame.seen.time),
  };
}

function update(dialogue: Dialogue, at: number): Message {
  return dialogue.say('p', 24, at, at, clientLease(`2001:db8::${(at + 1).toString(16)}`));
}

const busy = QUIET_OCTETS / 2;
const one = runOf([update(new Dialogue(), 0)]);
const oneOctets = one.end - one.start;

/** Gives so many octets of messages, all at the same moment. */
function give(docket: Docket, octets: number, now: number): number {
  const messages = Math.ceil(octets / oneOctets);
  for (let count = 0; count < messages; count++) docket.run(one, now);
  return messages;
}

describe('a docket', () => {
  it('finds what is found at once, in runs and in notes', () => {
    for (const conversation of conversations.filter(({ midStream }) => midStream !== true)) {
      const docket = new Docket({ dissectors, isInTheWay: false });
      docket.opened(connection);
      const messages = (conversation as Conversation).messages.map((said, index) =>
        messageOf(said, index, connection),
      );
      for (const message of messages) {
        if (message.index % 2 === 0) docket.run(runOf([message]), message.index);
        else {
          // With a prefix before it, as it is on the wire.
          const bytes = prefixed([message]);
          const frame = { ...message.frame, bytes, start: PREFIX_OCTETS, end: bytes.length };
          const sent = Object.assign(Object.create(message), { frame }) as Message;
          const event = {
            kind: 'message',
            message: sent,
            verdict: 'forwarded',
            hits: [],
            atMillis: 0,
          } as const;
          const noted = noteOf(event);
          docket.note(noted?.note as never, connection, noted?.octets as Uint8Array, message.index);
          // Whoever it belongs to writes over it.
          bytes.fill(0);
        }
      }
      docket.closed(connection);
      docket.finish();
      const found = docket.take()?.findings.map(({ id, message }) => `${id} #${message.index}`) ?? [];
      const expected = conversation.expect.map(([rule, index]) => `${rule} #${index}`);
      expect([conversation.name, ...found.sort()]).toEqual([conversation.name, ...expected.sort()]);
    }
  });

  it('stops in the middle of a run when its time is over, and goes on there', () => {
    const docket = new Docket({ dissectors, isInTheWay: false });
    const dialogue = new Dialogue();
    docket.run(runOf(Array.from({ length: 50 }, (_, at) => update(dialogue, at))), 0);
    let clock = 0;
    docket.work(10, () => clock++);
    const first = docket.take() as DocketReport;
    expect(first.findings.length).toBeGreaterThan(0);
    expect(docket.isWaiting).toBe(true);
    docket.finish();
    const indices = [...first.findings, ...(docket.take() as DocketReport).findings].map(
      ({ message }) => message.index,
    );
    expect(new Set(indices).size).toBe(50);
    expect(docket.isWaiting).toBe(false);
  });

  // Goal: bounded memory, and nobody believes that something was judged that was not.
  it('judges nothing of more than can wait, says how much, and begins again when it is quieter', () => {
    const docket = new Docket({ dissectors, isInTheWay: false });
    docket.opened(connection);
    const given = give(docket, WAITING_OCTETS_MAX, 0);
    const begun = docket.take() as DocketReport;
    expect(begun.lapse).toMatchObject({ isOver: false });
    const later = give(docket, busy, 10);
    expect(docket.isHeldUp(10)).toBe(true);
    docket.work(5, () => 10);
    expect(docket.take()?.findings).toEqual([]);
    const quiet = 10 + 3 * QUIET_WINDOW_MILLIS;
    docket.work(5, () => quiet);
    expect(docket.take()?.lapse).toEqual({ messages: given + later, isOver: true });
    docket.run(one, quiet);
    docket.finish();
    expect(docket.take()?.findings.length).toBeGreaterThan(0);
    expect(begun.notJudged).toBeLessThanOrEqual(given);
  });

  // Goal: of a run of which a part was judged before there was too much, only the rest is told.
  it('counts what it has judged of a run that it gives up', () => {
    const docket = new Docket({ dissectors, isInTheWay: false });
    const dialogue = new Dialogue();
    docket.run(runOf(Array.from({ length: 50 }, (_, at) => update(dialogue, at))), 0);
    let clock = 0;
    docket.work(10, () => clock++);
    const judged = new Set((docket.take() as DocketReport).findings.map(({ message }) => message.index)).size;
    expect(judged).toBeGreaterThan(0);
    const given = give(docket, WAITING_OCTETS_MAX, 0);
    docket.work(1, () => 3 * QUIET_WINDOW_MILLIS);
    expect(docket.take()?.lapse).toEqual({ messages: 50 - judged + given, isOver: true });
  });

  it('misses nothing that was said while it judged nothing', () => {
    const unanswered = conversations.find(({ expect: [first] }) => first?.[0] === 'bndupd-no-reply');
    const messages = (unanswered as Conversation).messages.map((said, index) =>
      messageOf(said, index, connection),
    );
    const docket = new Docket({ dissectors, isInTheWay: false });
    docket.opened(connection);
    for (const message of messages.slice(0, -1)) docket.run(runOf([message]), 0);
    give(docket, WAITING_OCTETS_MAX, 0);
    docket.work(1, () => 3 * QUIET_WINDOW_MILLIS);
    docket.run(runOf(messages.slice(-1)), 3 * QUIET_WINDOW_MILLIS);
    docket.closed(connection);
    docket.finish();
    expect(docket.take()?.findings).toEqual([]);
  });

  it('waits on a single processor until nobody needs it', () => {
    const inTheWay = new Docket({ dissectors, isInTheWay: true });
    const aside = new Docket({ dissectors, isInTheWay: false });
    for (const docket of [inTheWay, aside]) {
      give(docket, QUIET_OCTETS, 0);
      docket.work(1e6, () => 1);
    }
    expect(inTheWay.take()).toBeUndefined();
    expect(aside.take()?.findings.length).toBeGreaterThan(0);
    inTheWay.work(1e6, () => 3 * QUIET_WINDOW_MILLIS);
    expect(inTheWay.take()?.findings.length).toBeGreaterThan(0);
  });
});
