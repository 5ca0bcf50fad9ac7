/** What the main thread waits for and what it does meanwhile, and what it does when a thread breaks or nobody reads. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Belt } from '../../../../src/cli/read/pool/belt.ts';
import { PrintPool, type Thread } from '../../../../src/cli/read/pool/pool.ts';
import { Printer } from '../../../../src/cli/read/pool/printer.ts';
import { Writer } from '../../../../src/cli/read/pool/writer.ts';
import { handMessage } from '../../../support/messages.ts';
import { INDICES, indices } from './prints.ts';

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

interface Given {
  readonly printing?: readonly FakeThread[];
  readonly writing?: FakeThread;
}

/** A pool without other threads: what they do is done by `print` and `write`. */
function setUp({ printing = [], writing = new FakeThread() }: Given = {}) {
  const belt = new Belt();
  let text = '';
  const writer = new Writer(belt, async (pieces) => {
    text += pieces.map((piece) => new TextDecoder().decode(piece)).join('');
    return true;
  });
  const options = { choice: INDICES, filter: undefined, belt, sendApart: () => undefined };
  const pool = new PrintPool({ belt, printer: new Printer(options), printing, writing, parcelMessages: 1 });
  const other = new Printer(options);
  let next = 0;
  return {
    belt,
    pool,
    push: (count: number) => {
      for (; count > 0; count--) pool.push(handMessage({ hex: '22 000007 2d799b90', index: next++ }), {});
    },
    /** Prints a parcel as another thread would. */
    print: (parcel: number) => other.print(parcel),
    /** Writes what is printed. */
    write: async () => {
      while (belt.written < belt.filled && belt.isPrinted(belt.written)) await writer.step();
      return text;
    },
  };
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
  it('has begun when all threads that print have', async () => {
    const printing = [new FakeThread(), new FakeThread()];
    const { pool } = setUp({ printing });
    const begun = pool.begun();
    printing[1]?.begin();
    expect(await isDone(begun)).toBe(false);
    printing[0]?.begin();
    await begun;
  });

  it('hands over what was pushed without waiting for it to be written', async () => {
    const { belt, pool, push } = setUp();
    push(3);
    await pool.settle();
    await pool.settle();
    expect([belt.filled, belt.written]).toEqual([3, 0]);
  });

  it('prints what nobody has taken when there is no room, and goes on when something is written', async () => {
    const { belt, pool, push, print, write } = setUp();
    push(1);
    await pool.settle();
    const slow = belt.take() as number;
    push(100);
    const settled = pool.settle();
    expect([await isDone(settled), belt.isPrinted(1), belt.isPrinted(slow)]).toEqual([false, true, false]);
    print(slow);
    while (!(await isDone(settled))) await write();
    const drained = pool.drain(true);
    while (belt.written < 101) {
      const parcel = belt.take();
      if (parcel !== undefined) print(parcel);
      await write();
    }
    await drained;
    expect(await write()).toBe(indices(101));
  });

  it('is drained when all is written, by whomever', async () => {
    const { belt, pool, push, print, write } = setUp();
    push(2);
    const drained = pool.drain(true);
    print(belt.take() as number);
    await write();
    expect(await isDone(drained)).toBe(false);
    print(belt.take() as number);
    expect(await write()).toBe(indices(2));
    await drained;
  });

  it('waits for what is written when reading was cut short, but not for a reader that takes nothing', async () => {
    const { belt, pool, push, print, write } = setUp();
    push(3);
    await pool.settle();
    const drained = pool.drain(false);
    print(belt.take() as number);
    await write();
    expect(await isDone(drained)).toBe(false);
    await drained;
    expect([belt.written, belt.filled]).toEqual([1, 3]);
  });

  it('does not wait for room any more once it has to hurry', async () => {
    const { belt, pool, push } = setUp();
    push(100);
    while (belt.take() !== undefined) {
      // Others print all, and nobody writes.
    }
    const settled = pool.settle();
    expect(await isDone(settled)).toBe(false);
    pool.hurry();
    await settled;
    await pool.settle();
  });

  it('throws what a thread has thrown, to whoever waits and to whoever asks later', async () => {
    const writing = new FakeThread();
    const { pool, push } = setUp({ writing, printing: [new FakeThread()] });
    push(4);
    const drained = pool.drain(true);
    writing.fail(new Error('no space'));
    await expect(drained).rejects.toThrow('no space');
    await expect(pool.settle()).rejects.toThrow('no space');
    await expect(pool.begun()).rejects.toThrow('no space');
  });

  it('ends its threads', async () => {
    const threads = [new FakeThread(), new FakeThread()];
    await setUp({ printing: threads }).pool.close();
    expect(threads.map(({ ended }) => ended)).toEqual([true, true]);
  });
});
