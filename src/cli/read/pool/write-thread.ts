/** The thread that writes what others print. The bundle has it as a file of its own. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { Belt, type BeltMemory } from './belt.ts';
import { stdoutWriter } from './stdout.ts';
import { Writer } from './writer.ts';

/** With which the thread begins. */
export interface WriteOrder {
  readonly belt: BeltMemory;
  /** One from each thread that prints: lines that did not fit on the belt. */
  readonly apart: readonly MessagePort[];
}

const { belt, apart } = workerData as WriteOrder;
const writer = new Writer(new Belt(belt), stdoutWriter());
for (const port of apart) port.on('message', (lines) => writer.takeApart(lines));
// Until the main thread ends this one.
for (;;) await writer.step();
