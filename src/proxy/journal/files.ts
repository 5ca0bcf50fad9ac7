/** The files of a proxy, recording and log, and the journal that fills them at once. */
import type { Dissectors } from '../../dissect/compile.ts';
import { type RecordingHeader, recordingBeginning } from '../recorder.ts';
import { FileRow, type Rotation } from '../recorder-file.ts';
import type { Keeping } from './journal.ts';
import { Keeper } from './keeper.ts';

/** What is kept, as values that can be sent to another thread. */
export interface KeptFiles {
  /** File for the recording (pcapng), and what its header says. */
  readonly record?: { readonly path: string; readonly header: RecordingHeader };
  /** File for the JSONL log. */
  readonly logPath?: string;
  /** Nobody else may read them. */
  readonly isPrivate?: boolean;
  /** Of recording and log; absent: one file each. */
  readonly rotation?: Rotation;
}

export class JournalFiles implements Keeping {
  readonly journal: Keeper;
  readonly recording: FileRow | undefined;
  readonly log: FileRow | undefined;

  /** `onError`: a file could not be written any more. Throws the operating system's error if one cannot be made. */
  constructor(
    { record, logPath, rotation, isPrivate }: KeptFiles,
    dissectors: Dissectors,
    onError: (path: string, error: Error) => void,
  ) {
    const open = (path: string, beginning: () => readonly Uint8Array[]): FileRow =>
      new FileRow(path, beginning, rotation, onError, isPrivate);
    let continuations = (): readonly Uint8Array[] => [];
    const recording =
      record && open(record.path, () => [...recordingBeginning(record.header), ...continuations()]);
    const log = logPath === undefined ? undefined : open(logPath, () => []);
    this.recording = recording;
    this.log = log;
    this.journal = new Keeper({
      dissectors,
      ...(recording && { record: (block) => recording.add(block) }),
      ...(log && { log: (line) => log.add(line) }),
    });
    continuations = () => this.journal.continuations();
  }

  /** What happens waits until it is written. */
  isBehind(): boolean {
    return false;
  }

  handOver(): void {}

  async close(): Promise<void> {
    this.recording?.close();
    this.log?.close();
  }
}
