/** The files of a proxy, recording and log, and the journal that fills them at once. */
import { isPacketBlock } from '../../capture/pcapng-writer.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { type RecordingHeader, recordingBeginning } from '../recorder.ts';
import { FileRow, type Rotation } from '../recorder-file.ts';
import { FILE_POSITION } from './batch.ts';
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
  /** Where the recording has got to, as batch.ts counts; absent if packets do not tell what messages are in them. */
  readonly position: (() => number) | undefined;

  /** `onError`: a file could not be written any more. Throws the operating system's error if one cannot be made. */
  constructor(
    { record, logPath, rotation, isPrivate }: KeptFiles,
    dissectors: Dissectors,
    onError: (path: string, error: Error) => void,
  ) {
    const open = (path: string, beginning: () => readonly Uint8Array[]): FileRow =>
      new FileRow(path, beginning, rotation, onError, isPrivate);
    let continuations = (): readonly Uint8Array[] => [];
    let position = 0;
    const counted = (block: Uint8Array): Uint8Array => {
      if (isPacketBlock(block)) position++;
      return block;
    };
    const recording =
      record &&
      open(record.path, () => {
        position = (Math.floor(position / FILE_POSITION) + 1) * FILE_POSITION;
        return [...recordingBeginning(record.header), ...continuations()].map(counted);
      });
    const log = logPath === undefined ? undefined : open(logPath, () => []);
    this.recording = recording;
    this.log = log;
    this.journal = new Keeper({
      dissectors,
      ...(recording && {
        record: (block) => {
          recording.add(block);
          counted(block);
        },
      }),
      ...(log && { log: (line) => log.add(line) }),
    });
    // Of TLS there is what was on the wire.
    this.position = recording && isPrivate !== true ? () => position : undefined;
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
