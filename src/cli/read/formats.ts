/**
 * What `-T` names: how a message becomes output. Everything that is drawn comes from src/render or the dissector; this
 * file only puts it into lines.
 */
import { InputError } from '../../base/problem.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import { colourOf } from '../../render/colour-rules.ts';
import { putEkLines } from '../../render/ek.ts';
import { hexDump } from '../../render/hex.ts';
import { putJsonLine } from '../../render/json.ts';
import { Ladder } from '../../render/ladder.ts';
import { inStyle, paintLine } from '../../render/style.ts';
import { putTextLine, styledTextLine } from '../../render/text.ts';
import { putTree } from '../../render/tree.ts';
import { columnsNamed } from './columns.ts';
import { fieldsFormat } from './fields.ts';
import type { Format, FormatChoice, LineSink } from './format.ts';

/** @throws InputError for a choice that makes no sense */
export function makeFormat(choice: FormatChoice, out: LineSink): Format {
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
      return fieldsFormat(choice, out);
    case 'ek':
      return ekFormat(out);
    case 'ladder':
      return ladderFormat(choice, out);
  }
}

const NEWLINE = 0x0a;

function textFormat(choice: FormatChoice, out: LineSink): Format {
  const columns = columnsNamed(choice.columns, choice.dissectors);
  let beginMillis = choice.continues?.beginMillis;
  return (message, notes) => {
    beginMillis ??= timestampMillis(message.frame.seen.time);
    const context = { beginMillis };
    if (choice.colour === 'none') {
      putTextLine(out.buffer, message, columns, context, notes);
      out.buffer.putCode(NEWLINE);
      out.written();
    } else {
      const line = styledTextLine(message, columns, context, notes);
      const style = colourOf(choice.colourRules ?? [], message, notes);
      out.line(paintLine(style === undefined ? line : inStyle(line, style), choice.colour));
    }
  };
}

function treeFormat(choice: FormatChoice, out: LineSink): Format {
  let first = choice.continues === undefined;
  return (message, notes) => {
    if (!first) out.buffer.putCode(NEWLINE);
    first = false;
    putTree(out.buffer, message, notes, choice.colour);
    out.written();
  };
}

function jsonFormat(out: LineSink): Format {
  return (message, notes) => {
    putJsonLine(out.buffer, message, notes);
    out.written();
  };
}

function ekFormat(out: LineSink): Format {
  return (message, notes) => {
    putEkLines(out.buffer, message, notes);
    out.written();
  };
}

function ladderFormat(choice: FormatChoice, out: LineSink): Format {
  const ladder = new Ladder(choice.width);
  return (message, notes, change) => {
    const step = {
      ...(notes.rttMillis === undefined ? {} : { rttMillis: notes.rttMillis }),
      ...(change === undefined ? {} : { change }),
    };
    for (const line of ladder.add(message, step)) out.line(paintLine(line, choice.colour));
  };
}

/** Adds a dump of the message's octets, without length prefix, and an empty line. */
function withHex(choice: FormatChoice, out: LineSink, format: Format): Format {
  if (!choice.hex) return format;
  return (message, notes) => {
    format(message, notes);
    const { bytes, start, end } = message.frame;
    for (const line of hexDump(bytes, start, end)) out.line(paintLine(line, choice.colour));
    if (choice.type === 'text') out.line('');
  };
}
