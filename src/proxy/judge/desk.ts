/**
 * Gives the docket time: pieces of some milliseconds with pauses between them, in whatever thread it is. Whoever keeps or
 * relays in the same thread waits for one piece at most.
 */
import type { Connection } from '../../base/frame.ts';
import type { MessageRun } from '../journal/journal.ts';
import { Docket, type DocketSetup } from './docket.ts';
import type { Note } from './note.ts';
import type { DocketReport } from './report.ts';

/** A piece of judging, and the pause before it. */
const PIECE_MILLIS = 8;
const PAUSE_MILLIS = 16;
/** On a single processor judging is in the way of relaying. */
const PIECE_IN_THE_WAY_MILLIS = 2;
/** When there is too much to do it is looked again after this. */
const HELD_UP_MILLIS = 500;

export class JudgeDesk {
  private readonly docket: Docket;
  private readonly told: (report: DocketReport) => void;
  private readonly pieceMillis: number;
  private timer: NodeJS.Timeout | undefined;

  /** `told` gets what was found, soon after it was. */
  constructor(setup: DocketSetup, told: (report: DocketReport) => void) {
    this.docket = new Docket(setup);
    this.told = told;
    this.pieceMillis = setup.isInTheWay ? PIECE_IN_THE_WAY_MILLIS : PIECE_MILLIS;
  }

  opened(connection: Connection): void {
    this.docket.opened(connection);
    this.plan();
  }

  run(run: MessageRun): void {
    this.docket.run(run, now());
    this.plan();
  }

  /** `connection`: absent where the note is about all of them. */
  note(note: Note, connection: Connection | undefined, octets: Uint8Array): void {
    this.docket.note(note, connection, octets, now());
    this.plan();
  }

  closed(connection: Connection): void {
    this.docket.closed(connection);
    this.plan();
  }

  /** Judges everything that waits, and tells of it. */
  conclude(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.docket.finish();
    this.tell();
  }

  private plan(): void {
    if (this.timer !== undefined || !this.docket.isWaiting) return;
    const pause = this.docket.isHeldUp(now()) ? HELD_UP_MILLIS : PAUSE_MILLIS;
    this.timer = setTimeout(() => this.work(), pause).unref();
  }

  private work(): void {
    this.timer = undefined;
    this.docket.work(this.pieceMillis, now);
    this.tell();
    this.plan();
  }

  private tell(): void {
    const report = this.docket.take();
    if (report !== undefined) this.told(report);
  }
}

function now(): number {
  return performance.now();
}
