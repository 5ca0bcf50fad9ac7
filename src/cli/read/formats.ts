/**
 * What `-T` names: how a message becomes output. Everything that is drawn comes from src/render or the dissector; this
 * file only puts it into lines.
 */
import { Option } from 'commander';
import { InputError } from '../../base/problem.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import { JsonBuffer } from '../../dissect/json-buffer.ts';
import type { Message } from '../../dissect/message.ts';
import { hexDump } from '../../render/hex.ts';
import { type ColourDepth, paintLine } from '../../render/style.ts';
import { type Column, DEFAULT_COLUMNS, styledTextLine, TEXT_COLUMNS, textLine } from '../../render/text.ts';
import { treeLines } from '../../render/tree.ts';
import type { Output } from '../output.ts';

export type FormatName = 'text' | 'tree' | 'jsonl';

export const formatOption = new Option('-T, --type <format>', 'what to print for each message')
  .choices(['text', 'tree', 'jsonl'])
  .default('text');

export interface FormatChoice {
  readonly type: FormatName;
  /** Octets of each message below it. */
  readonly hex: boolean;
  /** Names of columns of `text`, separated by commas. */
  readonly columns: string | undefined;
  readonly colour: ColourDepth;
}

/** Takes the messages in their order. */
export type Format = (message: Message) => void;

/** @throws InputError for a choice that makes no sense */
export function makeFormat(choice: FormatChoice, out: Output): Format {
  if (choice.columns !== undefined && choice.type !== 'text') {
    throw new InputError(`columns are for -T text, not for -T ${choice.type}`);
  }
  switch (choice.type) {
    case 'text':
      return withHex(choice, out, textFormat(choice, out));
    case 'tree':
      return withHex(choice, out, treeFormat(choice, out));
    case 'jsonl':
      if (choice.hex) throw new InputError('-x is for -T text and -T tree, not for -T jsonl');
      return jsonFormat(out);
  }
}

function textFormat(choice: FormatChoice, out: Output): Format {
  const columns = columnsNamed(choice.columns);
  let beginMillis: number | undefined;
  return (message) => {
    beginMillis ??= timestampMillis(message.frame.seen.time);
    const context = { beginMillis };
    if (choice.colour === 'none') out.line(textLine(message, columns, context));
    else out.line(paintLine(styledTextLine(message, columns, context), choice.colour));
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
  return (message) => {
    if (!first) out.line('');
    first = false;
    for (const line of treeLines(message)) out.line(paintLine(line, choice.colour));
  };
}

function jsonFormat(out: Output): Format {
  const buffer = new JsonBuffer();
  const newline = '\n'.charCodeAt(0);
  return (message) => {
    message.writeJson(buffer);
    buffer.putCode(newline);
    out.octets(buffer.view());
    buffer.clear();
  };
}

/** Adds a dump of the message's octets, without length prefix, and an empty line. */
function withHex(choice: FormatChoice, out: Output, format: Format): Format {
  if (!choice.hex) return format;
  return (message) => {
    format(message);
    const { bytes, start, end } = message.frame;
    for (const line of hexDump(bytes, start, end)) out.line(paintLine(line, choice.colour));
    if (choice.type === 'text') out.line('');
  };
}
