import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { BatchesDone } from '../../../src/proxy/journal/lending.ts';

const FOREVER = 60_000;
const now = () => performance.now();

describe('lending the processor', () => {
  it('does not wait for what is done already', () => {
    const done = new BatchesDone();
    done.add();
    done.add();
    const began = now();
    done.wait(2, FOREVER, now);
    expect(now() - began).toBeLessThan(FOREVER / 2);
  });

  it('goes on as soon as another thread is done with the last one', async () => {
    const done = new BatchesDone();
    const code = `const { workerData } = require('node:worker_threads');
      const counts = new Int32Array(workerData);
      for (let batch = 0; batch < 3; batch++) { Atomics.add(counts, 0, 1); Atomics.notify(counts, 0); }`;
    const worker = new Worker(code, { eval: true, workerData: done.memory });
    const began = now();
    done.wait(3, FOREVER, now);
    expect(now() - began).toBeLessThan(FOREVER / 2);
    expect(new Int32Array(done.memory)[0]).toBe(3);
    await worker.terminate();
  });

  // A disk that stalls must not stall what is relayed.
  it('waits no longer than it was told', () => {
    const done = new BatchesDone();
    done.add();
    const began = now();
    done.wait(2, 20, now);
    expect(now() - began).toBeGreaterThanOrEqual(19);
  });

  it('counts on when the numbers begin again', () => {
    const memory = new SharedArrayBuffer(4);
    new Int32Array(memory)[0] = 2 ** 31 - 1;
    const done = new BatchesDone(memory);
    done.add();
    const began = now();
    done.wait(2 ** 31, FOREVER, now);
    expect(now() - began).toBeLessThan(FOREVER / 2);
  });
});
