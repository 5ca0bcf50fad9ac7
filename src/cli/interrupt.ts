/**
 * How a long-running command is asked to end: Ctrl-C, SIGTERM and SIGHUP ask once and it finishes its files and
 * leaves; a second signal ends the process on the spot. A program that started us with an IPC channel and is gone asks
 * the same, so that no child outlives its parent, however that ended.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Signals that come together are one request: a terminal tells all of a group, and whoever started us tells us again.
 */
const SAME_REQUEST_MILLIS = 500;

export type StopSignal = (typeof SIGNALS)[number];

export interface Interrupt {
  /** Aborted by the first signal, `reason` is its name; or by the loss of the parent, `reason` is `disconnect`. */
  readonly signal: AbortSignal;
  /** Back to what signals did before. */
  release(): void;
}

/** Takes over the signals until `release()`. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let askedAt = Number.NEGATIVE_INFINITY;
  const listen = (name: StopSignal) => {
    const now = performance.now();
    if (!controller.signal.aborted) askedAt = now;
    else if (now - askedAt > SAME_REQUEST_MILLIS) process.exit(signalExitCode(name));
    controller.abort(name);
  };
  const orphaned = () => controller.abort('disconnect');
  for (const name of SIGNALS) process.on(name, listen);
  if (process.connected) process.on('disconnect', orphaned);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, listen);
      process.off('disconnect', orphaned);
    },
  };
}

/** What shells report for a process that ended by this signal. */
export function signalExitCode(name: StopSignal): number {
  return 128 + constants.signals[name];
}
