/**
 * What `-T` names: how a message becomes output. Everything that is drawn comes from src/render or the dissector; this
 * file only puts it into lines.
 */
import { Option } from 'commander';
import { InputError } from '../../base/problem.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { putEkLines } from '../../render/ek.ts';
import { hexDump } from '../../render/hex.ts';
import { putJsonLine } from '../../render/json.ts';
import { Ladder } from '../../render/ladder.ts';
import { type ColourDepth, paintLine } from '../../render/style.ts';
import { type Column, DEFAULT_COLUMNS, styledTextLine, TEXT_COLUMNS, textLine } from '../../render/text.ts';
import { treeLines } from '../../render/tree.ts';
import type { Output } from '../output.ts';
import { fieldsFormat } from './fields.ts';
import type { Format } from './format.ts';

const FORMATS = ['text', 'tree', 'jsonl', 'fields', 'ek', 'ladder'] as const;
export type FormatName = (typeof FORMATS)[number];

export const formatOption = new Option('-T, --type <format>', 'what to print for each message')
  .choices(FORMATS)
  .default('text');

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
  /** Columns of the terminal, for `ladder`. */
  readonly width: number;
  readonly dissectors: Dissectors;
}

/** @throws InputError for a choice that makes no sense */
export function makeFormat(choice: FormatChoice, out: Output): Format {
  const { type } = choice;
  if (choice.columns !== undefined && type !== 'text') {
    throw new InputError(`columns are for -T text, not for -T ${type}`);
  }
  if (choice.hex && type !== 'text' && type !== 'tree') {
    throw new InputError(`-x is for -T text and -T tree, not for -T ${type}`);
  }
  if (choice.fields.length > 0 && type !== 'fields') {
    throw new InputError(`-e is for -T fields, not for -T ${type}`);
  }
  switch (type) {
    case 'text':
      return withHex(choice, out, textFormat(choice, out));
    case 'tree':
      return withHex(choice, out, treeFormat(choice, out));
    case 'jsonl':
      return jsonFormat(out);
    case 'fields':
      return fieldsFormat(choice.fields, choice.fieldSettings, choice.dissectors, out);
    case 'ek':
      return ekFormat(out);
    case 'ladder':
      return ladderFormat(choice, out);
  }
}

function textFormat(choice: FormatChoice, out: Output): Format {
  const columns = columnsNamed(choice.columns);
  let beginMillis: number | undefined;
  return (message, notes) => {
    beginMillis ??= timestampMillis(message.frame.seen.time);
    const context = { beginMillis };
    if (choice.colour === 'none') out.line(textLine(message, columns, context, notes));
    else out.line(paintLine(styledTextLine(message, columns, context, notes), choice.colour));
  };
}

function columnsNamed(names: string | undefined): Column[] {
  const wanted = names === undefined ? DEFAULT_COLUMNS : names.split(',').map((name) => name.trim());
  return wanted.map((name) => {
    const column = TEXT_COLUMNS.get(name);
    if (column !== undefined) return column;
    throw new InputError(
      `there is no column "${name}"; expected some of ${[...TEXT_COLUMNS.keys()].join(', ')}`,
    );
  });
}

function treeFormat(choice: FormatChoice, out: Output): Format {
  let first = true;
  return (message, notes) => {
    if (!first) out.line('');
    first = false;
    for (const line of treeLines(message, notes)) out.line(paintLine(line, choice.colour));
  };
}

function jsonFormat(out: Output): Format {
  return (message, notes) => {
    putJsonLine(out.buffer, message, notes);
    out.written();
  };
}

function ekFormat(out: Output): Format {
  return (message, notes) => {
    putEkLines(out.buffer, message, notes);
    out.written();
  };
}

function ladderFormat(choice: FormatChoice, out: Output): Format {
  const ladder = new Ladder(choice.width);
  return (message, notes, change) => {
    const step = {
      ...(notes.rttMillis === undefined ? {} : { rttMillis: notes.rttMillis }),
      ...(change === undefined ? {} : { change }),
    };
    for (const line of ladder.add(message, step)) out.line(paintLine(line, choice.colour).trimEnd());
  };
}

/** Adds a dump of the message's octets, without length prefix, and an empty line. */
function withHex(choice: FormatChoice, out: Output, format: Format): Format {
  if (!choice.hex) return format;
  return (message, notes) => {
    format(message, notes);
    const { bytes, start, end } = message.frame;
    for (const line of hexDump(bytes, start, end)) out.line(paintLine(line, choice.colour));
    if (choice.type === 'text') out.line('');
  };
}
