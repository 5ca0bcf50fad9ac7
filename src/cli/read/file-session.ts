/** Captures as a session of the terminal UI: read in the background once, shown as far as they are read. */
import { fileSource } from '../../capture/files.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Session, SessionItem } from '../../tui/session.ts';
import type { CaptureOptions } from './input.ts';
import { readMessages } from './messages.ts';

export function fileSession(
  files: readonly string[],
  options: CaptureOptions,
  dissectors: Dissectors,
  signal: AbortSignal,
): Session {
  return {
    title: files.length === 1 ? (files[0] as string) : `${files.length} captures`,
    live: false,
    subscribe: (listener) => {
      const stop = new AbortController();
      signal.addEventListener('abort', () => stop.abort());
      readAll(files, options, dissectors, stop.signal, listener).then(
        (text) => listener({ kind: 'end', text }),
        (error: unknown) =>
          listener({ kind: 'end', text: error instanceof Error ? error.message : String(error) }),
      );
      return () => stop.abort();
    },
  };
}

/** Lets the UI draw and take keys now and then. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function readAll(
  files: readonly string[],
  options: CaptureOptions,
  dissectors: Dissectors,
  signal: AbortSignal,
  listener: (item: SessionItem) => void,
): Promise<string> {
  const summary = await readMessages(
    files.map(fileSource),
    dissectors,
    {
      onMessage: (message) => listener({ kind: 'message', message, verdict: 'forwarded', hits: [] }),
      onNotice: (notice) => listener({ kind: 'notice', notice }),
    },
    options,
    { signal, interfaces: options.interface, afterChunk: breathe },
  );
  const damage = summary.sources.find((source) => source.damage !== null)?.damage;
  return damage === undefined || damage === null
    ? `${summary.packets} packets read`
    : `damaged: ${damage.message}`;
}
