/**
 * A session without a terminal UI: everything that happens, one line each, for pipes, logs and continuous integration.
 * Draws what the terminal UI draws, from the same items.
 */
import { timestampOfMillis } from '../base/timestamp.ts';
import { padText, safeText } from '../render/escape.ts';
import { findingLine } from '../render/finding.ts';
import { type ColourDepth, type Line, lineText, paintLine, type Style, span } from '../render/style.ts';
import { styledTextLine, TEXT_COLUMNS, type TextContext } from '../render/text.ts';
import { clockText } from '../render/words.ts';
import type { SessionItem } from '../tui/session.ts';

const COLUMNS = ['index', 'time', 'dir', 'type', 'xid', 'info'].flatMap(
  (name) => TEXT_COLUMNS.get(name) ?? [],
);
/** Of the name of a relationship, where there are several. */
const NAME_WIDTH = 10;
/** `delta` is not among the columns, so nothing is counted from here. */
const CONTEXT: TextContext = { beginMillis: 0 };

export interface SessionLines {
  /** The lines that tell of an item; none for what others tell, or what is drawn as a table. */
  of(item: SessionItem, nowMillis: number): string[];
}

export function sessionLines(colour: ColourDepth): SessionLines {
  return { of: (item, nowMillis) => linesOf(item, nowMillis).map((line) => paintLine(line, colour)) };
}

function linesOf(item: SessionItem, nowMillis: number): Line[] {
  switch (item.kind) {
    case 'message':
      return [messageLine(item)];
    case 'notice':
      return [tellingLine(nowMillis, item.notice.message, 'warn')];
    case 'note':
      return [tellingLine(item.atMillis, item.text, item.alarming ? 'warn' : 'plain')];
    case 'end':
      return [tellingLine(nowMillis, item.text, 'plain')];
    case 'finding': {
      const { finding, relationship } = item;
      const where = relationship === undefined ? '' : `${relationship}: `;
      return [
        tellingLine(
          nowMillis,
          `${where}${lineText(findingLine(finding))}`,
          finding.severity === 'error' ? 'bad' : 'warn',
        ),
      ];
    }
    case 'servers':
    case 'faults':
    case 'known':
    case 'judge':
    case 'judged':
      return [];
  }
}

function messageLine(item: SessionItem & { kind: 'message' }): Line {
  const { relationship } = item.message.frame.connection;
  const where =
    relationship === undefined ? [] : [span(`${padText(safeText(relationship), NAME_WIDTH)} `, 'strong')];
  const line = [...where, ...styledTextLine(item.message, COLUMNS, CONTEXT)];
  if (item.verdict === 'forwarded') return line;
  const by = item.hits.map((hit) =>
    [hit.fault, hit.action, hit.detail].filter((part) => part !== '').join(' '),
  );
  return [...line, span(` [${[item.verdict, ...by].join('; ')}]`, 'bad')];
}

/** Stands under the messages, with its time where theirs is. */
function tellingLine(atMillis: number, text: string, style: Style): Line {
  const index = ''.padEnd((TEXT_COLUMNS.get('index')?.width ?? 0) + 1);
  return [
    span(`${index}${clockText(timestampOfMillis(atMillis))} `, 'dim'),
    span(`-- ${safeText(text)}`, style),
  ];
}
