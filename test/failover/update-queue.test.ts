/** Goal: what is told when, in which order, and with which transaction-id (RFC 8156 §5.4, §8.8). */
import { describe, expect, it } from 'vitest';
import { Slot } from '../../src/failover/slot.ts';
import { UpdateQueue } from '../../src/failover/update-queue.ts';
import { address } from './samples.ts';

const NAMES = ['a', 'b', 'c'] as const;

/** Three slots, which remember no earlier queue. */
function slots(): Record<(typeof NAMES)[number], Slot> {
  const slot = (last: string): Slot =>
    new Slot({
      ...address(`2001:db8::${last}`),
      status: 'FREE',
      startTimeOfState: 0,
      updateNeeded: true,
      updateSent: false,
    });
  return { a: slot('a'), b: slot('b'), c: slot('c') };
}

/** Sends all that may be sent, one lease in each update; returns "id:name" of each. */
function sendAll(queue: UpdateQueue, all: boolean, now = 0): string[] {
  const sent: string[] = [];
  for (let slot = queue.next(all); slot !== undefined; slot = queue.next(all)) {
    const id = queue.newTransactionId();
    queue.sent(id, [slot], now);
    sent.push(`${id}:${slot.lease.address[15]?.toString(16)}`);
  }
  return sent;
}

describe('UpdateQueue', () => {
  it('tells in the order in which it became necessary, each once', () => {
    const { a, b } = slots();
    const queue = new UpdateQueue();
    for (const slot of [a, b, a]) queue.need(slot, 'now');
    expect(sendAll(queue, true)).toEqual(['1:a', '2:b']);
    expect(queue.unackedCount).toBe(2);
  });

  it('sends nothing by itself outside NORMAL, and what waits for the scan not before it', () => {
    const { a, b } = slots();
    const queue = new UpdateQueue();
    queue.need(a, 'now');
    expect(sendAll(queue, false)).toEqual([]);
    queue.need(b, 'next-scan');
    expect(sendAll(queue, true)).toEqual(['1:a']);
    queue.offerAll();
    expect(sendAll(queue, true)).toEqual(['2:b']);
  });

  it('sends everything again that was on its way when the connection broke', () => {
    const { a } = slots();
    const queue = new UpdateQueue();
    queue.need(a, 'now');
    sendAll(queue, true);
    queue.disconnected();
    queue.offerAll();
    expect(sendAll(queue, true)).toEqual(['2:a']);
  });

  it('knows an answer by its transaction-id, once', () => {
    const { a } = slots();
    const queue = new UpdateQueue();
    queue.need(a, 'now');
    sendAll(queue, true);
    expect(queue.answered(9)).toBeUndefined();
    expect(queue.answered(1)?.map(({ slot }) => slot)).toEqual([a]);
    expect(queue.answered(1)).toBeUndefined();
  });

  it('tells a change made while the last one was on its way', () => {
    const { a } = slots();
    const queue = new UpdateQueue();
    queue.need(a, 'now');
    sendAll(queue, true);
    queue.need(a, 'now');
    const [told] = queue.answered(1) ?? [];
    expect(told?.change).toBeLessThan(a.change);
    expect(sendAll(queue, true)).toEqual(['2:a']);
  });

  it('gives no transaction-id twice while one is outstanding, not even round the corner of 24 bits', () => {
    const { a } = slots();
    const queue = new UpdateQueue(2 ** 24 - 2);
    queue.asked = queue.newTransactionId();
    expect(queue.asked).toBe(2 ** 24 - 1);
    queue.need(a, 'now');
    expect(sendAll(queue, true)).toEqual(['0:a']);
    const round = new UpdateQueue(2 ** 24 - 3);
    round.asked = 2 ** 24 - 1;
    expect([round.newTransactionId(), round.newTransactionId()]).toEqual([2 ** 24 - 2, 0]);
  });
});

describe('an UPDREQ', () => {
  it('is done when all that was needed is answered, and not before', () => {
    const { a, b, c } = slots();
    const queue = new UpdateQueue();
    queue.need(a, 'now');
    queue.need(b, 'now');
    queue.startRequest(77);
    expect(queue.takeFinishedRequest()).toBeUndefined();
    expect(sendAll(queue, false)).toEqual(['1:a', '2:b']);
    queue.need(c, 'now');
    queue.answered(1);
    expect(queue.takeFinishedRequest()).toBeUndefined();
    queue.answered(2);
    expect(queue.takeFinishedRequest()).toBe(77);
    expect(queue.takeFinishedRequest()).toBeUndefined();
  });

  it('waits for its own update about a lease, not for an earlier one', () => {
    const { a } = slots();
    const queue = new UpdateQueue();
    queue.need(a, 'now');
    expect(sendAll(queue, true)).toEqual(['1:a']);
    queue.startRequest(77);
    expect(sendAll(queue, false)).toEqual(['2:a']);
    queue.answered(1);
    expect(queue.takeFinishedRequest()).toBeUndefined();
    queue.answered(2);
    expect(queue.takeFinishedRequest()).toBe(77);
  });

  it('is done at once when nothing is needed', () => {
    const queue = new UpdateQueue();
    queue.startRequest(77);
    expect(queue.takeFinishedRequest()).toBe(77);
  });

  it('for all walks through everything, needed or not', () => {
    const { a, b, c } = slots();
    const queue = new UpdateQueue();
    queue.need(b, 'now');
    queue.startRequest(77, [a, b, c].values());
    expect(sendAll(queue, false)).toEqual(['1:a', '2:b', '3:c']);
    for (const id of [1, 2, 3]) {
      expect(queue.takeFinishedRequest()).toBeUndefined();
      queue.answered(id);
    }
    expect(queue.takeFinishedRequest()).toBe(77);
  });

  it('that comes while another is being answered takes nothing away from that one', () => {
    const { a, b, c } = slots();
    const queue = new UpdateQueue();
    queue.startRequest(77, [a, b, c].values());
    const slot = queue.next(false);
    expect(slot).toBe(a);
    queue.sent(queue.newTransactionId(), [a], 0);
    queue.startRequest(78);
    expect(queue.takeFinishedRequest()).toBeUndefined();
    expect(sendAll(queue, false)).toEqual(['2:b', '3:c']);
    for (const id of [1, 2, 3]) {
      expect(queue.takeFinishedRequest()).toBeUndefined();
      queue.answered(id);
    }
    expect([queue.takeFinishedRequest(), queue.takeFinishedRequest()]).toEqual([77, 78]);
    expect(queue.takeFinishedRequest()).toBeUndefined();
  });
});
