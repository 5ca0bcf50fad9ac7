/** What the two threads of a journal say to each other: values that can be cloned, and ports that change hands. */
import type { MessagePort } from 'node:worker_threads';
import type { DocketReport } from '../judge/report.ts';
import type { KeptFiles } from './files.ts';

/** What the thread is given for a journal. */
export interface JournalData {
  readonly files: KeptFiles;
  readonly judge: boolean;
  /** Where batches come: in neither thread's heap, and without waking anybody up, until they are asked for. */
  readonly batches: MessagePort;
  /** Where it says how many batches it is done with; absent: nobody waits for that. */
  readonly done: SharedArrayBuffer | undefined;
}

/** What a journal there is told: how many more batches to keep; to judge what waits; and last of all to end. */
export type ToThread =
  | { readonly kind: 'keep'; readonly batches: number }
  | { readonly kind: 'conclude' }
  | { readonly kind: 'end' };

/** What it says. Batches come back in the order in which they went. */
export type FromThread =
  | { readonly kind: 'ready' }
  /** It cannot begin. */
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** So many batches are in the recording by now. Only told when the log is behind. */
  | { readonly kind: 'recorded'; readonly batches: number }
  /** The oldest batches that were not yet done are in the log, too; the memory of each comes back. */
  | { readonly kind: 'done'; readonly recorded: number; readonly memories: readonly ArrayBuffer[] }
  | { readonly kind: 'judged'; readonly report: DocketReport }
  /** Nothing waits to be judged. */
  | { readonly kind: 'concluded' }
  | { readonly kind: 'failed'; readonly path: string; readonly error: PlainError };

/** An operating system's error as a value: what a clone of it would lose. */
export interface PlainError {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}
