/** Starts the threads that print, and connects them with this one, which reads and writes. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Filter } from '../../../filter/compile.ts';
import type { FormatChoice } from '../format.ts';
import { Belt } from './belt.ts';
import { PrintPool } from './pool.ts';
import type { PrintOrder } from './print-thread.ts';
import { Printer } from './printer.ts';
import { type WriteAll, Writer } from './writer.ts';

/** What threads may allocate. */
const THREAD_HEAP_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 128 };

export interface PoolOrder {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  /** Threads that print beside this one. */
  readonly others: number;
  readonly parcelMessages: number;
  /** Where the lines go. */
  readonly writeAll: WriteAll;
}

/** The pool, with all its threads on their way. */
export function startPool({ choice, filter, others, parcelMessages, writeAll }: PoolOrder): PrintPool {
  // Nothing of a message lives longer than its line. Less than a heap's limits can ask for; it holds for heaps to come.
  setFlagsFromString('--max-semi-space-size=1');
  const belt = new Belt();
  const writer = new Writer(belt, writeAll);
  const { dissectors, ...rest } = choice;
  const order: PrintOrder = {
    choice: rest,
    filter: filter?.text,
    definitions: dissectors.files,
    belt: belt.memory,
  };
  const threads = Array.from({ length: others }, () => startThread(order));
  const printer = new Printer({ choice, filter, belt, sendApart: (lines) => writer.takeApart(lines) });
  return new PrintPool({ belt, printer, writer, threads, parcelMessages });
}

function startThread(order: PrintOrder): Worker {
  return new Worker(new URL('./print-thread.js', import.meta.url), {
    workerData: order,
    resourceLimits: THREAD_HEAP_LIMITS,
    // Nothing may come between the lines.
    stdout: false,
    stderr: false,
  });
}
