/**
 * Every key, as a row: which keys, which command, where it works. The help screen, the line of keys at the bottom and
 * the handling of keys come from these rows and from nothing else.
 */
import type { PaneName } from './model.ts';

export interface Binding {
  /** Names as blessed gives them; the first one is shown. */
  readonly keys: readonly string[];
  /** A line for commands.ts, as it could be typed behind `:`. */
  readonly command: string;
  /** Two or three words for the bottom line; absent: only in the help. */
  readonly hint?: string;
  /** Panes in which it works; absent: everywhere. */
  readonly panes?: readonly PaneName[];
}

export const KEYMAP: readonly Binding[] = [
  { keys: ['q', 'C-c'], command: 'quit', hint: 'quit' },
  { keys: ['?'], command: 'help', hint: 'help' },
  { keys: ['tab'], command: 'next-pane', hint: 'pane' },
  { keys: ['S-tab'], command: 'next-pane -1' },
  { keys: ['1'], command: 'pane messages' },
  { keys: ['2'], command: 'pane detail' },
  { keys: ['3'], command: 'pane leases' },
  { keys: ['4'], command: 'pane faults' },
  { keys: ['5'], command: 'pane events' },
  { keys: ['enter'], command: 'pane detail', hint: 'open', panes: ['messages'] },
  { keys: ['enter'], command: 'follow-lease', hint: 'show', panes: ['leases'] },
  { keys: ['enter', 'x', 'delete'], command: 'disarm', hint: 'disarm', panes: ['faults'] },
  { keys: ['escape'], command: 'back' },
  { keys: ['down', 'j'], command: 'move 1' },
  { keys: ['up', 'k'], command: 'move -1' },
  { keys: ['pagedown', 'C-f', 'space'], command: 'page 1' },
  { keys: ['pageup', 'C-b'], command: 'page -1' },
  { keys: ['home', 'g'], command: 'jump first' },
  { keys: ['end', 'S-g'], command: 'jump last' },
  { keys: ['p'], command: 'pause', hint: 'pause' },
  { keys: ['a'], command: 'follow' },
  { keys: ['r'], command: 'relationship' },
  { keys: ['d'], command: 'drop-replies', hint: 'drop' },
  { keys: ['s'], command: 'skew secondary 7', hint: 'skew' },
  { keys: ['S-s'], command: 'skew primary 7' },
  { keys: ['S-r'], command: 'disarm all', hint: 'heal' },
  { keys: ['v'], command: 'divergent', hint: 'divergent', panes: ['leases'] },
  { keys: ['m'], command: 'mark', panes: ['messages'] },
  { keys: [']'], command: 'next-mark' },
  { keys: ['['], command: 'next-mark -1' },
  { keys: ['}'], command: 'next-finding' },
  { keys: ['{'], command: 'next-finding -1' },
  { keys: ['='], command: 'compare' },
  { keys: ['/'], command: 'ask filter', hint: 'filter' },
  { keys: ['f'], command: 'ask find' },
  { keys: ['n'], command: 'find-again' },
  { keys: ['S-n'], command: 'find-again -1' },
  { keys: [':'], command: 'ask command', hint: 'cmd' },
];

/** The binding of a key in a pane; one that names the pane goes before one that works everywhere. */
export function bindingOf(key: string, pane: PaneName): Binding | undefined {
  const fitting = KEYMAP.filter((row) => row.keys.includes(key));
  return fitting.find((row) => row.panes?.includes(pane)) ?? fitting.find((row) => row.panes === undefined);
}

const SHOWN: Readonly<Record<string, string>> = {
  'S-g': 'G',
  'S-n': 'N',
  'S-s': 'S',
  'S-r': 'R',
  'S-tab': 'S-Tab',
  tab: 'Tab',
  enter: 'Enter',
  escape: 'Esc',
  pagedown: 'PgDn',
  pageup: 'PgUp',
};

/** A key as people know it: `G` for `S-g`. */
export function keyText(key: string): string {
  return SHOWN[key] ?? key;
}
