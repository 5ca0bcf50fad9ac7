/**
 * Everything that the terminal UI knows, as one value. `update` makes the next one, `view` draws it. History, events
 * and analysis grow in place (see history.ts); all the rest is replaced.
 */
import { Analysis } from '../analyze/analysis.ts';
import type { Message } from '../dissect/message.ts';
import type { FaultView } from '../proxy/events.ts';
import type { FaultSpec } from '../proxy/faults/spec.ts';
import type { ColourRule } from '../render/colour-rules.ts';
import type { ComparedRow } from '../render/compare.ts';
import { type FilterCompiler, History, type RowTest } from './history.ts';
import { Judging } from './judging.ts';
import type { RowStore } from './row-store.ts';
import type { ServerStatus } from './session.ts';

export const PANES = ['messages', 'detail', 'leases', 'faults', 'events'] as const;
export type PaneName = (typeof PANES)[number];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The selected row of a list and the first one on the screen. Positions are those of the list. */
export interface ListState {
  readonly cursor: number;
  readonly top: number;
}

/** One line about something that happened. */
export interface EventRow {
  readonly atMillis: number;
  readonly text: string;
  readonly alarming: boolean;
}

export interface Prompt {
  readonly kind: 'command' | 'filter' | 'find';
  readonly text: string;
  /** What is wrong with the text, if something is. */
  readonly problem: string | undefined;
}

/** A line at the bottom that answers what the user did, until the time given. */
export interface Answer {
  readonly text: string;
  readonly alarming: boolean;
  readonly untilMillis: number;
}

/** Looking for the next row that passes `test`. */
export interface Search {
  /** What is looked for, for people. */
  readonly text: string;
  readonly test: RowTest;
  /** Position that is tried next. */
  readonly position: number;
  readonly step: 1 | -1;
}

export interface ComparedMessage {
  /** For people, e.g. `#12`. */
  readonly name: string;
  readonly message: Message;
}

/** Two messages beside each other. */
export interface Comparison {
  readonly left: ComparedMessage;
  readonly right: ComparedMessage;
  readonly rows: readonly ComparedRow[];
}

export interface Model {
  readonly title: string;
  readonly live: boolean;
  /** Whether the session can be faulted. */
  readonly canFault: boolean;
  readonly compileFilter: FilterCompiler | undefined;
  readonly colourRules: readonly ColourRule[];
  readonly size: Size;
  readonly nowMillis: number;
  readonly focus: PaneName;
  /** Page of the help that is shown, from 1; 0 for none. */
  readonly help: number;
  readonly prompt: Prompt | undefined;
  readonly answer: Answer | undefined;
  /** Position in the history up to which rows are shown while paused. */
  readonly pausedAt: number | undefined;
  readonly follow: boolean;
  /** Key of the relationship that the header shows; absent: the one whose connection is the newest. */
  readonly shown: string | undefined;
  readonly filterText: string;
  /** Number of the row that is to be selected once it passed the filter, or one behind it did. */
  readonly wanted: number | undefined;
  /** What was looked for last, and the search that is under way. */
  readonly findText: string;
  readonly search: Search | undefined;
  /** Numbers of the rows that were marked, in order. */
  readonly marks: readonly number[];
  /** Two messages beside each other in the detail pane. */
  readonly comparison: Comparison | undefined;
  readonly onlyDivergent: boolean;
  readonly lists: Readonly<Record<PaneName, ListState>>;
  readonly faults: readonly FaultView[];
  readonly servers: readonly ServerStatus[];
  /** Set when the session is over. */
  readonly ended: string | undefined;
  readonly history: History;
  readonly analysis: Analysis;
  readonly judging: Judging;
  readonly events: EventRow[];
}

/** What the outside world is asked to do. */
export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'arm'; readonly spec: FaultSpec }
  | { readonly kind: 'remove'; readonly ids: readonly string[] }
  | { readonly kind: 'command'; readonly line: string };

export type Step = readonly [Model, readonly Effect[]];

/** Of a lease: the screen tells what is held and agreed, and what was said last. */
const STATEMENTS_MAX = 4;

const START: ListState = { cursor: 0, top: 0 };

export interface SessionFacts {
  readonly title: string;
  readonly live: boolean;
  readonly canFault: boolean;
  readonly compileFilter: FilterCompiler | undefined;
  readonly colourRules?: readonly ColourRule[] | undefined;
  /** Absent: a window of the newest messages. */
  readonly rows?: RowStore | undefined;
}

export function initialModel(
  { rows, colourRules = [], ...session }: SessionFacts,
  size: Size,
  nowMillis: number,
): Model {
  return {
    ...session,
    colourRules,
    size,
    nowMillis,
    focus: 'messages',
    help: 0,
    prompt: undefined,
    answer: undefined,
    pausedAt: undefined,
    follow: session.live,
    shown: undefined,
    filterText: '',
    wanted: undefined,
    findText: '',
    search: undefined,
    marks: [],
    comparison: undefined,
    onlyDivergent: false,
    lists: { messages: START, detail: START, leases: START, faults: START, events: START },
    faults: [],
    servers: [],
    ended: undefined,
    history: new History(rows),
    analysis: new Analysis(undefined, STATEMENTS_MAX),
    judging: new Judging(session.live),
    events: [],
  };
}
