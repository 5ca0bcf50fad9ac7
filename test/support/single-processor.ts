/** Running a program as on a machine with a single processor, where the system can do that (Linux). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Words before a command that let it run on one processor only, or `undefined`. */
export function onSingleProcessor(): readonly [string, ...string[]] | undefined {
  if (process.platform !== 'linux') return undefined;
  const allowed = /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const words = ['taskset', '-c', allowed] as const;
  return spawnSync(words[0], [...words.slice(1), 'true']).status === 0 ? words : undefined;
}
