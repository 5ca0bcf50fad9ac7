/** What the threads of a pool tell each other. Everything in it survives being copied; buffers are handed over. */
import type { DefinitionFile } from '../../../dissect/definition.ts';
import type { FormatChoice } from '../format.ts';
import type { Block, BlockMemory } from './block.ts';

/** With which a thread begins. */
export interface PrintOrder {
  readonly choice: Omit<FormatChoice, 'dissectors'>;
  readonly filter: string | undefined;
  readonly definitions: readonly DefinitionFile[];
}

/** A block to be printed into `memory`. */
export interface BlockToPrint {
  readonly block: Block;
  readonly memory: ArrayBuffer;
}

/** From the thread: that it has begun, then each block's lines in the order of the blocks, and the block's memory. */
export type FromThread = 'ready' | PrintedBlock;

export interface PrintedBlock {
  readonly lines: Uint8Array<ArrayBuffer>;
  readonly memory: BlockMemory;
}
