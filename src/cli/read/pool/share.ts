/**
 * A thread's share of the lines: it reads all messages as the other threads do, prints those of the blocks that it takes,
 * and writes them when it is their turn. No line and no message changes hands.
 */
import type { Annotations } from '../../../dissect/annotations.ts';
import { JsonBuffer } from '../../../dissect/json-buffer.ts';
import type { Message } from '../../../dissect/message.ts';
import type { Filter } from '../../../filter/compile.ts';
import type { Format, FormatChoice, LineSink } from '../format.ts';
import { makeFormat } from '../formats.ts';
import type { Blocks } from './blocks.ts';
import type { Turns } from './turns.ts';

/** Blocks of one thread whose lines wait for those of others. */
const BLOCKS_WAITING_MAX = 4;
/** Octets for the lines of a block, to begin with. */
const LINES_OCTETS = 96 * 1024;
/** Memory for lines that one block made larger than this is not kept. */
const LINES_OCTETS_MAX = 8 * LINES_OCTETS;
const NEWLINE = 0x0a;

export interface ShareOptions {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  readonly turns: Turns;
  readonly blocks: Blocks;
  /** Writes lines to where all threads write. False if nobody reads there any more. */
  readonly write: (octets: Uint8Array) => boolean;
  /** Blocks the thread until it is the turn of a block, or until it has waited long enough. */
  readonly wait: (block: number) => void;
}

/** A block that is printed. */
interface Printed {
  readonly block: number;
  readonly lines: JsonBuffer;
}

export class Share implements LineSink {
  readonly #options: ShareOptions;
  readonly #format: Format;
  #lines = new JsonBuffer(LINES_OCTETS);
  readonly #free: JsonBuffer[] = [];
  /** Its blocks that are printed and not written, in order. */
  readonly #printed: Printed[] = [];
  #block = -1;
  #isOurs = false;

  /** @throws InputError for a choice that makes no sense */
  constructor(options: ShareOptions) {
    this.#options = options;
    this.#format = makeFormat(options.choice, this);
  }

  /** Takes the block in which the messages stand that come next: before any other thread reads. */
  begin(): void {
    const { turns, blocks } = this.#options;
    turns.begin(blocks.current);
    this.#turnTo(blocks.current);
  }

  /** Number of the block that it has come to. */
  get block(): number {
    return this.#block;
  }

  /** The first of its blocks that wait for their turn. */
  get first(): number | undefined {
    return this.#printed[0]?.block;
  }

  /** The same, if there are too many of them. */
  get overdue(): number | undefined {
    return this.#printed.length > BLOCKS_WAITING_MAX ? this.first : undefined;
  }

  get buffer(): JsonBuffer {
    return this.#lines;
  }

  line(text: string): void {
    this.#lines.putText(text);
    this.#lines.putCode(NEWLINE);
  }

  written(): void {
    // Everything stays in the buffer until it is the block's turn.
  }

  /** Goes on to the next message; nothing of it is kept. */
  push(message: Message, notes: Annotations): void {
    const block = this.#options.blocks.next(message.size);
    if (block !== this.#block) this.#turnTo(block);
    if (this.#printed.length > 0) this.writeDue();
    if (!this.#isOurs) return;
    const { filter } = this.#options;
    if (filter === undefined || filter.matches(message, notes)) this.#format(message, notes);
  }

  /** Writes what is printed, as far as it is its turn. */
  writeDue(): void {
    const { turns, write } = this.#options;
    for (;;) {
      const first = this.#printed[0];
      if (first === undefined || turns.written !== first.block) return;
      this.#printed.shift();
      const { block, lines } = first;
      if (lines.length > 0 && !turns.closed && !write(lines.view())) turns.close();
      turns.done(block);
      lines.clear();
      if (lines.capacity <= LINES_OCTETS_MAX) this.#free.push(lines);
    }
  }

  /** After the last message. */
  end(): void {
    if (this.#isOurs) this.#printed.push({ block: this.#block, lines: this.#lines });
    this.#isOurs = false;
    this.#lines = this.#free.pop() ?? new JsonBuffer(LINES_OCTETS);
    this.writeDue();
  }

  /** Instead of `end`, if more messages of the block would have come: its lines are not written. Returns whether it had one. */
  drop(): boolean {
    const had = this.#isOurs;
    this.#isOurs = false;
    return had;
  }

  /** Blocks the thread until everything is written. */
  drain(): void {
    while (this.#printed.length > 0) this.#await();
  }

  #turnTo(block: number): void {
    const { turns } = this.#options;
    if (this.#isOurs) this.end();
    this.#block = block;
    // Somebody has to take it, but rather not one who has no room.
    if (this.#printed.length >= BLOCKS_WAITING_MAX && !turns.isTaken(block)) this.#await();
    this.#isOurs = turns.take(block);
  }

  /** Waits for the turn of the first of its blocks. */
  #await(): void {
    const first = this.#printed[0];
    if (first !== undefined) this.#options.wait(first.block);
    this.writeDue();
  }
}
