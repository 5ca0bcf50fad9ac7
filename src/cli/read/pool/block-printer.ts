/**
 * Blocks of frames in, octets of lines out: what `read` does with each message, for messages that were read in another
 * thread. Knows nothing of threads.
 */
import type { Frame } from '../../../base/frame.ts';
import type { Dissectors } from '../../../dissect/compile.ts';
import { DissectedMessage, protocolOf } from '../../../dissect/dissect.ts';
import { JsonBuffer } from '../../../dissect/json-buffer.ts';
import type { Message } from '../../../dissect/message.ts';
import type { Filter } from '../../../filter/compile.ts';
import type { Format, FormatChoice, LineSink } from '../format.ts';
import { makeFormat } from '../formats.ts';
import { type Block, readBlock } from './block.ts';

const NEWLINE = 0x0a;

export class BlockPrinter implements LineSink {
  buffer = new JsonBuffer(0);
  readonly #dissectors: Dissectors;
  readonly #filter: Filter | undefined;
  readonly #format: Format;
  #message: DissectedMessage | undefined;

  constructor(choice: FormatChoice, filter: Filter | undefined) {
    this.#dissectors = choice.dissectors;
    this.#filter = filter;
    this.#format = makeFormat(choice, this);
  }

  line(text: string): void {
    this.buffer.putText(text);
    this.buffer.putCode(NEWLINE);
  }

  written(): void {
    // Everything stays in the buffer until the block is done.
  }

  /** There is one message, and it is overwritten by the next. */
  #messageOf(frame: Frame, index: number): Message {
    const protocol = protocolOf(this.#dissectors, frame.connection);
    if (this.#message === undefined) this.#message = new DissectedMessage(protocol, frame, index);
    else this.#message.take(protocol, frame, index);
    return this.#message;
  }

  /** The lines of a block, written into `memory` if they fit there. */
  print(block: Block, memory: ArrayBuffer): Uint8Array<ArrayBuffer> {
    this.buffer = new JsonBuffer(memory);
    readBlock(block, (frame, index, notes) => {
      const message = this.#messageOf(frame, index);
      if (this.#filter === undefined || this.#filter.matches(message, notes)) this.#format(message, notes);
    });
    return this.buffer.view();
  }
}
