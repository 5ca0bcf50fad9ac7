/** That lines come out in order whichever thread is first, that blocks on their way are bounded, and what errors do. */
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Output } from '../../../../src/cli/output.ts';
import { BlockWriter, readBlock } from '../../../../src/cli/read/pool/block.ts';
import type { BlockToPrint, FromThread } from '../../../../src/cli/read/pool/orders.ts';
import { PrintPool, type Thread } from '../../../../src/cli/read/pool/pool.ts';
import { handMessage } from '../../../support/messages.ts';

/** Writes the index of each message, one a line; prints a block when it is told to. */
class SlowThread implements Thread {
  readonly blocks: BlockToPrint[] = [];
  ended = false;
  #onMessage: (message: FromThread) => void = () => undefined;
  #onError: (error: Error) => void = () => undefined;

  postMessage(message: BlockToPrint, handedOver: readonly ArrayBuffer[]): void {
    this.blocks.push(structuredClone(message, { transfer: [...handedOver] }));
  }

  on(event: 'message' | 'error', listener: ((message: FromThread) => void) | ((error: Error) => void)): void {
    if (event === 'message') this.#onMessage = listener as (message: FromThread) => void;
    else this.#onError = listener as (error: Error) => void;
  }

  async terminate(): Promise<void> {
    this.ended = true;
  }

  begin(): void {
    this.#onMessage('ready');
  }

  print(): void {
    const given = this.blocks.shift();
    if (given === undefined) return;
    let text = '';
    readBlock(given.block, (_frame, index) => {
      text += `${index}\n`;
    });
    const { rows, octets } = given.block;
    this.#onMessage({ lines: new TextEncoder().encode(text), memory: { rows, octets } });
  }

  fail(error: Error): void {
    this.#onError(error);
  }
}

function collected(): { readonly stream: Writable; text(): string } {
  let text = '';
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      text += piece.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

/** A message of 8 octets; four fill a block. */
const message = (index: number) => handMessage({ hex: '22 000007 2d799b90', index });

function pool(threads: readonly SlowThread[], stream: Writable): PrintPool {
  return new PrintPool(new Output(stream), threads, new BlockWriter(undefined, 32));
}

describe('PrintPool', () => {
  it('writes the lines of blocks in their order, whichever thread is first', async () => {
    const threads = [new SlowThread(), new SlowThread(), new SlowThread()];
    const { stream, text } = collected();
    const printed = pool(threads, stream);
    for (let index = 0; index < 100; index++) printed.add(message(index), {});
    const drained = printed.drain();
    expect(threads.map(({ blocks }) => blocks.length)).toEqual([9, 8, 8]);
    for (const thread of [...threads].reverse()) while (thread.blocks.length > 0) thread.print();
    await drained;
    expect(text()).toBe(Array.from({ length: 100 }, (_, index) => `${index}\n`).join(''));
  });

  it('has room again only when threads keep up', async () => {
    const thread = new SlowThread();
    const { stream } = collected();
    const printed = pool([thread], stream);
    await printed.room();
    for (let index = 0; index < 13; index++) printed.add(message(index), {});
    expect(thread.blocks).toHaveLength(3);
    let room = false;
    const waiting = printed.room().then(() => {
      room = true;
    });
    await turn();
    expect(room).toBe(false);
    thread.print();
    await waiting;
    expect(room).toBe(true);
  });

  it('is ready when all threads are', () => {
    const threads = [new SlowThread(), new SlowThread()];
    const printed = pool(threads, collected().stream);
    threads[0]?.begin();
    expect(printed.ready).toBe(false);
    threads[1]?.begin();
    expect(printed.ready).toBe(true);
  });

  it('throws what a thread has thrown, to whoever waits and to whoever asks later', async () => {
    const thread = new SlowThread();
    const printed = pool([thread], collected().stream);
    printed.add(message(0), {});
    const drained = printed.drain();
    thread.fail(new Error('no memory'));
    await expect(drained).rejects.toThrow('no memory');
    await expect(printed.room()).rejects.toThrow('no memory');
  });

  it('ends its threads', async () => {
    const threads = [new SlowThread(), new SlowThread()];
    await pool(threads, collected().stream).close();
    expect(threads.map(({ ended }) => ended)).toEqual([true, true]);
  });
});
