/** A thread that prints messages which another has read. The bundle has it as a file of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { compileDissectors } from '../../../dissect/compile.ts';
import type { DefinitionFile } from '../../../dissect/definition.ts';
import type { FormatChoice } from '../format.ts';
import { Belt, type BeltMemory } from './belt.ts';
import { BEGUN, Printer } from './printer.ts';

/** With which the thread begins. Everything in it survives being copied. */
export interface PrintOrder {
  readonly choice: Omit<FormatChoice, 'dissectors'>;
  readonly filter: string | undefined;
  readonly definitions: readonly DefinitionFile[];
  readonly belt: BeltMemory;
}

const { choice, filter, definitions, ...order } = workerData as PrintOrder;
const dissectors = compileDissectors(definitions);
const belt = new Belt(order.belt);
const printer = new Printer({
  choice: { ...choice, dissectors },
  filter: await filterOf(),
  belt,
  sendApart: (apart) => parentPort?.postMessage(apart, [apart.lines.buffer]),
});
parentPort?.postMessage(BEGUN);
// Until the main thread ends this one: there may always be a next parcel.
for (;;) printer.print(belt.takeWaiting());

/** Loaded on demand: the parser is much of what a thread needs to begin. */
async function filterOf() {
  if (filter === undefined) return undefined;
  const { requireFilter } = await import('../../../filter/compile.ts');
  return requireFilter(filter, dissectors);
}
