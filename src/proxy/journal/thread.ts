/**
 * The journal in another thread, which it may share with the journals of other proxies (host.ts): what happens is
 * gathered here and handed over in batches, so that relaying waits neither for dissecting nor for the disk. Nothing is
 * lost when the thread cannot follow: the proxy then reads no more from the servers until it can.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { DocketReport } from '../judge/report.ts';
import { BATCH_OCTETS, type Batch, BatchWriter } from './batch.ts';
import { Freeing, SpareMemory } from './batch-memory.ts';
import type { KeptFiles } from './files.ts';
import type { JournalHost } from './host.ts';
import type { Journal, Keeping } from './journal.ts';
import { BatchesDone } from './lending.ts';
import type { FromThread, PlainError, ToThread } from './orders.ts';

/** How long something that happened waits for more before it is handed over. */
export const GATHER_MILLIS = 20;
/**
 * On a single processor: for how long the thread is lent it at a time. It mostly needs 5 to 10; what is left then it does
 * beside relaying at a tenth of its speed, and each message of that time takes longer.
 */
const LEND_MILLIS_MAX = 30;
/** There, more than this in so short a time is a burst: it goes onward before any of it is written down, ... */
const BURST_OCTETS = 1024 * 1024;
const BURST_WINDOW_MILLIS = 20;
/** ... unless it lasts so long, or becomes as large as this. */
const BURST_MILLIS_MAX = 400;
const BURST_OCTETS_MAX = 128 * 1024 * 1024;
/** Octets handed over and not yet done with, beyond which the proxy reads no more: what a burst may amount to. */
export const BEHIND_OCTETS_MAX = 160 * 1024 * 1024;
/** How long something may wait to be recorded before the proxy reads no more. */
export const BEHIND_MILLIS_MAX = 800;

export interface JournalThreadSetup {
  readonly host: JournalHost;
  readonly files: KeptFiles;
  /** Gets what was found in the messages; absent: they are not judged. */
  readonly onJudged?: (report: DocketReport) => void;
  /** A file could not be written any more, or the thread has failed; nothing more is kept in it. */
  readonly onError: (path: string, error: Error) => void;
  /** The thread has caught up with something. */
  readonly onProgress: () => void;
}

export class JournalThread implements Keeping {
  readonly journal: Journal;
  private readonly setup: JournalThreadSetup;
  private readonly port: MessagePort;
  private readonly batches: MessagePort;
  private readonly writer: BatchWriter;
  private readonly spare: SpareMemory;
  private readonly ended: Promise<void>;
  private concluded = (): void => undefined;
  /** When batches that are not recorded yet were handed over. */
  private unrecorded: number[] = [];
  private recorded = 0;
  /** Octets of the batches that are not done with, and their sum. */
  private undone: number[] = [];
  private behindOctets = 0;
  /** Batches that the thread was not told of yet. */
  private gathered = 0;
  /** Octets gathered in the present window, when that began, and until when there is a burst. */
  private windowOctets = 0;
  private windowBegan = 0;
  private burstUntil = 0;
  /** Batches that it was told of. */
  private told = 0;
  /** Where there is a single processor. */
  private readonly lent: BatchesDone | undefined;
  private timer: NodeJS.Timeout | undefined;
  private gone = false;

  /** Resolves when the files are open. Rejects with the operating system's error if one cannot be made. */
  static async start(setup: JournalThreadSetup): Promise<JournalThread> {
    const lent = availableParallelism() === 1 ? new BatchesDone() : undefined;
    const { port1, port2 } = new MessageChannel();
    let failed: (error: Error) => void = () => undefined;
    const port = setup.host.begin(
      { files: setup.files, judge: setup.onJudged !== undefined, batches: port2, done: lent?.memory },
      (error) => failed(error),
    );
    await new Promise<void>((resolve, reject) => {
      failed = reject;
      port.once('message', (message: FromThread) => {
        if (message.kind !== 'refused') resolve();
        else {
          port.close();
          port1.close();
          reject(errorOf(message.error));
        }
      });
    });
    failed = (error) => setup.onError('recording and log', error);
    return new JournalThread(setup, port, port1, lent);
  }

  private constructor(
    setup: JournalThreadSetup,
    port: MessagePort,
    batches: MessagePort,
    lent: BatchesDone | undefined,
  ) {
    this.setup = setup;
    this.port = port;
    this.batches = batches;
    this.lent = lent;
    const freeing = new Freeing();
    this.spare = new SpareMemory(BATCH_OCTETS, freeing);
    this.writer = new BatchWriter({
      log: setup.files.logPath !== undefined,
      judge: setup.onJudged !== undefined,
      memory: () => this.spare.take(),
      begun: () => this.plan(),
      full: (batch) => this.gather(batch),
      freed: (memory) => freeing.later(memory),
    });
    this.journal = this.writer;
    port.on('message', (message: FromThread) => this.hear(message));
    this.ended = new Promise((resolve) => {
      port.once('close', () => {
        this.gone = true;
        this.batches.close();
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
    this.timer = undefined;
    this.gather(this.writer.take());
    if (this.isBurst()) this.plan();
    else this.tell();
  }

  async close(): Promise<void> {
    this.handOverAll();
    if (this.setup.onJudged !== undefined && !this.gone) {
      const concluded = new Promise<void>((resolve) => {
        this.concluded = resolve;
      });
      this.say({ kind: 'conclude' });
      await Promise.race([concluded, this.ended]);
      // What was found then is to be logged, too.
      this.handOverAll();
    }
    this.say({ kind: 'end' });
    await this.ended;
  }

  private handOverAll(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.gather(this.writer.take());
    this.tell();
  }

  private plan(): void {
    this.timer ??= setTimeout(() => this.handOver(), GATHER_MILLIS);
  }

  private gather(batch: Batch | undefined): void {
    if (batch === undefined || this.gone) return;
    const octets = batch.memory.byteLength;
    this.batches.postMessage(batch, [batch.memory]);
    this.gathered++;
    this.behindOctets += octets;
    this.undone.push(octets);
    const now = performance.now();
    this.unrecorded.push(now);
    if (this.lent === undefined) this.tell();
    if (now - this.windowBegan > BURST_WINDOW_MILLIS) {
      this.windowBegan = now;
      this.windowOctets = 0;
    }
    this.windowOctets += octets;
    if (this.windowOctets > BURST_OCTETS) this.burstUntil = now + BURST_WINDOW_MILLIS;
  }

  private isBurst(): boolean {
    const oldest = this.unrecorded[this.told - this.recorded];
    if (this.lent === undefined || oldest === undefined) return false;
    const now = performance.now();
    const isLong = now - oldest > BURST_MILLIS_MAX || this.behindOctets > BURST_OCTETS_MAX;
    return now < this.burstUntil && !isLong;
  }

  private tell(): void {
    if (this.gathered === 0 || this.gone) return;
    this.say({ kind: 'keep', batches: this.gathered });
    this.told += this.gathered;
    this.gathered = 0;
    this.lent?.wait(this.told, LEND_MILLIS_MAX, () => performance.now());
  }

  private say(message: ToThread): void {
    this.port.postMessage(message);
  }

  private areRecorded(batches: number): void {
    this.unrecorded.splice(0, batches - this.recorded);
    this.recorded = batches;
  }

  private hear(message: FromThread): void {
    if (message.kind === 'recorded') this.areRecorded(message.batches);
    else if (message.kind === 'done') {
      this.areRecorded(message.recorded);
      for (const octets of this.undone.splice(0, message.memories.length)) this.behindOctets -= octets;
      this.spare.give(message.memories, performance.now());
    } else if (message.kind === 'judged') this.setup.onJudged?.(message.report);
    else if (message.kind === 'concluded') this.concluded();
    else if (message.kind === 'failed') this.setup.onError(message.path, errorOf(message.error));
    this.setup.onProgress();
  }
}

function errorOf(plain: PlainError): Error {
  return Object.assign(new Error(plain.message), plain);
}
