/** A thread of a pool: prints the blocks that it is given. The bundle has it as a file of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { compileDissectors } from '../../../dissect/compile.ts';
import { BlockPrinter } from './block-printer.ts';
import type { BlockToPrint, FromThread, PrintOrder } from './orders.ts';

const { choice, filter, definitions } = workerData as PrintOrder;
const dissectors = compileDissectors(definitions);
const printer = new BlockPrinter({ ...choice, dissectors }, await filterOf());

parentPort?.on('message', ({ block, memory }: BlockToPrint) => {
  const lines = printer.print(block, memory);
  const { rows, octets } = block;
  tell({ lines, memory: { rows, octets } }, [lines.buffer, rows.buffer, octets.buffer]);
});
tell('ready');

function tell(message: FromThread, handedOver: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver);
}

/** Loaded on demand: the parser is much of what a thread needs to begin. */
async function filterOf() {
  if (filter === undefined) return undefined;
  const { requireFilter } = await import('../../../filter/compile.ts');
  return requireFilter(filter, dissectors);
}
