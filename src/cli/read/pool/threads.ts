/** Starts the threads that print and the one that writes, and connects them. */
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Filter } from '../../../filter/compile.ts';
import type { FormatChoice } from '../format.ts';
import { Belt } from './belt.ts';
import { PrintPool } from './pool.ts';
import type { PrintOrder } from './print-thread.ts';
import { Printer } from './printer.ts';
import type { WriteOrder } from './write-thread.ts';

/** What threads may allocate. */
const PRINTING_HEAP_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 128 };
const WRITING_HEAP_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

export interface PoolOrder {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  /** Threads that print beside this one. */
  readonly others: number;
  readonly parcelMessages: number;
}

/** The pool, with all its threads on their way. */
export function startPool({ choice, filter, others, parcelMessages }: PoolOrder): PrintPool {
  // Nothing of a message lives longer than its line. Less than a heap's limits can ask for; it holds for heaps to come.
  setFlagsFromString('--max-semi-space-size=1');
  const belt = new Belt();
  const { dissectors, ...rest } = choice;
  const order = { choice: rest, filter: filter?.text, definitions: dissectors.files, belt: belt.memory };
  const own = new MessageChannel();
  // Nothing is heard here; a port that listens would keep the process alive.
  own.port1.unref();
  const ends = [own.port2];
  const printing = Array.from({ length: others }, () => {
    const { port1: apart, port2 } = new MessageChannel();
    ends.push(port2);
    return start<PrintOrder>('./print-thread.js', { ...order, apart }, [apart], PRINTING_HEAP_LIMITS);
  });
  const write: WriteOrder = { belt: belt.memory, apart: ends };
  const writing = start('./write-thread.js', write, ends, WRITING_HEAP_LIMITS);
  const printer = new Printer({
    choice,
    filter,
    belt,
    sendApart: (lines) => own.port1.postMessage(lines, [lines.lines.buffer]),
  });
  return new PrintPool({ belt, printer, printing, writing, parcelMessages });
}

function start<Order>(
  file: string,
  workerData: Order,
  transferList: MessagePort[],
  resourceLimits: typeof PRINTING_HEAP_LIMITS,
): Worker {
  return new Worker(new URL(file, import.meta.url), {
    workerData,
    transferList,
    resourceLimits,
    // Nothing may come between the lines.
    stdout: false,
    stderr: false,
  });
}
