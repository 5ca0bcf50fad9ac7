/** What every output format of `read` is: something that takes the messages in their order. */
import type { StateChange } from '../../analyze/relationships.ts';
import type { Annotations } from '../../dissect/annotations.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { JsonBuffer } from '../../dissect/json-buffer.ts';
import type { Message } from '../../dissect/message.ts';
import type { ColourRule } from '../../render/colour-rules.ts';
import type { ColourDepth } from '../../render/style.ts';

/** Their names, as `-T` takes them. */
export const FORMATS = ['text', 'tree', 'jsonl', 'fields', 'ek', 'ladder'] as const;
export type FormatName = (typeof FORMATS)[number];

export interface FormatChoice {
  readonly type: FormatName;
  /** Octets of each message below it. */
  readonly hex: boolean;
  /** Names of columns of `text`, separated by commas. */
  readonly columns: string | undefined;
  /** `-e` and `-E` of `fields`. */
  readonly fields: readonly string[];
  readonly fieldSettings: readonly string[];
  readonly colour: ColourDepth;
  /** Rules for the lines of `text`. */
  readonly colourRules?: readonly ColourRule[] | undefined;
  /** Columns of the terminal, for `ladder`. */
  readonly width: number;
  /** Goes on behind lines that were made elsewhere, of which the first was of a message at this time. */
  readonly continues?: { readonly beginMillis: number };
  readonly dissectors: Dissectors;
}

/** Where formats put their lines: standard output, or what another thread will write there. */
export interface LineSink {
  /** Adds one line; `text` carries no newline at its end. */
  line(text: string): void;
  /** Where the octets of the next line go, newline included; `written` says that they are there. */
  readonly buffer: JsonBuffer;
  written(): void;
}

/** Takes a message with what the analysis knows of it. */
export type Format = (message: Message, notes: Annotations, change?: StateChange) => void;
