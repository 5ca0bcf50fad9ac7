/**
 * A journal that makes the blocks of the recording and the lines of the log at once, and hands them to whoever writes
 * the files. Sans-IO.
 */
import type { Connection } from '../../base/frame.ts';
import { secretsBlock } from '../../capture/pcapng-writer.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { ProxyEvent } from '../events.ts';
import { LogLines } from '../log.ts';
import { ConnectionRecorder, type WireRecorder } from '../recorder.ts';
import type { ConversationEnds, Journal, MessageRun } from './journal.ts';
import { MessageAtHand } from './run.ts';

/** Connections whose TLS can be read in further files of a recording. */
const RECORDERS_MAX = 256;

const nothing = (): void => undefined;
const NO_RECORDER: WireRecorder = {
  passed: nothing,
  data: nothing,
  fin: nothing,
  reset: nothing,
  secrets: nothing,
};

export interface KeeperSetup {
  readonly dissectors: Dissectors;
  /** Gets the blocks of the recording; absent: none is made. The octets are good until the next one. */
  readonly record?: (block: Uint8Array) => void;
  /** Gets lines of the log with their newlines; absent: none are made. The octets are good until the next ones. */
  readonly log?: (lines: Uint8Array) => void;
}

export class Keeper implements Journal {
  private readonly setup: KeeperSetup;
  private readonly logLines = new LogLines();
  /** Connections that may go on in a further file. */
  private readonly recorders = new Set<ConnectionRecorder>();
  private readonly atHand: MessageAtHand;

  constructor(setup: KeeperSetup) {
    this.setup = setup;
    this.atHand = new MessageAtHand(setup.dissectors);
  }

  opened({ flow }: Connection, ends: ConversationEnds, now: number): WireRecorder {
    if (this.setup.record === undefined) return NO_RECORDER;
    const legs = [
      [ends.primary, ends.listening],
      [ends.dialling, ends.secondary],
    ] as const;
    const recorder = new ConnectionRecorder(legs, flow.id, this.setup.record);
    for (const known of this.recorders) if (known.isOver) this.recorders.delete(known);
    if (this.recorders.size < RECORDERS_MAX) this.recorders.add(recorder);
    recorder.open(0, now);
    recorder.open(1, now);
    return recorder;
  }

  closed(): void {}

  /** Blocks with which a further file of the recording has to begin, so that it can be read alone. */
  continuations(): readonly Uint8Array[] {
    const open = [...this.recorders].filter(({ isOver }) => !isOver);
    const text = open.map((recorder) => recorder.continuation()).join('');
    const secrets = text === '' ? [] : [secretsBlock(new TextEncoder().encode(text))];
    return [...secrets, ...open.flatMap((recorder) => recorder.resting())];
  }

  run(run: MessageRun, isBrief = false): void {
    this.setup.log?.(this.logLines.forwarded((use) => this.atHand.each(run, use), isBrief));
  }

  /** Lines of the log that somebody else has made. */
  lines(octets: Uint8Array): void {
    this.setup.log?.(octets);
  }

  event(event: ProxyEvent): void {
    this.lines(this.logLines.octets(event));
  }
}
