/**
 * The journal in a thread of its own: what happens is gathered here and handed over in batches, so that relaying waits
 * neither for dissecting nor for the disk. Nothing is lost when the thread cannot follow: the proxy then reads no more
 * from the servers until it can.
 */
import { Worker } from 'node:worker_threads';
import { BATCH_OCTETS, type Batch, BatchWriter, octetsOf } from './batch.ts';
import type { KeptFiles } from './files.ts';
import type { Journal, Keeping } from './journal.ts';

/** How long something that happened waits for more before it is handed over. */
export const GATHER_MILLIS = 10;
/** Octets handed over and not yet done with, beyond which the proxy reads no more: what a burst may amount to. */
export const BEHIND_OCTETS_MAX = 160 * 1024 * 1024;
/** How long something may wait to be recorded before the proxy reads no more. */
export const BEHIND_MILLIS_MAX = 800;
/** Memory that is kept for the next batches. */
const SPARE_BATCHES_MAX = 16;

/** Nothing that the thread makes lives long: more room for new objects would only be more memory. */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 6 };

export interface JournalThreadSetup {
  readonly files: KeptFiles;
  /** A file could not be written any more, or the thread has failed; nothing more is kept in it. */
  readonly onError: (path: string, error: Error) => void;
  /** The thread has caught up with something. */
  readonly onProgress: () => void;
}

/** What the thread is given beside its files: batches, and last of all the wish to end. */
export type ToThread = { readonly kind: 'batch'; readonly batch: Batch } | { readonly kind: 'end' };

/** What it says. Batches come back in the order in which they went. */
export type FromThread =
  | { readonly kind: 'ready' }
  /** It cannot begin. */
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** So many batches are in the recording by now. Only told when the log is behind. */
  | { readonly kind: 'recorded'; readonly batches: number }
  /** The oldest batch that was not yet done is in the log, too. */
  | { readonly kind: 'done'; readonly recorded: number; readonly memory: ArrayBuffer }
  | { readonly kind: 'failed'; readonly path: string; readonly error: PlainError };

/** An operating system's error as a value: what a clone of it would lose. */
export interface PlainError {
  readonly message: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}

export class JournalThread implements Keeping {
  readonly journal: Journal;
  private readonly setup: JournalThreadSetup;
  private readonly worker: Worker;
  private readonly writer: BatchWriter;
  private readonly spare: ArrayBuffer[] = [];
  private readonly ended: Promise<void>;
  /** When batches that are not recorded yet were handed over. */
  private unrecorded: number[] = [];
  private recorded = 0;
  /** Octets of the batches that are not done with, and their sum. */
  private undone: number[] = [];
  private behindOctets = 0;
  private timer: NodeJS.Timeout | undefined;
  private gone = false;

  /** Resolves when the files are open. Rejects with the operating system's error if one cannot be made. */
  static async start(setup: JournalThreadSetup): Promise<JournalThread> {
    const worker = new Worker(new URL('./journal-worker.js', import.meta.url), {
      workerData: setup.files,
      resourceLimits: HEAP_LIMITS,
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (message: FromThread) => {
        worker.off('error', reject);
        if (message.kind === 'refused') reject(errorOf(message.error));
        else resolve();
      });
    });
    return new JournalThread(setup, worker);
  }

  private constructor(setup: JournalThreadSetup, worker: Worker) {
    this.setup = setup;
    this.worker = worker;
    this.writer = new BatchWriter({
      log: setup.files.logPath !== undefined,
      memory: () => this.spare.pop() ?? new ArrayBuffer(BATCH_OCTETS),
      begun: () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.handOver(), GATHER_MILLIS);
      },
      full: (batch) => queueMicrotask(() => this.post(batch)),
    });
    this.journal = this.writer;
    worker.on('message', (message: FromThread) => this.hear(message));
    worker.on('error', (error) => setup.onError('recording and log', error));
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.gone = true;
        this.behindOctets = 0;
        this.unrecorded = [];
        this.undone = [];
        setup.onProgress();
        resolve();
      });
    });
  }

  isBehind(): boolean {
    const oldest = this.unrecorded[0];
    const late = oldest !== undefined && performance.now() - oldest > BEHIND_MILLIS_MAX;
    return late || this.behindOctets > BEHIND_OCTETS_MAX;
  }

  handOver(): void {
    clearTimeout(this.timer);
    this.post(this.writer.take());
  }

  async close(): Promise<void> {
    this.handOver();
    this.say({ kind: 'end' });
    await this.ended;
  }

  private post(batch: Batch | undefined): void {
    if (batch === undefined || this.gone) return;
    this.behindOctets += octetsOf(batch);
    this.undone.push(octetsOf(batch));
    this.unrecorded.push(performance.now());
    this.say({ kind: 'batch', batch }, [batch.memory, ...batch.attached]);
  }

  private say(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private areRecorded(batches: number): void {
    this.unrecorded.splice(0, batches - this.recorded);
    this.recorded = batches;
  }

  private hear(message: FromThread): void {
    if (message.kind === 'recorded') this.areRecorded(message.batches);
    else if (message.kind === 'done') {
      this.areRecorded(message.recorded);
      this.behindOctets -= this.undone.shift() ?? 0;
      const fits = message.memory.byteLength === BATCH_OCTETS && this.spare.length < SPARE_BATCHES_MAX;
      if (fits) this.spare.push(message.memory);
    } else if (message.kind === 'failed') this.setup.onError(message.path, errorOf(message.error));
    this.setup.onProgress();
  }
}

function errorOf(plain: PlainError): Error {
  return Object.assign(new Error(plain.message), plain);
}
