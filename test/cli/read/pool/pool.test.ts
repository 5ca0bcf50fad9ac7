/** What the main thread waits for: threads that begin, turns that come, and what it does when a thread breaks. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Blocks } from '../../../../src/cli/read/pool/blocks.ts';
import { PrintPool, type Thread } from '../../../../src/cli/read/pool/pool.ts';
import { Share } from '../../../../src/cli/read/pool/share.ts';
import { Turns } from '../../../../src/cli/read/pool/turns.ts';
import { DISSECTORS } from '../../../dissect/captured.ts';
import { handMessage } from '../../../support/messages.ts';

class FakeThread implements Thread {
  ended = false;
  #onMessage: () => void = () => undefined;
  #onError: (error: Error) => void = () => undefined;

  on(event: 'message' | 'error', listener: (() => void) | ((error: Error) => void)): void {
    if (event === 'message') this.#onMessage = listener as () => void;
    else this.#onError = listener;
  }

  async terminate(): Promise<void> {
    this.ended = true;
  }

  begin(): void {
    this.#onMessage();
  }

  fail(error: Error): void {
    this.#onError(error);
  }
}

function setUp(threads: readonly FakeThread[] = [new FakeThread()]) {
  const turns = new Turns();
  const written: string[] = [];
  const share = new Share({
    choice: {
      type: 'text',
      hex: false,
      columns: 'index',
      fields: [],
      fieldSettings: [],
      colour: 'none',
      width: 80,
      dissectors: DISSECTORS,
    },
    filter: undefined,
    turns,
    blocks: new Blocks(2),
    write: (octets) => written.push(new TextDecoder().decode(octets)) > 0,
    wait: () => undefined,
  });
  let next = 0;
  const push = (count: number) => {
    for (; count > 0; count--) share.push(handMessage({ hex: '22 000007 2d799b90', index: next++ }), {});
  };
  return { turns, written, push, pool: new PrintPool(turns, share, threads) };
}

/** Whether a promise is fulfilled by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let count = 0; count < 5; count++) await turn();
  return done;
}

describe('PrintPool', () => {
  it('has begun when all threads have', async () => {
    const threads = [new FakeThread(), new FakeThread()];
    const { pool } = setUp(threads);
    const begun = pool.begun();
    threads[1]?.begin();
    expect(await isDone(begun)).toBe(false);
    threads[0]?.begin();
    await begun;
  });

  it('has room unless blocks of its own wait for those of others, and writes them when it is their turn', async () => {
    const { pool, push, turns, written } = setUp();
    turns.take(0);
    push(10);
    await pool.room();
    push(4);
    const room = pool.room();
    expect([await isDone(room), written]).toEqual([false, []]);
    turns.done(0);
    await room;
    expect(written).toEqual(['2\n3\n', '4\n5\n', '6\n7\n', '8\n9\n', '10\n11\n']);
  });

  it('is drained when all blocks that were taken are written, by whomever', async () => {
    const { pool, push, turns, written } = setUp();
    push(4);
    turns.take(2);
    push(3);
    const drained = pool.drain(true);
    expect([await isDone(drained), written]).toEqual([false, ['0\n1\n', '2\n3\n']]);
    turns.done(2);
    await drained;
    expect([written.at(-1), turns.take(4)]).toEqual(['6\n', false]);
  });

  it('leaves out the block in which reading was cut short', async () => {
    const { pool, push, written } = setUp();
    push(5);
    await pool.drain(false);
    expect(written).toEqual(['0\n1\n', '2\n3\n']);
  });

  it('writes everything that was taken if reading was cut short in a block of another', async () => {
    const { pool, push, turns, written } = setUp();
    push(2);
    turns.take(1);
    push(1);
    const drained = pool.drain(false);
    expect(await isDone(drained)).toBe(false);
    turns.done(1);
    await drained;
    expect(written).toEqual(['0\n1\n']);
  });

  it('throws what a thread has thrown, to whoever waits and to whoever asks later', async () => {
    const thread = new FakeThread();
    const { pool, push, turns } = setUp([thread]);
    turns.take(0);
    push(4);
    const drained = pool.drain(true);
    thread.fail(new Error('no memory'));
    await expect(drained).rejects.toThrow('no memory');
    await expect(pool.room()).rejects.toThrow('no memory');
    await expect(pool.begun()).rejects.toThrow('no memory');
  });

  it('ends its threads', async () => {
    const threads = [new FakeThread(), new FakeThread()];
    await setUp(threads).pool.close();
    expect(threads.map(({ ended }) => ended)).toEqual([true, true]);
  });
});
