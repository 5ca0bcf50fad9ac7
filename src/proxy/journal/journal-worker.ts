/**
 * The other end of host.ts and thread.ts: runs in a thread of its own, dissects, records, logs and judges. The recording
 * comes first: a batch is recorded as soon as it comes, and logged when nothing waits to be recorded. So what the log
 * tells is always in the recording. Judging comes last, in pieces.
 */
import { setPriority } from 'node:os';
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { loadDissectors } from '../../dissect/load.ts';
import { JudgeDesk } from '../judge/desk.ts';
import { type Batch, BatchReader, type LogTarget } from './batch.ts';
import { JournalFiles } from './files.ts';
import type { ToHost } from './host.ts';
import { BatchesDone } from './lending.ts';
import type { FromThread, JournalData, PlainError, ToThread } from './orders.ts';

/** On Linux a thread has a priority of its own: what is relayed goes before what is kept, even on a single processor. */
const NICE = 10;
/**
 * Octets that wait to be logged, some thousand messages a second, beyond which messages that went onward unchanged are
 * logged without their options, if they are recorded: a line with all of them is nine times as long as the message.
 */
const BRIEF_BEYOND_OCTETS = 128 * 1024;

/** Batches whose memory is given back together: each message disturbs who relays. */
const TOGETHER = 8;

const dissectors = loadDissectors();

class JournalKeeping {
  private readonly port: MessagePort;
  private readonly files: JournalFiles;
  private readonly reader = new BatchReader();
  private readonly unlogged: Batch[] = [];
  private readonly batches: MessagePort;
  private readonly done: BatchesDone | undefined;
  private unloggedOctets = 0;
  /** Whether there was so much to be logged that all of it is logged without options. */
  private isBrief = false;
  /** Memory of batches that are done with, to be given back. */
  private memories: ArrayBuffer[] = [];
  private recorded = 0;
  private planned = false;
  private ending = false;
  private readonly desk: JudgeDesk | undefined;
  private readonly target: LogTarget;
  private concluding = false;

  constructor({ files, judge, batches, done }: JournalData, port: MessagePort) {
    this.port = port;
    this.batches = batches;
    this.done = done && new BatchesDone(done);
    this.files = new JournalFiles(files, dissectors, (path, error) =>
      this.say({ kind: 'failed', path, error: plain(error) }),
    );
    const isInTheWay = done !== undefined;
    if (judge)
      this.desk = new JudgeDesk({ dissectors, isInTheWay }, (report) => this.say({ kind: 'judged', report }));
    this.target = this.targetOf();
  }

  hear(message: ToThread): void {
    if (message.kind === 'end') this.ending = true;
    else if (message.kind === 'conclude') this.concluding = true;
    else for (let more = message.batches; more > 0; more--) this.recordNext();
    this.plan();
  }

  private recordNext(): void {
    const { message: batch } = receiveMessageOnPort(this.batches) as { message: Batch };
    this.reader.record(batch, this.files.journal, this.files.position);
    this.files.recording?.flush();
    this.unlogged.push(batch);
    this.unloggedOctets += batch.octets;
    if (this.files.recording !== undefined && this.unloggedOctets > BRIEF_BEYOND_OCTETS) this.isBrief = true;
    this.recorded++;
    if (this.unlogged.length > 1) this.say({ kind: 'recorded', batches: this.recorded });
  }

  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    setImmediate(() => {
      this.planned = false;
      this.logOne();
    });
  }

  private logOne(): void {
    const batch = this.unlogged.shift();
    if (batch !== undefined) {
      const { log } = this.files;
      this.unloggedOctets -= batch.octets;
      this.reader.log(batch, this.target);
      this.memories.push(batch.memory);
      if (this.unlogged.length === 0) {
        this.isBrief = false;
        log?.flush();
      }
      if (this.unlogged.length === 0 || this.memories.length === TOGETHER) this.giveBack();
      this.done?.add();
    }
    if (this.unlogged.length > 0) this.plan();
    else if (this.concluding) {
      this.concluding = false;
      this.desk?.conclude();
      this.say({ kind: 'concluded' });
    } else if (this.ending) {
      void this.files.close();
      this.port.close();
    }
  }

  private targetOf(): LogTarget {
    const { files, desk } = this;
    return {
      opened: (connection) => desk?.opened(connection),
      run: (run) => {
        files.journal.run(run, this.isBrief);
        desk?.run(run);
      },
      note: (note, connection, octets) => desk?.note(note, connection, octets),
      line: (line) => files.journal.lines(line),
      closed: (connection) => desk?.closed(connection),
    };
  }

  private say(message: FromThread, transfer: ArrayBuffer[] = []): void {
    this.port.postMessage(message, transfer);
  }

  private giveBack(): void {
    const { recorded, memories } = this;
    this.memories = [];
    this.say({ kind: 'done', recorded, memories }, memories);
  }
}

function plain(error: Error): PlainError {
  const { message, code, syscall, path } = error as NodeJS.ErrnoException;
  return { message, ...(code && { code }), ...(syscall && { syscall }), ...(path && { path }) };
}

try {
  if (process.platform === 'linux') setPriority(0, NICE);
} catch {
  // It may not be allowed; then it is done with the priority of everything else.
}
parentPort?.on('message', (order: ToHost) => {
  if (order.kind === 'end') parentPort?.close();
  else begin(order.data, order.port);
});

function begin(data: JournalData, port: MessagePort): void {
  const say = (message: FromThread): void => port.postMessage(message);
  try {
    const keeping = new JournalKeeping(data, port);
    port.on('message', (message: ToThread) => keeping.hear(message));
    say({ kind: 'ready' });
  } catch (error) {
    say({ kind: 'refused', error: plain(error as Error) });
  }
}
