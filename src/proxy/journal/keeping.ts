/** Who keeps the journal of a proxy, as its options ask for: nobody, this thread or one of its own, and with a judge or without. */
import type { Dissectors } from '../../dissect/compile.ts';
import type { DocketReport } from '../judge/report.ts';
import { JournalFiles, type KeptFiles } from './files.ts';
import type { JournalHost } from './host.ts';
import type { Keeping } from './journal.ts';
import { JudgedFiles } from './judged-files.ts';
import { JournalThread } from './thread.ts';

export interface KeepingOptions extends KeptFiles {
  readonly dissectors: Dissectors;
  /** Another thread keeps it, so that nothing waits for files. Only in the built program. */
  readonly host?: JournalHost;
  /** Messages are judged by RFC 8156, whenever there is time. */
  readonly judge?: boolean;
}

/** What it tells. */
export interface KeepingEars {
  /** A file could not be written any more. */
  readonly onFileError: (path: string, error: Error) => void;
  /** The thread has caught up with something. */
  readonly onProgress: () => void;
  readonly onJudged: (report: DocketReport) => void;
}

/** `undefined` if nothing is to be kept or judged. Rejects with the operating system's error if a file cannot be made. */
export async function openKeeping(
  { dissectors, host, judge, record, logPath, rotation, isPrivate }: KeepingOptions,
  { onFileError: onError, onProgress, onJudged }: KeepingEars,
): Promise<Keeping | undefined> {
  if (record === undefined && logPath === undefined && judge !== true) return undefined;
  const files = {
    ...(record && { record }),
    ...(logPath !== undefined && { logPath }),
    ...(rotation && { rotation }),
    ...(isPrivate !== undefined && { isPrivate }),
  };
  if (host !== undefined)
    return await JournalThread.start({
      host,
      files,
      onError,
      onProgress,
      ...(judge === true ? { onJudged } : {}),
    });
  const kept = new JournalFiles(files, dissectors, onError);
  return judge === true ? new JudgedFiles(kept, dissectors, onJudged) : kept;
}
