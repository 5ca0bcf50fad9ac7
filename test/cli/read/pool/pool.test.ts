/** What the main thread waits for and what it does meanwhile, and what it does when a thread breaks or nobody reads. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { FormatChoice } from '../../../../src/cli/read/format.ts';
import { Belt, LINES_OCTETS_MAX } from '../../../../src/cli/read/pool/belt.ts';
import { PrintPool, type Thread } from '../../../../src/cli/read/pool/pool.ts';
import { BEGUN, Printer } from '../../../../src/cli/read/pool/printer.ts';
import { Writer } from '../../../../src/cli/read/pool/writer.ts';
import { handMessage } from '../../../support/messages.ts';
import { INDICES, indices, oneByOne, PLAIN } from './prints.ts';

type Told = typeof BEGUN;

class FakeThread implements Thread {
  ended = false;
  tell: (message: Told) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  on(event: 'message' | 'error', listener: ((message: Told) => void) & ((error: Error) => void)): void {
    if (event === 'message') this.tell = listener;
    else this.fail = listener;
  }

  async terminate(): Promise<void> {
    this.ended = true;
  }
}

/** A pool whose other threads do only what a test makes them do. */
function setUp(threads: readonly FakeThread[] = [], choice: FormatChoice = INDICES) {
  const belt = new Belt();
  let text = '';
  let failure: Error | undefined;
  /** Lets the reader of the output take what it was given. */
  let take: () => void = () => undefined;
  const writer = new Writer(belt, async (pieces) => {
    if (failure !== undefined) throw failure;
    await new Promise<void>((resolve) => {
      take = resolve;
    });
    text += pieces.map((piece) => new TextDecoder().decode(piece)).join('');
    return true;
  });
  const options = { choice, filter: undefined, belt };
  const printer = new Printer(options);
  const pool = new PrintPool({ belt, printer, writer, threads, parcelMessages: 1 });
  const other = new Printer(options);
  let next = 0;
  return {
    belt,
    pool,
    push: (count: number) => {
      for (; count > 0; count--) pool.push(handMessage({ hex: '22 000007 2d799b90', index: next++ }), {});
    },
    /** Prints the next parcel that nobody has taken as another thread would. */
    print: () => {
      const parcel = belt.take();
      if (parcel !== undefined) other.print(parcel);
      return parcel;
    },
    printTaken: (parcel: number) => other.print(parcel),
    /** What is written once the reader has taken all that is printed. */
    written: async () => {
      for (let rest = 5; rest > 0; rest--) {
        take();
        await turn();
      }
      return text;
    },
    breakOutput: (error: Error) => {
      failure = error;
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
  it('has begun when all threads have', async () => {
    const threads = [new FakeThread(), new FakeThread()];
    const { pool } = setUp(threads);
    const begun = pool.begun();
    threads[1]?.tell(BEGUN);
    expect(await isDone(begun)).toBe(false);
    threads[0]?.tell(BEGUN);
    await begun;
  });

  it('hands over what was pushed without waiting for it to be written', async () => {
    const { belt, pool, push } = setUp();
    push(3);
    await pool.settle();
    expect([belt.filled, belt.written]).toEqual([2, 0]);
    await pool.flush();
    await pool.flush();
    expect([belt.filled, belt.written]).toEqual([3, 0]);
  });

  it('hands over a few messages, too, when no others come for a while', async () => {
    const { belt, pool, push } = setUp();
    push(1);
    let pauses = 0;
    for (; belt.filled === 0; pauses++) await pool.settle();
    expect(pauses).toBe(16);
    await pool.settle();
    expect(belt.filled).toBe(1);
  });

  it('wakes those who print for the little that there is before it waits for more, and at the end', async () => {
    const { belt, pool, push } = setUp();
    const words = new Int32Array(belt.memory.words);
    const woken = (): Promise<string> | string => Atomics.waitAsync(words, 0, belt.filled).value;
    const first = woken();
    push(1);
    await pool.flush();
    expect(await first).toBe('ok');
    const second = woken();
    push(1);
    for (let pauses = 0; pauses < 16; pauses++) await pool.settle();
    expect(await second).toBe('ok');
    const third = woken();
    void pool.drain(true).catch(() => undefined);
    expect(await third).toBe('ok');
  });

  it('wakes them for what came on the belt only once there was room', async () => {
    const { belt, pool, push, print, written } = setUp();
    while (belt.hasRoom) push(1);
    // One more lies in the pool, and one is being packed.
    push(2);
    const flushed = pool.flush();
    const woken = Atomics.waitAsync(new Int32Array(belt.memory.words), 0, belt.filled).value;
    while (print() !== undefined);
    await written();
    await flushed;
    expect(print()).not.toBe(undefined);
    expect(await woken).toBe('ok');
  });

  it('prints what nobody has taken when there is no room, and goes on when something is written', async () => {
    const { belt, pool, push, print, printTaken, written } = setUp();
    push(1);
    await pool.flush();
    const slow = belt.take() as number;
    push(100);
    const settled = pool.settle();
    expect(await isDone(settled)).toBe(false);
    await vi.waitFor(() => expect(belt.isPrinted(belt.filled - 1)).toBe(true));
    expect([belt.isPrinted(1), belt.isPrinted(slow)]).toEqual([true, false]);
    printTaken(slow);
    while (!(await isDone(settled))) await written();
    const drained = pool.drain(true);
    while (belt.written < 101) {
      print();
      await written();
    }
    await drained;
    expect(await written()).toBe(indices(101));
  });

  it('prints nothing before the others have begun', async () => {
    const thread = new FakeThread();
    const { belt, pool, push } = setUp([thread]);
    push(100);
    const settled = pool.settle();
    expect(await isDone(settled)).toBe(false);
    expect(belt.take()).toBe(0);
    thread.tell(BEGUN);
    await vi.waitFor(() => expect(belt.isPrinted(belt.filled - 1)).toBe(true));
  });

  it('prints nothing while lines wait for the reader of the output', async () => {
    const { belt, pool, push, print, printTaken, written } = setUp();
    push(100);
    print();
    const settled = pool.settle();
    expect(await isDone(settled)).toBe(false);
    const slow = belt.take() as number;
    expect(slow).toBe(1);
    // What is printed is taken now, and then nothing waits for the reader while the next parcel is not printed.
    await written();
    await vi.waitFor(() => expect(belt.isPrinted(belt.filled - 1)).toBe(true));
    printTaken(slow);
    while (!(await isDone(settled))) await written();
  });

  it('is drained when all is written, by whomever it was printed', async () => {
    const { pool, push, print, written } = setUp();
    push(2);
    const drained = pool.drain(true);
    print();
    await written();
    expect(await isDone(drained)).toBe(false);
    print();
    expect(await written()).toBe(indices(2));
    await drained;
  });

  it('prints a parcel in parts as they are written, and no other before the last of them', async () => {
    const { belt, pool, written } = setUp([], { ...PLAIN, hex: true });
    const long = handMessage({ hex: `22 000007 2d799b90 fff0 ff00${'ab'.repeat(0xff00)}` });
    for (let count = 0; count < 40; count++) pool.push(long, {});
    const settled = pool.settle();
    expect(await isDone(settled)).toBe(false);
    expect([belt.isPrinted(0), belt.isWhole(0), belt.take()]).toEqual([true, false, 1]);
    await written();
    expect(belt.written).toBe(1);
    // Nobody prints the next one, so that the one after it does not get on.
    await vi.waitFor(() => expect([belt.isPrinted(2), belt.isWhole(2)]).toEqual([true, false]));
    expect(await isDone(settled)).toBe(false);
    expect(belt.take()).toBe(3);
    const text = await written();
    expect(text).toBe(oneByOne({ ...PLAIN, hex: true }, [long]));
    expect(text.length).toBeGreaterThan(LINES_OCTETS_MAX);
    pool.hurry();
    await settled;
  });

  it('waits for what is written when reading was cut short, but not for a reader that takes nothing', async () => {
    const { belt, pool, push, print, written } = setUp();
    push(3);
    await pool.flush();
    const drained = pool.drain(false);
    print();
    await written();
    expect(await isDone(drained)).toBe(false);
    await drained;
    expect([belt.written, belt.filled]).toEqual([1, 3]);
  });

  it('does not wait for room any more once it has to hurry', async () => {
    const { belt, pool, push } = setUp();
    push(100);
    while (belt.take() !== undefined) {
      // Others print all, and nobody reads what is written.
    }
    const settled = pool.settle();
    expect(await isDone(settled)).toBe(false);
    pool.hurry();
    await settled;
    await pool.settle();
  });

  it('throws what a thread has thrown, to whoever waits and to whoever asks later', async () => {
    const thread = new FakeThread();
    const { pool, push } = setUp([thread, new FakeThread()]);
    push(4);
    const drained = pool.drain(true);
    thread.fail(new Error('no memory'));
    await expect(drained).rejects.toThrow('no memory');
    await expect(pool.settle()).rejects.toThrow('no memory');
    await expect(pool.begun()).rejects.toThrow('no memory');
  });

  it('throws why nothing can be written', async () => {
    const { pool, push, print, breakOutput } = setUp();
    breakOutput(new Error('no space'));
    push(2);
    const drained = pool.drain(true);
    print();
    await expect(drained).rejects.toThrow('no space');
  });

  it('ends its threads', async () => {
    const threads = [new FakeThread(), new FakeThread()];
    await setUp(threads).pool.close();
    expect(threads.map(({ ended }) => ended)).toEqual([true, true]);
  });
});
