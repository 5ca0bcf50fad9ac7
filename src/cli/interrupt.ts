/**
 * How a long-running command is asked to end: Ctrl-C, SIGTERM and SIGHUP ask once and it finishes its files and
 * leaves; a second signal ends the process on the spot.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof SIGNALS)[number];

export interface Interrupt {
  /** Aborted by the first signal; `reason` is its name. */
  readonly signal: AbortSignal;
  /** Back to what signals did before. */
  release(): void;
}

/** Takes over the signals until `release()`. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const listen = (name: StopSignal) => {
    if (controller.signal.aborted) process.exit(signalExitCode(name));
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, listen);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, listen);
    },
  };
}

/** What shells report for a process that ended by this signal. */
export function signalExitCode(name: StopSignal): number {
  return 128 + constants.signals[name];
}
