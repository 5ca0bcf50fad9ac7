/** Makes lines of the parcels that come on the belt, for whoever writes them. */
import { JsonBuffer } from '../../../dissect/json-buffer.ts';
import type { Filter } from '../../../filter/compile.ts';
import type { Format, FormatChoice, LineSink } from '../format.ts';
import { makeFormat } from '../formats.ts';
import type { Belt } from './belt.ts';
import { Unpacker } from './unpacker.ts';

/** Octets for the lines of a parcel, to begin with. */
const LINES_OCTETS = 128 * 1024;
/** Memory for lines that one parcel made larger than this is not kept. */
const LINES_OCTETS_MAX = 4 * LINES_OCTETS;
const NEWLINE = 0x0a;

export interface PrinterOptions {
  readonly choice: FormatChoice;
  readonly filter: Filter | undefined;
  readonly belt: Belt;
  /** Sends lines for which there is no room on the belt to who writes. They are its own from now on. */
  readonly sendApart: (apart: LinesApart) => void;
}

/** What a thread says once, when it begins to print. */
export const BEGUN = 'begun';

/** Lines that do not come on the belt. */
export interface LinesApart {
  readonly parcel: number;
  readonly lines: Uint8Array<ArrayBuffer>;
}

export class Printer implements LineSink {
  private readonly options: PrinterOptions;
  private readonly format: Format;
  private readonly unpacker: Unpacker;
  private lines = new JsonBuffer(LINES_OCTETS);

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

  /** Prints a parcel that was taken. */
  print(parcel: number): void {
    const { belt, filter, sendApart } = this.options;
    if (!belt.closed) {
      this.unpacker.read(belt.parcel(parcel), (message, notes) => {
        if (filter === undefined || filter.matches(message, notes)) this.format(message, notes);
      });
    }
    if (!belt.print(parcel, this.lines.view())) sendApart({ parcel, lines: this.lines.view().slice() });
    if (this.lines.capacity > LINES_OCTETS_MAX) this.lines = new JsonBuffer(LINES_OCTETS);
    else this.lines.clear();
  }
}
