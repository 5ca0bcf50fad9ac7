/** The whole screen as lines of styled text, from the model alone. Nothing here writes to a terminal. */
import { padText, safeText } from '../render/escape.ts';
import { type Line, type Span, span } from '../render/style.ts';
import { ASK, COMMANDS, HELP_COMMANDS } from './commands.ts';
import { block, fitLine, titleLine } from './draw.ts';
import { KEYMAP, keyText } from './keymap.ts';
import { contentRows, FOOTER_ROWS, HEADER_ROWS, helpRows, layout, type Place, SMALLEST } from './layout.ts';
import { type Model, PANES, type PaneName } from './model.ts';
import { detailLines, detailTitle } from './panes/detail.ts';
import { eventsLines, faultsLines } from './panes/faults.ts';
import { headerLines } from './panes/header.ts';
import { leasesLines, leasesTitle } from './panes/leases.ts';
import { messagesCount, messagesLines, messagesTitle } from './panes/messages.ts';
import { rangeOf } from './rows.ts';

interface Pane {
  title(model: Model): string;
  lines(model: Model, place: Place, focused: boolean): Line[];
  count(model: Model): string;
}

const PANE: Readonly<Record<PaneName, Pane>> = {
  messages: { title: messagesTitle, lines: messagesLines, count: messagesCount },
  detail: { title: detailTitle, lines: detailLines, count: () => '' },
  leases: { title: leasesTitle, lines: leasesLines, count: (model) => `${rangeOf(model, 'leases').end}` },
  faults: { title: () => 'Faults', lines: faultsLines, count: (model) => `${model.faults.length} armed` },
  events: { title: () => 'Events', lines: eventsLines, count: (model) => `${model.events.length}` },
};

/** Exactly `model.size.rows` lines of exactly `model.size.columns` columns. */
export function view(model: Model): Line[] {
  const { columns, rows } = model.size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return tooSmall(model);
  const middle = rows - HEADER_ROWS - FOOTER_ROWS;
  const body = model.help > 0 ? block(helpLines(model), columns, middle) : bodyLines(model, middle);
  return [...headerLines(model), ...body, bottomLine(model), keysLine(model)];
}

function tooSmall(model: Model): Line[] {
  const { columns, rows } = model.size;
  const text = `leasetap needs ${SMALLEST.columns}x${SMALLEST.rows}, this is ${columns}x${rows}; q quits`;
  return block([[span(text)]], columns, rows);
}

/** Panes beside each other become lines of one piece. */
function bodyLines(model: Model, rows: number): Line[] {
  const places = layout(model.size, model.focus);
  const left = places.filter((place) => place.left === 0);
  const right = places.filter((place) => place.left > 0);
  const leftLines = left.flatMap((place) => paneLines(model, place));
  if (right.length === 0) return block(leftLines, model.size.columns, rows);
  const rightLines = right.flatMap((place) => paneLines(model, place));
  return leftLines.map((line, at) => [...line, span('│', 'dim'), ...(rightLines[at] ?? [])]);
}

function paneLines(model: Model, place: Place): Line[] {
  const pane = PANE[place.pane];
  const focused = model.focus === place.pane;
  const number = PANES.indexOf(place.pane) + 1;
  const title = titleLine(`${number} ${pane.title(model)}`, pane.count(model), place.columns, focused);
  return [title, ...block(pane.lines(model, place, focused), place.columns, contentRows(place))];
}

const PROMPT_SIGN = { command: ':', filter: '/', find: 'find: ' } as const;

function bottomLine(model: Model): Line {
  const { prompt, answer } = model;
  const { columns } = model.size;
  if (prompt !== undefined) {
    const sign = PROMPT_SIGN[prompt.kind];
    const problem = prompt.problem === undefined ? '' : `   ${safeText(prompt.problem)}`;
    return fitLine(
      [span(`${sign}${prompt.text}`, 'strong'), span(' ', 'mark'), span(problem, 'bad')],
      columns,
    );
  }
  if (answer === undefined) return fitLine([], columns);
  return fitLine([span(safeText(answer.text), answer.alarming ? 'bad' : 'good')], columns);
}

function keysLine(model: Model): Line {
  const parts: Span[] = [];
  for (const row of KEYMAP) {
    if (row.hint === undefined || (row.panes !== undefined && !row.panes.includes(model.focus))) continue;
    parts.push(span(keyText(row.keys[0] ?? ''), 'key'), span(` ${row.hint} `));
  }
  return fitLine(parts, model.size.columns);
}

/** From this width on the help says what stands behind a command. */
const HELP_WITH_ARGUMENTS_COLUMNS = 120;

/** One row a command, with all its keys; as many as there is room for. */
function helpLines({ help, size }: Model): Line[] {
  const roomy = size.columns >= HELP_WITH_ARGUMENTS_COLUMNS;
  const keys = new Map<string, string[]>([...COMMANDS.keys()].map((name) => [name, []]));
  for (const row of KEYMAP) {
    const [name = '', what = ''] = row.command.split(' ');
    keys.get(name === ASK ? what : name)?.push(...row.keys.map(keyText));
  }
  const rows = helpRows(size);
  const lines = HELP_COMMANDS.slice((help - 1) * rows, help * rows).map(
    (command): Line => [
      span(padText((keys.get(command.name) ?? []).join(' '), roomy ? 26 : 18), 'key'),
      span(padText(`:${command.name} ${roomy ? (command.takes ?? '') : ''}`, roomy ? 46 : 15), 'strong'),
      span(command.help),
    ],
  );
  if (help * rows < HELP_COMMANDS.length) lines.push([span('? shows more', 'dim')]);
  return lines;
}
