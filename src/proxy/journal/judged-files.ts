/** The journal in the thread that relays, with a judge beside the files; in the built program it is journal-worker.ts. */
import type { Connection } from '../../base/frame.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { ProxyEvent } from '../events.ts';
import { JudgeDesk } from '../judge/desk.ts';
import { noteOf } from '../judge/note.ts';
import type { DocketReport } from '../judge/report.ts';
import type { WireRecorder } from '../recorder.ts';
import type { JournalFiles } from './files.ts';
import type { ConversationEnds, Journal, Keeping, MessageRun } from './journal.ts';

export class JudgedFiles implements Keeping, Journal {
  readonly journal = this;
  private readonly files: JournalFiles;
  private readonly desk: JudgeDesk;
  /** By flow. */
  private readonly open = new Map<number, Connection>();

  constructor(files: JournalFiles, dissectors: Dissectors, onJudged: (report: DocketReport) => void) {
    this.files = files;
    this.desk = new JudgeDesk({ dissectors, isInTheWay: false }, onJudged);
  }

  opened(connection: Connection, ends: ConversationEnds, now: number): WireRecorder {
    this.open.set(connection.flow.id, connection);
    this.desk.opened(connection);
    return this.files.journal.opened(connection, ends, now);
  }

  run(run: MessageRun): void {
    this.files.journal.run(run);
    this.desk.run(run);
  }

  event(event: ProxyEvent): void {
    this.files.journal.event(event);
    const noted = noteOf(event);
    if (noted === undefined) return;
    const connection = noted.flow === undefined ? undefined : this.open.get(noted.flow);
    this.desk.note(noted.note, connection, noted.octets);
  }

  closed(connection: Connection): void {
    this.open.delete(connection.flow.id);
    this.desk.closed(connection);
    this.files.journal.closed();
  }

  isBehind(): boolean {
    return this.files.isBehind();
  }

  handOver(): void {
    this.files.handOver();
  }

  async close(): Promise<void> {
    this.desk.conclude();
    await this.files.close();
  }
}
