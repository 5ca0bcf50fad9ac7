/** Starts the threads that print, and connects them with this one, which reads and writes. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Filter } from '../../../filter/compile.ts';
import { keepHeapSmall, keepNewSpaceSmall, letNewSpaceGrow } from '../../small-heap.ts';
import type { FormatChoice } from '../format.ts';
import { Belt } from './belt.ts';
import type { PrintOrder } from './ordered-printer.ts';
import { PrintPool } from './pool.ts';
import { BEGUN, Printer } from './printer.ts';
import { type WriteAll, Writer } from './writer.ts';

/** In the bundle both are CommonJS, and end so. */
const THREAD_FILE = new URL(`./print-thread${extname(import.meta.url)}`, import.meta.url);

/** What threads may allocate. Nothing of a message lives longer than its line. */
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
  // They begin with code that was compiled before.
  letNewSpaceGrow();
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
  // A tree is many objects, of which some are kept too long whenever room for new ones is used up.
  const keepSmall = choice.type === 'tree' ? keepHeapSmall : keepNewSpaceSmall;
  let beginning = others;
  for (const thread of threads) {
    thread.on('message', (message) => {
      if (message === BEGUN && --beginning === 0) keepSmall();
    });
  }
  const printer = new Printer({ choice, filter, belt });
  return new PrintPool({ belt, printer, writer, threads, parcelMessages });
}

function startThread(order: PrintOrder): Worker {
  return new Worker(THREAD_FILE, {
    workerData: order,
    resourceLimits: THREAD_HEAP_LIMITS,
    // Nothing may come between the lines.
    stdout: false,
    stderr: false,
  });
}
