/** What a thread needs to print as the main thread has ordered it. */
import { compileDissectors, type Dissectors } from '../../../dissect/compile.ts';
import type { DefinitionFile } from '../../../dissect/definition.ts';
import type { Filter } from '../../../filter/compile.ts';
import type { FormatChoice } from '../format.ts';
import { Belt, type BeltMemory } from './belt.ts';
import { Printer } from './printer.ts';

/** With which a thread begins. Everything in it survives being copied. */
export interface PrintOrder {
  readonly choice: Omit<FormatChoice, 'dissectors'>;
  readonly filter: string | undefined;
  readonly definitions: readonly DefinitionFile[];
  readonly belt: BeltMemory;
}

export interface OrderedPrinter {
  readonly belt: Belt;
  readonly printer: Printer;
}

export async function orderedPrinter(order: PrintOrder): Promise<OrderedPrinter> {
  const dissectors = compileDissectors(order.definitions);
  const belt = new Belt(order.belt);
  const printer = new Printer({
    choice: { ...order.choice, dissectors },
    filter: await filterOf(order.filter, dissectors),
    belt,
  });
  return { belt, printer };
}

/** Loaded on demand: the parser is much of what a thread needs to begin. */
async function filterOf(text: string | undefined, dissectors: Dissectors): Promise<Filter | undefined> {
  if (text === undefined) return undefined;
  const { requireFilter } = await import('../../../filter/compile.ts');
  return requireFilter(text, dissectors);
}
