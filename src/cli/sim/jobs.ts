/**
 * Seeds over processes. Each job is this program with the same options and `--worker`: it is told seeds over its IPC
 * channel, one at a time, and tells outcomes. Which job runs a seed changes nothing about the run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { InputError } from '../../base/problem.ts';
import type { Outcome } from './outcome.ts';

/** More processes than this help no machine that we know. */
export const JOBS_MAX = 256;

/**
 * Hands seeds out to `jobs` processes until `next` has no more, and calls `done` with each outcome, in whatever order.
 * Resolves when all are through; rejects if a job ends by itself.
 */
export async function runInJobs(
  jobs: number,
  next: () => number | undefined,
  done: (outcome: Outcome) => void,
): Promise<void> {
  const children: ChildProcess[] = [];
  try {
    const working = Array.from({ length: jobs }, () => {
      const child = startJob();
      children.push(child);
      return work(child, next, done);
    });
    await Promise.all(working);
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
  }
}

function startJob(): ChildProcess {
  const [, script = '', ...options] = process.argv;
  return spawn(process.execPath, [...process.execArgv, script, ...options, '--worker'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

function work(
  child: ChildProcess,
  next: () => number | undefined,
  done: (outcome: Outcome) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const hand = (): void => {
      const seed = next();
      if (seed === undefined) resolve();
      else child.send({ seed });
    };
    child.on('message', (outcome: Outcome) => {
      done(outcome);
      hand();
    });
    child.on('error', (error) => reject(new InputError(`a job cannot be started: ${error.message}`)));
    child.on('exit', (code, signal) =>
      reject(new InputError(`a job ended by itself: ${signal ?? `exit code ${code}`}`)),
    );
    hand();
  });
}

/** The other side: runs each seed that it is told, until nobody is there to tell any more. */
export function serveAsJob(run: (seed: number) => Outcome): Promise<void> {
  return new Promise((resolve) => {
    // A terminal interrupts the whole group; the parent decides when to end.
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
    process.on('message', ({ seed }: { readonly seed: number }) => process.send?.(run(seed)));
    process.on('disconnect', resolve);
    if (!process.connected) resolve();
  });
}
