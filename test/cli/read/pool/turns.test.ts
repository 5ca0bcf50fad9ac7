/** That a block is taken once, that turns come in order, and that those who wait for one hear of it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Turns } from '../../../../src/cli/read/pool/turns.ts';

describe('Turns', () => {
  it('gives a block to whoever asks first', () => {
    const turns = new Turns();
    const other = new Turns(turns.memory);
    turns.begin(7);
    expect([turns.isTaken(7), other.take(7), turns.isTaken(7), turns.take(7)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([turns.take(8), other.take(8), other.take(9)]).toEqual([true, false, true]);
  });

  it('gives none when it is stopped, and says how many there were', () => {
    const turns = new Turns();
    turns.take(0);
    turns.take(1);
    expect([turns.stop(), turns.take(2), turns.isTaken(2)]).toEqual([2, false, true]);
  });

  it('resolves when it is the turn of a block, or was', async () => {
    const turns = new Turns();
    let heard = false;
    const waiting = turns.waited(2).then(() => {
      heard = true;
    });
    turns.done(0);
    await new Promise(setImmediate);
    expect(heard).toBe(false);
    turns.done(1);
    await waiting;
    await turns.waited(1);
    turns.wait(2);
    expect(turns.written).toBe(2);
  });

  it('waits no longer than told', () => {
    const turns = new Turns();
    turns.wait(1, 1);
    expect(turns.written).toBe(0);
  });

  it('is the same for all threads', async () => {
    const turns = new Turns();
    // A worker has no TypeScript: the words are those of the source.
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       const words = new Int32Array(workerData);
       Atomics.compareExchange(words, 0, 0, 1);
       Atomics.store(words, 1, 1); Atomics.add(words, 3 + 1, 1); Atomics.notify(words, 3 + 1);`,
      { eval: true, workerData: turns.memory },
    );
    await turns.waited(1);
    expect([turns.written, turns.isTaken(0)]).toEqual([1, true]);
    await once(worker, 'exit');
  });
});
