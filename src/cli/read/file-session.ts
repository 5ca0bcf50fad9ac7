/** Captures as a session of the terminal UI: read in the background, shown as far as they are read, then judged. */
import { statSync } from 'node:fs';
import { recyclingFileSource, rereadableSource } from '../../capture/files.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { dissect } from '../../dissect/dissect.ts';
import { MessageIndex } from '../../tui/message-index.ts';
import type { Session, SessionItem } from '../../tui/session.ts';
import type { CaptureOptions } from './input.ts';
import { readMessages } from './messages.ts';
import { OctetStore } from './octet-store.ts';

/** A session to be closed when nobody looks at it any more. */
export interface FileSession extends Session {
  close(): void;
}

export function fileSession(
  files: readonly string[],
  options: CaptureOptions,
  dissectors: Dissectors,
  signal: AbortSignal,
): FileSession {
  const octets = new OctetStore(files);
  return {
    title: files.length === 1 ? (files[0] as string) : `${files.length} captures`,
    live: false,
    rows: new MessageIndex(octets, (frame, index) => dissect(dissectors, frame, index)),
    subscribe: (listener) => {
      const stop = new AbortController();
      signal.addEventListener('abort', () => stop.abort());
      readAll(files, octets, options, dissectors, stop.signal, listener)
        .then((text) => {
          listener({ kind: 'end', text });
          return judgeAll(files, options, dissectors, stop.signal, listener);
        })
        .catch((error: unknown) =>
          listener({ kind: 'end', text: error instanceof Error ? error.message : String(error) }),
        );
      return () => stop.abort();
    },
    close: () => octets.close(),
  };
}

/** Lets the UI draw and take keys now and then. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function readAll(
  files: readonly string[],
  octets: OctetStore,
  options: CaptureOptions,
  dissectors: Dissectors,
  signal: AbortSignal,
  listener: (item: SessionItem) => void,
): Promise<string> {
  const summary = await readMessages(
    files.map((path, file) => rereadableSource(path, (offset, chunk) => octets.chunk(file, offset, chunk))),
    dissectors,
    {
      onMessage: (message) => listener({ kind: 'message', message, verdict: 'forwarded', hits: [] }),
      onNotice: (notice) => listener({ kind: 'notice', notice }),
    },
    { ...options, overwrite: true },
    { signal, interfaces: options.interface, afterChunk: breathe },
  );
  const damage = summary.sources.find((source) => source.damage !== null)?.damage;
  return damage === undefined || damage === null
    ? `${summary.packets} packets read`
    : `damaged: ${damage.message}`;
}

/** Once more, for the checks; what comes out of a pipe comes only once. */
async function judgeAll(
  files: readonly string[],
  options: CaptureOptions,
  dissectors: Dissectors,
  signal: AbortSignal,
  listener: (item: SessionItem) => void,
): Promise<void> {
  if (!files.every((file) => statSync(file).isFile())) return;
  await readMessages(
    files.map((file) => recyclingFileSource(file, JUDGED_OCTETS)),
    dissectors,
    {
      onMessage: (look) => listener({ kind: 'judge', look }),
      onNotice: (look) => listener({ kind: 'judge', look }),
    },
    { ...options, overwrite: true },
    { signal, interfaces: options.interface, afterChunk: breathe },
  );
  if (!signal.aborted) listener({ kind: 'judged' });
}

/** Octets of a file that are judged between two keys: some milliseconds. */
const JUDGED_OCTETS = 64 * 1024;
