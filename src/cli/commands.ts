/**
 * Which commands exist and where they live. A command is loaded when it is asked for, so that `read` does not pay for
 * the servers' store and nobody pays for the terminal library; only the general help loads them all.
 */
import type { Command } from 'commander';

/** One file per command: it adds itself, with its options, help and action, to the program. */
export interface CommandModule {
  register(program: Command): void;
}

/** In the order of the general help: what one tries first comes first. */
export const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  lab: () => import('./commands/lab.ts'),
  read: () => import('./commands/read.ts'),
  check: () => import('./commands/check.ts'),
  leases: () => import('./commands/leases.ts'),
  dissectors: () => import('./commands/dissectors.ts'),
  proxy: () => import('./commands/proxy.ts'),
  fault: () => import('./commands/fault.ts'),
  watch: () => import('./commands/watch.ts'),
  replay: () => import('./commands/replay.ts'),
  serve: () => import('./commands/serve.ts'),
  ctl: () => import('./commands/ctl.ts'),
  sim: () => import('./commands/sim.ts'),
};
