/**
 * A session without a terminal UI: everything that happens, one line each, for pipes, logs and continuous integration.
 * Draws what the terminal UI draws, from the same items.
 */
import { timestampOfMillis } from '../base/timestamp.ts';
import { safeText } from '../render/escape.ts';
import { type ColourDepth, type Line, paintLine, type Style, span } from '../render/style.ts';
import { clockText, styledTextLine, TEXT_COLUMNS, type TextContext } from '../render/text.ts';
import type { ServerStatus, SessionItem } from '../tui/session.ts';

const COLUMNS = ['index', 'time', 'dir', 'type', 'xid', 'info'].flatMap(
  (name) => TEXT_COLUMNS.get(name) ?? [],
);
/** `delta` is not among the columns, so nothing is counted from here. */
const CONTEXT: TextContext = { beginMillis: 0 };

export interface SessionLines {
  /** The lines that tell of an item; none for what is told elsewhere. */
  of(item: SessionItem, nowMillis: number): string[];
}

export function sessionLines(colour: ColourDepth): SessionLines {
  const states = new Map<string, string>();
  return {
    of: (item, nowMillis) => linesOf(item, nowMillis, states).map((line) => paintLine(line, colour)),
  };
}

function linesOf(item: SessionItem, nowMillis: number, states: Map<string, string>): Line[] {
  switch (item.kind) {
    case 'message':
      return [messageLine(item)];
    case 'notice':
      return [tellingLine(nowMillis, item.notice.message, 'warn')];
    case 'note':
      return [tellingLine(item.atMillis, item.text, item.alarming ? 'warn' : 'plain')];
    case 'end':
      return [tellingLine(nowMillis, item.text, 'plain')];
    case 'servers':
      return item.servers.flatMap((server) => serverLines(server, nowMillis, states));
    case 'faults':
      return [];
  }
}

function messageLine(item: SessionItem & { kind: 'message' }): Line {
  const line = styledTextLine(item.message, COLUMNS, CONTEXT);
  if (item.verdict === 'forwarded') return line;
  const by = item.hits.map((hit) =>
    [hit.fault, hit.action, hit.detail].filter((part) => part !== '').join(' '),
  );
  return [...line, span(` [${[item.verdict, ...by].join('; ')}]`, 'bad')];
}

/** Only what changed: a server is asked every second, and seconds are no news. */
function serverLines(server: ServerStatus, nowMillis: number, states: Map<string, string>): Line[] {
  const before = states.get(server.role);
  states.set(server.role, server.state);
  if (before === server.state) return [];
  const from = before === undefined ? '' : ` (was ${before})`;
  return [tellingLine(nowMillis, `the ${server.role} is in ${server.state}${from}`, 'strong')];
}

/** Stands under the messages, with its time where theirs is. */
export function tellingLine(atMillis: number, text: string, style: Style): Line {
  const index = ''.padEnd((TEXT_COLUMNS.get('index')?.width ?? 0) + 1);
  return [
    span(`${index}${clockText(timestampOfMillis(atMillis))} `, 'dim'),
    span(`-- ${safeText(text)}`, style),
  ];
}
