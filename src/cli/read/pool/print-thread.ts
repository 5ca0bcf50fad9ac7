/**
 * A thread that prints messages which another has read. Here is no more than its loop, so that the code of all else is
 * found compiled. The bundle has it as a file of its own.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { PRINTING_FILE, useCompiledCode } from '../../compiled-code.ts';
import type { PrintOrder } from './ordered-printer.ts';
import type { BEGUN } from './printer.ts';

const SAID: typeof BEGUN = 'begun';

useCompiledCode(dirname(fileURLToPath(import.meta.url)), PRINTING_FILE);
// Not imported above, so that the code is there before it is asked for.
import('./ordered-printer.ts')
  .then(({ orderedPrinter }) => orderedPrinter(workerData as PrintOrder))
  .then(({ belt, printer }) => {
    parentPort?.postMessage(SAID);
    // Until the main thread ends this one: there may always be a next parcel.
    for (;;) printer.print(belt.takeWaiting());
  });
