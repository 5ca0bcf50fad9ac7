/**
 * The thread in which journals are kept and messages judged: one for all proxies of a process that are given it. It begins
 * with the first journal and ends with the last. What is said to a journal there is thread.ts, its other end journal-worker.ts.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { JournalData } from './orders.ts';

/** Nothing that the thread makes for long lives in new space: more room there would only be more memory. */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 6 };

/** What the thread is told: to begin a journal whose orders come through `port`, or that there will be no more. */
export type ToHost =
  | { readonly kind: 'begin'; readonly data: JournalData; readonly port: MessagePort }
  | { readonly kind: 'end' };

export class JournalHost {
  private worker: Worker | undefined;
  /** Of each journal there: what to call if the thread fails. */
  private readonly journals = new Set<(error: Error) => void>();

  /**
   * Begins a journal; `data.batches` goes over to it. Its orders go through the port that is returned, which is closed when the
   * journal has ended, however that came.
   */
  begin(data: JournalData, failed: (error: Error) => void): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.worker ??= this.start();
    this.journals.add(failed);
    port1.once('close', () => {
      this.journals.delete(failed);
      if (this.journals.size === 0) this.end();
    });
    this.worker.postMessage({ kind: 'begin', data, port: port2 } satisfies ToHost, [port2, data.batches]);
    return port1;
  }

  private start(): Worker {
    const worker = new Worker(new URL('./journal-worker.js', import.meta.url), {
      resourceLimits: HEAP_LIMITS,
    });
    worker.on('error', (error) => {
      for (const failed of this.journals) failed(error);
    });
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
    });
    return worker;
  }

  private end(): void {
    this.worker?.postMessage({ kind: 'end' } satisfies ToHost);
    this.worker = undefined;
  }
}
