/** Makes lines of the parcels that come on the belt, for whoever writes them. */
import { JsonBuffer } from '../../../dissect/json-buffer.ts';
import type { Filter } from '../../../filter/compile.ts';
import type { Format, FormatChoice, LineSink } from '../format.ts';
import { makeFormat } from '../formats.ts';
import type { Belt } from './belt.ts';
import { Unpacker } from './unpacker.ts';

/**
 * Octets for the lines of a parcel, to begin with. Memory that long ones have made larger is used again: left to the
 * garbage collector, megabytes of it would gather.
 */
const LINES_OCTETS = 128 * 1024;
const NEWLINE = 0x0a;

export interface PrinterOptions {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  readonly belt: Belt;
}

/** What a thread says once, when it begins to print. */
export const BEGUN = 'begun';

export class Printer implements LineSink {
  private readonly options: PrinterOptions;
  private readonly format: Format;
  private readonly unpacker: Unpacker;
  private readonly lines = new JsonBuffer(LINES_OCTETS);

  /** @throws InputError for a choice that makes no sense */
  constructor(options: PrinterOptions) {
    this.options = options;
    this.format = makeFormat(options.choice, this);
    this.unpacker = new Unpacker(options.choice.dissectors);
  }

  get buffer(): JsonBuffer {
    return this.lines;
  }

  line(text: string): void {
    this.lines.putText(text);
    this.lines.putCode(NEWLINE);
  }

  written(): void {
    // Everything stays in the buffer until the parcel is through.
  }

  /** Prints a parcel that was taken. Blocks the thread while there is no room for its lines. */
  print(parcel: number): void {
    const { belt } = this.options;
    const lines = this.linesOf(parcel);
    for (let rest = belt.print(parcel, lines); rest.length > 0; rest = belt.print(parcel, rest))
      belt.waitForRoom(parcel);
  }

  /** The same for the thread that writes, which must not be blocked; resolves when the next parcel may be printed. */
  async printAside(parcel: number): Promise<void> {
    const { belt } = this.options;
    const lines = this.linesOf(parcel);
    for (let rest = belt.print(parcel, lines); rest.length > 0; rest = belt.print(parcel, rest))
      await belt.untilRoom(parcel);
  }

  /** Valid until those of another are asked for. */
  private linesOf(parcel: number): Uint8Array {
    const { belt, filter } = this.options;
    this.lines.clear();
    if (!belt.closed) {
      this.unpacker.read(belt.parcel(parcel), (message, notes) => {
        if (filter === undefined || filter.matches(message, notes)) this.format(message, notes);
      });
    }
    return this.lines.view();
  }
}
